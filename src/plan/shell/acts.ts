import { durationMs } from '../../duration.ts'
import { quoteWord } from '../../process/quote.ts'
import type { OpTable, ShellWriter } from '../op.ts'
import type { Act, Content, Exec, Http, Manual, Op, Step, Wait } from '../plan.ts'
import { capturesIn } from '../text.ts'
import { holdsWord, variable, word } from './words.ts'

const writer: ShellWriter = { word }

export interface ShellContext {
  ops: OpTable
  /** The text of a `write`, with `@NEW@` where the new generation's folder goes. */
  contents: ReadonlyMap<string, string>
  /** The captures that a step names. */
  captured: ReadonlySet<string>
}

/** Lines that put an act's answer into $ANSWER. */
export function askLines(act: Wait['look'], { ops }: ShellContext): string[] {
  if (act.do === 'exec') return [execLine(act)]
  if (act.do === 'http') return [httpLine(act)]
  if (act.do === 'handshake') return [`answer_handshake ${word(act.address)} ${word(act.name)}`]
  return opLines(act, ops)
}

function execLine({ argv, limit, cwd }: Exec): string {
  const seconds = Math.ceil(durationMs(limit) / 1000)
  const folder = cwd === undefined ? '' : `in_folder ${word(cwd)} `
  return `${folder}answer_of ${seconds} ${argv.map(word).join(' ')}`
}

function httpLine({ url, method }: Http): string {
  return `answer_http ${method} ${word(url)}`
}

function opLines(act: Op, ops: OpTable): string[] {
  const op = ops[act.do.replace(/^op:/, '')]
  return op?.shell(act.input, writer) ?? []
}

/** The body of the function that carries a step out. */
export function actLines(step: Step, context: ShellContext): string[] {
  const { act } = step
  switch (act.do) {
    case 'exec':
      return [`${execLine(act)} || return 1`, ...expectLines(act)]
    case 'http':
    case 'handshake':
      return [...askLines(act, context), `holds ${holdsWord(act.expect ?? [])}`]
    case 'write':
      return writeLines(step.id, word(act.path), act.mode, act.content, context)
    case 'wait':
      return waitLines(act, act.limit, context)
    case 'manual':
      return manualLines(act, context)
    default: {
      const lines = opLines(act as Op, context.ops)
      const { expect } = act as Op
      return lines.length === 0
        ? [':']
        : expect && !isProof(act)
          ? [...lines, `holds ${holdsWord(expect)}`]
          : lines
    }
  }
}

/** Proofs end with their own exit code; they have no JSON in a script. */
function isProof(act: Act): boolean {
  return /^op:(proof\.|[a-z]+\.prove-)/.test(act.do)
}

function expectLines({ argv, expect = [{ exit: [0] }], explains = [] }: Exec): string[] {
  const explained = explains.map(
    ({ when, exit, title, why, fix }) =>
      `explain ${[holdsWord([when]), exit, ...[title, why, fix].map(quoteWord)].join(' ')} || return`,
  )
  return [
    `if holds ${holdsWord(expect)}; then return 0; fi`,
    ...explained,
    `tool_failed ${word(argv[0])}`,
  ]
}

function waitLines(
  act: Pick<Wait, 'look' | 'until' | 'every'>,
  limit: string,
  context: ShellContext,
): string[] {
  return [
    `local end=$((SECONDS + ${Math.ceil(durationMs(limit) / 1000)}))`,
    'while :; do',
    ...askLines(act.look, context).map(line => `  ${line} || true`),
    `  if holds ${holdsWord(act.until)}; then return 0; fi`,
    '  if ((SECONDS >= end)); then return 124; fi',
    `  sleep ${Math.max(1, Math.ceil(durationMs(act.every) / 1000))}`,
    'done',
  ]
}

function manualLines(act: Manual, context: ShellContext): string[] {
  const text = act.text.map(each => `say ${word(each)}`)
  if (act.look) return [...text, ...waitLines(act.look, act.limit, context)]
  return [...text, `ask ${quoteWord(act.ask ?? 'Is this done?')}`]
}

function writeLines(
  id: string,
  path: string,
  mode: string,
  content: Content,
  { contents }: ShellContext,
): string[] {
  const text = 'text' in content ? undefined : contents.get(id)
  if (text === undefined)
    return [
      `printf '%s' ${'text' in content ? word(content.text) : "''"} >${path}`,
      `chmod ${mode} ${path}`,
    ]
  const names = capturesIn(content).map(variable).join(' ')
  const filled = names === '' ? '' : `filled ${names} | `
  return [`content_${variable(id)} | ${filled}put ${path} ${mode}`]
}
