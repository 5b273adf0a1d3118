import type { Answered } from '../answers/answers.ts'
import { formatElapsed } from '../duration.ts'
import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Glyphs } from '../front/words/glyphs.ts'
import { lastLine } from '../front/words/last-line.ts'
import { type Line, span } from '../front/words/line.ts'
import { findingLines } from '../front/words/problem.ts'
import { type Rule, roleYaml } from '../kubernetes/access.ts'
import { placeOf } from '../kubernetes/place.ts'
import type { Json } from '../plan/plan.ts'
import { listEndpoints } from '../record/endpoint.ts'
import { recordedStatus } from '../status/look.ts'
import { aboutTarget, type ListedTarget, namedTarget, targets } from '../targets/index.ts'
import type { World } from '../world.ts'
import { type Checked, checkServed, checkState, checkTarget, checkTool } from './doctor-checks.ts'
import { knownAnswers } from './endpoint-of.ts'
import { answersFromFile } from './get-answers.ts'
import { type Io, printErr, printJson, printOut } from './io.ts'

export interface DoctorOptions {
  target?: string
  /** Answers of an endpoint that is not secured yet. */
  answers?: string
  /** Print the Role that a run needs, and nothing else. */
  role?: boolean
  json?: boolean
  verbose?: boolean
}

/** Preflight alone: tools, versions, logins, permissions, reachability. Changes nothing. */
export async function doctor(
  name: string | undefined,
  options: DoctorOptions,
  io: Io,
): Promise<ExitCode> {
  const { world } = io
  const began = world.clock.elapsed()
  const looked = await lookedAt(name, options, io)
  if (options.role) return printRole(looked, io)
  const { targets: chosen, used, answered } = looked
  const checked: Checked[] = [await checkState(world)]
  const missing = new Set<string>()
  for (const tool of new Set(chosen.flatMap(({ tools }) => tools))) {
    const users = chosen.filter(({ tools }) => tools.includes(tool))
    const needed = users.some(({ kind }) => used.has(kind))
    const usedBy = users.map(({ title }) => title)
    const result = await checkTool(tool, { usedBy, needed }, world)
    if (result.findings.some(({ severity }) => severity !== 'warns')) missing.add(tool)
    checked.push(result)
  }
  for (const { kind, tools, load } of chosen) {
    if (tools.some(tool => missing.has(tool))) continue
    checked.push(...(await checkTarget(await load(), { answered, needed: used.has(kind) }, io)))
  }
  const isWell = checked.every(({ exit }) => exit === undefined)
  if (name !== undefined && isWell) checked.push(await checkServed(name, io))
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
  const about = name ?? options.answers ?? options.target ?? 'all targets'
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
    findings.flatMap(each => findingLines(each, glyphs.state(stateFor[each.severity]))),
  )
  return [...passed, ...found]
}

const stateFor = { blocks: 'failed', warns: 'warns', notes: 'skipped' } as const

/** What is looked at: which targets, and of them those that are used here. */
interface Looked {
  targets: readonly ListedTarget[]
  used: ReadonlySet<string>
  answered?: Answered
}

async function lookedAt(
  name: string | undefined,
  { target, answers }: DoctorOptions,
  io: Io,
): Promise<Looked> {
  const answered =
    name !== undefined
      ? await knownAnswers(name, io.world)
      : answers !== undefined
        ? await answersFromFile(answers, io)
        : undefined
  if (answered) {
    const own = aboutTarget(answered.answers.target.kind)
    return { targets: [own], used: new Set([own.kind]), answered }
  }
  if (target === undefined) return { targets, used: await usedKinds(io.world) }
  return { targets: [namedTarget(target)], used: new Set([target]) }
}

/** The targets of the endpoints that are on record here. */
async function usedKinds(world: World): Promise<ReadonlySet<string>> {
  const names = await listEndpoints(world.stateFolder)
  const all = await Promise.all(names.map(name => recordedStatus(name, world)))
  return new Set(all.map(({ target }) => target))
}

/** The Role that a run needs, as YAML on stdout: for an administrator, or for the user of a pipeline. */
async function printRole({ targets: [listed], answered }: Looked, io: Io): Promise<ExitCode> {
  const target = answered && (await listed?.load())
  const steps = (await target?.preflight(io.world, answered)) ?? []
  const access = steps.find(({ act }) => act.do === 'op:kubernetes.access')?.act
  if (access === undefined || !('input' in access))
    throw usage(
      '--role needs an endpoint of a Kubernetes target.',
      'Name one that is recorded, or its answers: secure-endpoint doctor --answers FILE --role',
    )
  const { place, rules } = access.input as { place: Json; rules: Json }
  io.stdout.write(roleYaml(rules as unknown as Rule[], placeOf(place)))
  return exitCodes.done
}
