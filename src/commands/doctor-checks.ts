import type { Answered } from '../answers/answers.ts'
import { Problem } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Finding, finding } from '../findings.ts'
import { alertText } from '../front/words/status.ts'
import { generalFindings } from '../general-findings.ts'
import { opsOf } from '../ops/index.ts'
import type { Performing } from '../plan/op.ts'
import { perform } from '../plan/perform/perform.ts'
import type { Step } from '../plan/plan.ts'
import { createRedact } from '../process/redact.ts'
import { toolFindings } from '../process/tool-problem.ts'
import { toolInfo } from '../process/tools.ts'
import { type HeldStatus, heldFix } from '../proof/held.ts'
import { recordPaths } from '../record/paths.ts'
import { provesWritable } from '../record/write.ts'
import { alerts } from '../status/endpoint-status.ts'
import { lookAtEndpoint } from '../status/look.ts'
import type { Target } from '../targets/target.ts'
import type { World } from '../world.ts'
import type { Io } from './io.ts'
import { waysOf } from './ways.ts'

/** One check: what was looked at, and what it found. */
export interface Checked {
  id: string
  title: string
  seen: string
  findings: Finding[]
  /** Set where it failed. */
  exit?: ExitCode
}

export async function checkState(world: World): Promise<Checked> {
  const base = { id: 'record.folder', title: 'The record can be written', seen: world.stateFolder }
  return caught(base, () => provesWritable(world.stateFolder))
}

/**
 * Whether a tool is there.
 *
 * @param usedBy titles of the targets that call it
 * @param needed whether any of them is used here; else a missing one is only said
 */
export async function checkTool(
  name: string,
  { usedBy, needed }: { usedBy: readonly string[]; needed: boolean },
  world: World,
): Promise<Checked> {
  const path = await world.which(name)
  const { purpose, get, optional } = toolInfo(name)
  const base = { id: `tool.${name}`, title: `${name}: ${purpose}`, seen: path ?? 'not on PATH' }
  if (path !== undefined) return { ...base, findings: [] }
  const blocks = needed && !optional
  const found = finding(toolFindings, 'tool.missing', {
    severity: blocks ? 'blocks' : optional ? 'warns' : 'notes',
    title:
      blocks || optional
        ? `${name} is not installed, or not on PATH.`
        : `${name} is not installed (needed for ${usedBy.join(', ')}).`,
    subject: name,
    evidence: 'not on PATH',
    why: optional
      ? 'A built-in probe does its work; its output is missing as evidence.'
      : `It is ${purpose}.`,
    fix: `Type: ${get}`,
  })
  const findings = [{ ...found, id: `tool.${name}.missing` }]
  return blocks ? { ...base, findings, exit: exitCodes.unavailable } : { ...base, findings }
}

/**
 * The target's own checks. What needs one that failed makes no sense and is left out. Where the target
 * is not used here, what is wrong is said and fails nothing.
 */
export async function checkTarget(
  target: Target,
  { answered, needed }: { answered?: Answered | undefined; needed: boolean },
  io: Io,
): Promise<Checked[]> {
  const checked: Checked[] = []
  const failed = new Set<string>()
  for (const step of await target.preflight(io.world, answered)) {
    if (step.needs.some(id => failed.has(id))) {
      failed.add(step.id)
      continue
    }
    const result = await checkStep(step, target, answered, io)
    if (result.exit !== undefined) failed.add(step.id)
    checked.push(needed ? result : onlySaid(result))
    // without an endpoint the steps have no order of their own
    if (answered === undefined && result.exit !== undefined) break
  }
  return checked
}

function onlySaid({ exit: _exit, ...checked }: Checked): Checked {
  const findings = checked.findings.map(each =>
    each.severity === 'blocks' ? { ...each, severity: 'warns' as const } : each,
  )
  return { ...checked, findings }
}

async function checkStep(
  step: Step,
  target: Target,
  answered: Answered | undefined,
  { world, signal }: Io,
): Promise<Checked> {
  const base = { id: step.id, title: step.title, seen: '' }
  let seen = ''
  const name = answered?.answers.endpoint ?? 'doctor'
  const paths = recordPaths(world.stateFolder, name)
  const ctx: Performing = {
    world,
    run: world.run,
    redact: createRedact(),
    signal,
    runSignal: signal,
    bindings: { captures: new Map(), kept: '', before: () => '' },
    ops: opsOf(target),
    userFolder: answered?.folder ?? world.cwd,
    record: { paths, generation: 0, run: 'doctor' },
    secrets: {},
    open: new Map(),
    underway: new Map(),
    recent: new Map(),
    // what is away now is what doctor says: it does not wait for it
    rehearsal: { limitCapMs: 0 },
    atEnd: () => {},
    say: () => {},
    proof: () => {},
    finding: () => {},
    wait: async () => 'look',
  }
  const result = await caught(base, async () => {
    seen = (await perform(step.act, ctx)).seen
  })
  return { ...result, seen: seen.slice(0, 120) }
}

/** Whether an endpoint on record serves what is recorded, and what is due. */
export async function checkServed(name: string, { world, signal }: Io): Promise<Checked> {
  const base = { id: 'endpoint.served', title: 'What is served is what is recorded', seen: '' }
  const looked = await lookAtEndpoint(name, world, signal, await waysOf(name, world, signal))
  const { alerts: said, seen, held, notSeen } = looked
  const findings = alerts
    .filter(({ alert }) => alert !== 'secret-drift' && said.includes(alert))
    .map(({ alert, severity }) => {
      const warns = severity === 'warn' && alert !== 'drift'
      const occurrence = {
        severity: warns ? ('warns' as const) : ('blocks' as const),
        title: `${name}: ${alertText(alert)}.`,
        subject: name,
        evidence: seen,
        fix: `See each probe: secure-endpoint verify ${name}; ${alert === 'drift' ? 'the next init or rotate repairs it' : 'a new certificate: secure-endpoint rotate'} ${name}.`,
      }
      return finding(generalFindings, 'endpoint.served', occurrence)
    })
  if (held?.state === 'changed') findings.push(secretDrift(name, held))
  const fails = findings.some(({ severity }) => severity === 'blocks')
  const unread = held?.state === 'unseen' ? held.seen : undefined
  const words = [seen === '' ? 'as recorded' : seen, unread, notSeen].filter(Boolean).join('; ')
  const checked = { ...base, seen: words, findings }
  return fails ? { ...checked, exit: exitCodes.failed } : checked
}

/** What is served is right, but not what is served next. */
function secretDrift(name: string, { seen }: HeldStatus): Finding {
  return finding(generalFindings, 'endpoint.secret-drift', {
    subject: name,
    evidence: seen,
    fix: `${heldFix(name)}.`,
  })
}

async function caught(
  base: Omit<Checked, 'findings'>,
  check: () => Promise<unknown>,
): Promise<Checked> {
  try {
    await check()
    return { ...base, findings: [] }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { ...base, findings: [...error.findings], exit: error.exit }
  }
}
