/** One call of a tool. Secrets go in by `stdin` or by a file that `argv` names, never in `argv` or `env`. */
export interface ToolCall {
  /** Program and arguments; the program is looked up on PATH. */
  argv: readonly [string, ...string[]]
  stdin?: string
  cwd?: string
  env?: Readonly<Record<string, string>>
  /** After this many milliseconds the whole process tree is ended. */
  limitMs: number
  signal?: AbortSignal
  /** Each line of output as it comes: raw text, not yet safe for a terminal. */
  onLine?: OnLine
  /** Told once the process runs, so that a later run can recognise one that outlived us. */
  onStart?: (process: { pid: number; start: string }) => void
  /** Gives the tool the user's terminal (`az login`); nothing is collected then. */
  terminal?: boolean
  /** It never ends by itself (a watch, a port-forward): one that outlives us is ended, not waited for. */
  lasting?: boolean
  /** Characters of a line that `onLine` gets; 4,096 where nothing is said. */
  lineCap?: number
}

/** Takes a line of output; `from` is missing where a double does not tell. */
export type OnLine = (line: string, from?: 'stdout' | 'stderr') => void

/** One result shape for all that can happen. */
export interface ToolResult {
  argv: readonly string[]
  outcome: 'ended' | 'missing' | 'not-executable' | 'timed-out' | 'aborted' | 'killed'
  /** Set when `ended`. */
  exit?: number
  /** The signal's name when `killed`. */
  signal?: string
  stdout: string
  stderr: string
  /** Milliseconds. */
  tookMs: number
}

export type RunTool = (call: ToolCall) => Promise<ToolResult>

/** Whether the tool ran to its end and said that all went well. */
export function succeeded({ outcome, exit }: ToolResult): boolean {
  return outcome === 'ended' && exit === 0
}
