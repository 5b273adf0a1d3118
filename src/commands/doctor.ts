import { formatElapsed } from '../duration.ts'
import { Problem, usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Finding, finding } from '../findings.ts'
import type { Glyphs } from '../front/words/glyphs.ts'
import { lastLine } from '../front/words/last-line.ts'
import { type Line, span } from '../front/words/line.ts'
import { findingLines } from '../front/words/problem.ts'
import type { Performing } from '../plan/op.ts'
import { perform } from '../plan/perform/perform.ts'
import type { Step } from '../plan/plan.ts'
import { createRedact } from '../process/redact.ts'
import { toolFindings } from '../process/tool-problem.ts'
import { toolInfo } from '../process/tools.ts'
import { recordPaths } from '../record/paths.ts'
import { provesWritable } from '../record/write.ts'
import { targets } from '../targets/index.ts'
import type { Target } from '../targets/target.ts'
import type { World } from '../world.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { type Io, printErr, printJson, printOut } from './io.ts'
import { targetOf } from './planning.ts'

export interface DoctorOptions {
  target?: string
  json?: boolean
  verbose?: boolean
}

/** One check: what was looked at, and what it found. */
interface Checked {
  id: string
  title: string
  seen: string
  findings: Finding[]
  exit?: ExitCode
}

/** Preflight alone: tools, versions, logins, permissions, reachability. Changes nothing. */
export async function doctor(
  name: string | undefined,
  options: DoctorOptions,
  io: Io,
): Promise<ExitCode> {
  const { world } = io
  const began = world.clock.elapsed()
  const chosen = await targetsOf(name, options, world)
  const checked: Checked[] = [await checkState(world)]
  for (const tool of new Set(chosen.flatMap(({ tools }) => tools)))
    checked.push(await checkTool(tool, world))
  for (const target of chosen) {
    const missing = checked.some(
      ({ id, exit }) => exit !== undefined && target.tools.includes(id.slice('tool.'.length)),
    )
    if (!missing) checked.push(...(await checkTarget(target, io)))
  }
  const findings = checked.flatMap(each => each.findings)
  const exit = checked.find(each => each.exit !== undefined)?.exit ?? exitCodes.done
  if (options.json) {
    printJson(io, {
      schema: 'secure-endpoint/doctor@1',
      exit,
      checks: checked.map(({ id, title, seen, findings: found }) => ({
        id,
        title,
        seen,
        passed: found.length === 0,
      })),
      findings,
    })
    return exit
  }
  const took = formatElapsed(world.clock.elapsed() - began)
  const about = name ?? options.target ?? 'all targets'
  printOut(io, [
    [span('secure-endpoint doctor', 'bold'), span(`  ${about}  ${took}`, 'quiet')],
    ...doctorLines(checked, options, io.glyphs),
  ])
  const failed = checked.filter(each => each.exit !== undefined).length
  const warned = findings.filter(({ severity }) => severity === 'warns').length
  printErr(io, [
    lastLine(
      exit,
      failed > 0
        ? `${failed} failed, ${warned} warn`
        : `all is well${warned > 0 ? `, ${warned} warn` : ''}`,
    ),
  ])
  return exit
}

function doctorLines(
  checked: readonly Checked[],
  { verbose }: DoctorOptions,
  glyphs: Glyphs,
): Line[] {
  const good = checked.filter(each => each.findings.length === 0)
  const passed: Line[] = verbose
    ? good.map(
        ({ title, seen }): Line => [
          span('  '),
          glyphs.state('done'),
          span(` ${title}`),
          span(seen === '' ? '' : `  ${seen}`, 'quiet'),
        ],
      )
    : [
        [
          span('  '),
          glyphs.state('done'),
          span(` ${good.length} passed`),
          span('  (-v lists)', 'quiet'),
        ],
      ]
  const found = checked.flatMap(({ findings }) =>
    findings.flatMap(each =>
      findingLines(each, glyphs.state(each.severity === 'blocks' ? 'failed' : 'warns')),
    ),
  )
  return [...passed, ...found]
}

async function targetsOf(
  name: string | undefined,
  { target }: DoctorOptions,
  world: World,
): Promise<readonly Target[]> {
  if (name !== undefined) return [targetOf(await recordedAnswers(name, world))]
  if (target === undefined) return targets
  const found = targets.filter(({ kind }) => kind === target)
  if (found.length === 0)
    throw usage(
      `--target: ${target} is no target.`,
      `Name one of ${targets.map(({ kind }) => kind).join(', ')}.`,
    )
  return found
}

async function checkState(world: World): Promise<Checked> {
  const base = { id: 'record.folder', title: 'The record can be written', seen: world.stateFolder }
  return caught(base, () => provesWritable(world.stateFolder))
}

async function checkTool(name: string, world: World): Promise<Checked> {
  const path = await world.which(name)
  const { purpose, get, optional } = toolInfo(name)
  const base = { id: `tool.${name}`, title: `${name}: ${purpose}`, seen: path ?? 'not on PATH' }
  if (path !== undefined) return { ...base, findings: [] }
  const found = finding(toolFindings, 'tool.missing', {
    severity: optional ? 'warns' : 'blocks',
    title: `${name} is not installed, or not on PATH.`,
    subject: name,
    evidence: 'not on PATH',
    why: optional
      ? 'A built-in probe does its work; its output is missing as evidence.'
      : `It is ${purpose}.`,
    fix: `Type: ${get}`,
  })
  const findings = [{ ...found, id: `tool.${name}.missing` }]
  return optional ? { ...base, findings } : { ...base, findings, exit: exitCodes.unavailable }
}

/** The target's own checks, one after the other: a later one makes no sense where an earlier one fails. */
async function checkTarget(target: Target, io: Io): Promise<Checked[]> {
  const checked: Checked[] = []
  for (const step of await target.preflight(io.world)) {
    const result = await checkStep(step, io)
    checked.push(result)
    if (result.exit !== undefined) break
  }
  return checked
}

async function checkStep(step: Step, { world, signal }: Io): Promise<Checked> {
  const base = { id: step.id, title: step.title, seen: '' }
  let seen = ''
  const ctx: Performing = {
    world,
    run: world.run,
    redact: createRedact(),
    signal,
    bindings: { captures: new Map(), kept: '', before: () => '' },
    ops: {},
    userFolder: world.cwd,
    record: { paths: recordPaths(world.stateFolder, 'doctor'), generation: 0 },
    secrets: {},
    underway: new Map(),
    recent: new Map(),
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
