import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { opsOf } from '../../ops/index.ts'
import { packageFolder } from '../../package-files.ts'
import { oneLine } from '../../process/plain-text.ts'
import { quoteWord } from '../../process/quote.ts'
import { placesOf } from '../../road/carry-out.ts'
import type { Planned } from '../../road/make-plan.ts'
import type { ShellPart } from '../../targets/target.ts'
import type { World } from '../../world.ts'
import { contentOf } from '../perform/write.ts'
import type { Step } from '../plan.ts'
import { capturesIn } from '../text.ts'
import { actLines, askLines, type ShellContext } from './acts.ts'
import { holdsWord, jqPath, variable } from './words.ts'

/**
 * The plan as a script for bash, openssl, curl, jq and the target's own command: anyone can run it
 * without Node, and it ends in the same state of the target.
 */
export async function shellScript(planned: Planned, world: World): Promise<string> {
  const { plan, target, answered } = planned
  const context: ShellContext = {
    ops: opsOf(target),
    contents: await contentsOf(planned, world),
    captured: new Set(capturesIn(plan.steps.filter(({ act }) => !act.do.startsWith('op:record.')))),
  }
  const { certificate } = answered.answers
  // where nothing is recorded yet, what was before is what the script itself finds
  const old = planned.before === undefined ? '$FOUND' : quoteWord(placesOf(planned, world).before())
  const uploaded = certificate.source === 'uploaded' ? certificate : undefined
  const head = [
    '#!/usr/bin/env bash',
    `# secure-endpoint plan ${plan.digest.slice(0, 16)}: ${plan.verb} ${oneLine(plan.endpoint)}`,
    `# ${oneLine(plan.changes)}`,
    `# Needs bash, openssl, curl, jq and ${target.tools.filter(name => !['curl', 'nslookup'].includes(name)).join(', ')}.`,
    '# CERT= and KEY= name the pair that goes in (ROOTS= what clients trust); without them one is made.',
    '# WORK= names the folder that keeps the pair and what was found; YES=1 agrees without a question.',
    'set -uo pipefail',
    'umask 077',
    `HOME=\${HOME:-~}`,
    `CERT=\${CERT:-${uploaded ? quoteWord(uploaded.chain) : ''}}`,
    `KEY=\${KEY:-${uploaded?.key === undefined ? '' : quoteWord(uploaded.key)}}`,
    `ROOTS=\${ROOTS:-${uploaded?.roots === undefined ? '' : quoteWord(uploaded.roots)}}`,
    // of this plan alone: another plan never takes its pair, nor writes over it
    `WORK=\${WORK:-$HOME/.secure-endpoint-${variable(plan.endpoint)}-${plan.digest.slice(0, 8)}}`,
    // a server that runs in another folder is given the paths below it
    '[[ $WORK == /* ]] || WORK=$PWD/$WORK',
    'NEW=$WORK/new FOUND=$WORK/found',
    `OLD=\${OLD:-${old}}`,
    `cd ${quoteWord(answered.folder)} || exit 1`,
  ]
  const steps = plan.steps.flatMap(step => stepLines(step, context))
  const calls = plan.steps.map(
    ({ id, title, onFail, decides }) =>
      `step ${variable(id)} ${quoteWord(title)} ${decides === 'report' ? 'report' : onFail}`,
  )
  const parts = [
    'shell/prelude.sh',
    'shell/proof.sh',
    'shell/pair.sh',
    ...(usesOp(plan.steps, 'op:dns.azure-') ? ['shell/azure-dns.sh'] : []),
  ]
  const own = (target.shell ?? [`${target.kind}/functions.sh`]).flatMap(each =>
    ownPart(each, plan.steps),
  )
  const lines = [...head, ...parts.map(part), ...own, ...steps, 'begin', ...calls, 'finish']
  return `${lines.join('\n')}\n`
}

function usesOp(steps: readonly Step[], beginning: string): boolean {
  return steps.some(({ act }) => act.do.startsWith(beginning))
}

function ownPart(own: string | ShellPart, steps: readonly Step[]): string[] {
  if (typeof own === 'string') return [part(own)]
  if (!usesOp(steps, own.op)) return []
  return own.printedBy === undefined ? [part(own.file)] : printing(own.printedBy, part(own.file))
}

/** A function that prints a text: quoted, so that the shell reads nothing in it. */
function printing(name: string, text: string): string[] {
  const end = `END_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
  return [`${name}() {`, `cat <<'${end}'`, text, end, '}']
}

function part(name: string): string {
  return readFileSync(join(packageFolder(), 'templates', name), 'utf8').trimEnd()
}

/**
 * A step as functions: act_ID, and where it has them look_ID, busy_ID and undo_ID. Steps of an undo
 * get the name of the step in front; what they capture is named by them alone, as in the plan.
 */
function stepLines(step: Step, context: ShellContext, prefix = ''): string[] {
  const name = prefix + variable(step.id)
  const define = (kind: string, lines: string[]) => [
    `${kind}_${name}() {`,
    ...lines.map(indented),
    '}',
  ]
  const captures = captureLines(step, context)
  const body = actLines(step, context)
  // what is captured follows what was answered, also where the body returns early
  const act =
    captures.length === 0
      ? define('act', body)
      : [...define('itself', body), ...define('act', [`itself_${name} || return`, ...captures])]
  const lines = [`# ${oneLine(step.title)}`, ...contentLines(step, context), ...act]
  if (step.look) {
    const ask = askLines(step.look.look, context).map(line => `${line} || true`)
    const holds = `holds ${holdsWord(step.look.already)} || return 1`
    lines.push(...define('look', [...ask, holds, ...captures]))
    if (step.look.busy) lines.push(...define('busy', [`holds ${holdsWord(step.look.busy)}`]))
  }
  if (step.undo) {
    lines.push(...step.undo.flatMap(each => stepLines(each, context, `${name}_`)))
    const calls = step.undo.map(
      ({ id, title }) => `undo_step ${name}_${variable(id)} ${quoteWord(title)} || return 1`,
    )
    lines.push(...define('undo', calls))
  }
  return lines
}

/** The file of a step as a function. */
function contentLines({ id }: Step, { contents }: ShellContext): string[] {
  const text = contents.get(id)
  if (text === undefined) return []
  return printing(`content_${variable(id)}`, text.replace(/\n$/, ''))
}

/** Only what a later step names is captured. */
function captureLines({ id, captures = {} }: Step, { captured }: ShellContext): string[] {
  return Object.entries(captures).flatMap(([name, from]) => {
    if (!captured.has(`${id}.${name}`)) return []
    const path =
      'json' in from
        ? `.json | getpath(${jqPath(from.json)})`
        : `.text | capture(${JSON.stringify(`(?<x>${from.regex})`)}).x`
    return [`${variable(`${id}.${name}`)}=$(jq -r ${quoteWord(`${path} | tostring`)} "$ANSWER")`]
  })
}

function indented(line: string): string {
  return `  ${line}`
}

/** The text of every file that the plan writes, with a mark where the new folder goes. */
async function contentsOf(
  { plan, answered }: Planned,
  world: World,
): Promise<ReadonlyMap<string, string>> {
  const captures = new Map(
    capturesIn(plan.steps.map(({ act }) => act)).map(name => [name, `@${variable(name)}@`]),
  )
  const bindings = { captures, kept: '@NEW@', before: () => '@OLD@' }
  const contents = new Map<string, string>()
  for (const { id, act } of plan.steps) {
    if (act.do !== 'write' || 'text' in act.content) continue
    contents.set(id, await contentOf(act.content, { bindings, userFolder: answered.folder, world }))
  }
  return contents
}
