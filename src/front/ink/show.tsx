import { render, useStdout } from 'ink'
import { type ReactElement, type ReactNode, useLayoutEffect } from 'react'
import { Interrupted } from '../../errors.ts'
import { plainText } from '../../process/plain-text.ts'
import type { Key } from './keys.ts'
import type { Player } from './player.ts'
import { clipboardSequence, sequences } from './sequences.ts'
import { layoutOf, type Stage, StageContext } from './stage.ts'
import { useKeyboard } from './use-keys.ts'

/** A screen that is shown: what it ends with, and a way to take it away before. */
export interface Shown<T> {
  result: Promise<T>
  close(): void
}

export interface ShowOptions {
  /** Ctrl-Z is refused, and this is called instead. */
  refusesSuspend?: () => void
  /** A stop does not end the screen: it shows the stopping, and is closed by its owner. */
  outlivesStop?: boolean
}

/**
 * Draws one screen until it is done: one `render()` of Ink a phase, so that between two of them the
 * terminal belongs to whoever needs it.
 *
 * @throws (the result) Interrupted when the user stops
 */
export function show<T>(
  player: Player,
  screen: (done: (value: T) => void) => ReactElement,
  { refusesSuspend, outlivesStop = false }: ShowOptions = {},
): Shown<T> {
  const { terminal, signal } = player
  if (signal.aborted && !outlivesStop) {
    return { result: Promise.reject(stopped(signal)), close: () => {} }
  }
  const { promise, resolve, reject } = deferred<T>()
  let open = true
  const interrupt = () => end(() => reject(stopped(signal)))
  const end = (settle: () => void) => {
    if (!open) return
    open = false
    signal.removeEventListener('abort', interrupt)
    player.printer.above = undefined
    instance.unmount()
    terminal.close()
    settle()
  }
  const everywhere = (key: Key): boolean => {
    if (!open) return true
    if (key.is === 'interrupt') player.stop()
    else if (key.is === 'suspend') suspend()
    else return false
    return true
  }
  const constant = {
    glyphs: player.glyphs,
    colour: player.colour,
    now: player.now,
    copy: (text: string) => copy(player, text),
    takePaste: terminal.takePaste,
    keys: {},
    everywhere,
  }
  const stageNow = (): Stage => {
    const { columns, rows } = terminal.size()
    return { ...layoutOf(columns, rows), ...constant }
  }
  const suspend = () => {
    if (refusesSuspend) return refusesSuspend()
    terminal.hide()
    player.suspend(() => {
      if (!open) return
      terminal.unhide()
      player.printer.above?.('')
    })
  }
  // a key that ends the screen is still being told to Ink: it is taken down after that
  const element = screen(value => queueMicrotask(() => end(() => resolve(value))))
  const tree = () => (
    <Root player={player} stage={stageNow()}>
      {element}
    </Root>
  )
  if (!outlivesStop) signal.addEventListener('abort', interrupt, { once: true })
  terminal.open(() => instance.rerender(tree()))
  const instance: ReturnType<typeof render> = render(tree(), {
    stdout: terminal.stdout,
    stdin: terminal.stdin,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  // a bug while drawing ends Ink by itself: it must not end as silence
  instance.waitUntilExit().catch(error => end(() => reject(error)))
  return { result: promise, close: () => end(() => {}) }
}

interface RootProps {
  player: Player
  stage: Stage
  children: ReactNode
}

/** Reads the keyboard, and lets finished lines be written above the frame while Ink draws. */
function Root({ player, stage, children }: RootProps) {
  const { write } = useStdout()
  useKeyboard(stage)
  useLayoutEffect(() => {
    player.printer.above = write
  }, [player, write])
  return <StageContext.Provider value={stage}>{children}</StageContext.Provider>
}

/** What a stop by the user is thrown as. */
export function stopped({ reason }: AbortSignal): Interrupted {
  return reason instanceof Interrupted ? reason : new Interrupted()
}

function copy(player: Player, text: string): void {
  player.print(`${plainText(text).replace(/\n+$/, '')}\n`)
  if (player.osc.clipboard) player.terminal.write(clipboardSequence(text))
}

export function ring({ terminal }: Pick<Player, 'terminal'>): void {
  terminal.write(sequences.bell)
}

export function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
