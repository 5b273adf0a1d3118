/** What is written to a terminal beside text. */
export const sequences = {
  pasteOn: '\u001b[?2004h',
  pasteOff: '\u001b[?2004l',
  cursorOn: '\u001b[?25h',
  cursorOff: '\u001b[?25l',
  bell: '\u0007',
  /** From the top left corner on everything goes; what has scrolled away stays. */
  clear: '\u001b[H\u001b[J',
} as const

/** Takes away the `lines` lines above the cursor and all below; the cursor stands where they began. */
export function eraseAbove(lines: number): string {
  return `\r${lines > 0 ? `\u001b[${lines}A` : ''}\u001b[J`
}

export function down(lines: number): string {
  return lines > 0 ? `\u001b[${lines}B` : ''
}

export type Progress = 'none' | { percent: number; failed: boolean }

/**
 * OSC 9;4: the progress that Windows Terminal, Ghostty, Konsole, WezTerm, VS Code and iTerm2 show in
 * their tab or task bar.
 */
export function progressSequence(progress: Progress): string {
  if (progress === 'none') return '\u001b]9;4;0;0\u0007'
  const percent = Math.max(0, Math.min(100, Math.round(progress.percent)))
  return `\u001b]9;4;${progress.failed ? 2 : 1};${percent}\u0007`
}

/** Terminals keep at most so much of an OSC 52; xterm's limit in bytes of base64. */
const mostClipboard = 74_994

/** OSC 52: offers a text to the clipboard, also over ssh. Empty when the text is too long for it. */
export function clipboardSequence(text: string): string {
  const base64 = Buffer.from(text).toString('base64')
  return base64.length > mostClipboard ? '' : `\u001b]52;c;${base64}\u0007`
}

/**
 * Whether OSC sequences may be sent: the Linux console draws them, and iTerm2 before 3.6.6 shows an
 * OSC 9 as a message.
 */
export function takesOsc(env: Readonly<Record<string, string | undefined>>): {
  progress: boolean
  clipboard: boolean
} {
  const plain = env.TERM === 'linux' || env.TERM === 'dumb'
  const version = (env.TERM_PROGRAM_VERSION ?? '').split('.').map(Number)
  const [major = 0, minor = 0, patch = 0] = version
  const old = major * 1e6 + minor * 1e3 + patch < 3_006_006
  return {
    progress: !plain && !(env.TERM_PROGRAM === 'iTerm.app' && old),
    clipboard: !plain,
  }
}
