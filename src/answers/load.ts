import { Problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Finding } from '../findings.ts'
import { oneLine, plainText } from '../process/plain-text.ts'
import { createRedact } from '../process/redact.ts'
import { type Answered, assemble } from './answers.ts'
import { didYouMean } from './checks.ts'
import { applies, type Draft, type Question } from './question.ts'
import { type Placed, type Position, readYaml } from './read-yaml.ts'

/** One thing that is wrong in an answers file. */
interface Mistake extends Position {
  /** Path of the key. */
  path: string
  text: string
  fix: string
  /** The line as it stands, where showing it gives no secret away. */
  shown?: string
}

/**
 * Checks the text of an answers file against the questions.
 *
 * @param name as it is named in messages
 * @returns the draft, and every mistake at once (then the draft is incomplete)
 */
function checkAnswers(
  text: string,
  questions: readonly Question[],
): { draft: Draft; mistakes: Mistake[]; groups: ReadonlyMap<string, Position> } {
  const groups = new Set(questions.flatMap(({ id }) => parents(id)))
  const read = readYaml(text, path => groups.has(path))
  const draft: Record<string, { value: Placed['value']; from: 'answer' }> = {}
  const mistakes: Mistake[] = read.mistakes.map(each => ({ ...each, path: '' }))
  const places = new Map<string, Placed>()

  const show = shower(text, read.entries, questions)
  const mistake = (entry: Placed, at: Position, wrong: string, fix: string) => {
    const shown = at === entry.at ? show(entry) : undefined
    mistakes.push({
      ...at,
      path: entry.path,
      text: wrong,
      fix,
      ...(shown === undefined ? {} : { shown }),
    })
  }

  for (const entry of read.entries) {
    places.set(entry.path, entry)
    if (entry.path === '$schema') continue
    if (entry.path === 'version') {
      if (entry.value !== 1) mistake(entry, entry.at, ...versionWrong(entry.value))
      continue
    }
    if (groups.has(entry.path)) {
      if (entry.value !== null)
        mistake(
          entry,
          entry.at,
          `${entry.path} is a group of keys.`,
          groupFix(entry.path, questions),
        )
      continue
    }
    const question = questions.find(({ id }) => id === entry.path)
    if (!question) {
      mistake(entry, entry.key, ...unknownKey(entry.path, questions, groups))
      continue
    }
    const checked = question.check(entry.value)
    if ('value' in checked) draft[question.id] = { value: checked.value, from: 'answer' }
    else if (question.kind === 'secret') {
      mistake(entry, entry.at, `${question.id} must not stand in the file.`, checked.fix)
    } else mistake(entry, entry.at, `${question.id}: ${checked.wrong}`, checked.fix)
  }
  if (read.mistakes.length === 0) {
    if (!places.has('version')) {
      mistakes.push({
        line: 1,
        column: 1,
        path: 'version',
        text: 'version is missing.',
        fix: 'Write version: 1.',
      })
    }
    for (const id of Object.keys(draft)) {
      const question = questions.find(each => each.id === id)
      const entry = places.get(id)
      if (question && entry && !applies(question, draft, questions)) {
        mistake(entry, entry.key, `${id} does not go with the other answers.`, whenText(question))
      }
    }
  }
  mistakes.sort((a, b) => a.line - b.line || a.column - b.column)
  return { draft, mistakes, groups: read.groups }
}

/**
 * Gives the line of an entry's value as it stands, made harmless. A line on which a secret may stand
 * beside it (also under a misspelt key) is not given.
 */
function shower(
  text: string,
  entries: readonly Placed[],
  questions: readonly Question[],
): (entry: Placed) => string | undefined {
  const lines = text.split(/\r?\n/)
  const redact = createRedact()
  const known = new Map(questions.map(({ id, kind }) => [id, kind]))
  const harmless = ['version', '$schema']
  const mayBeSecret = ({ path }: Placed) =>
    !harmless.includes(path) && (known.get(path) ?? 'secret') === 'secret'
  const hidden = entries.filter(mayBeSecret)
  return entry => {
    const { line, column } = entry.at
    if (hidden.some(each => each !== entry && each.at.line <= line && line <= each.lastLine))
      return undefined
    const whole = lines[line - 1] ?? ''
    const shown = mayBeSecret(entry) ? `${whole.slice(0, column - 1)}(not shown)` : redact(whole)
    return plainText(shown).replaceAll('\t', ' ').slice(0, 120)
  }
}

/** The questions that still need an answer, in order. */
function unanswered(draft: Draft, questions: readonly Question[]): Question[] {
  return questions.filter(
    question =>
      !question.fallback && draft[question.id] === undefined && applies(question, draft, questions),
  )
}

/**
 * Loads answers without a question asked.
 *
 * @throws Problem with exit 65 and all mistakes
 */
export function loadAnswers(
  text: string,
  questions: readonly Question[],
  where: { name: string; folder: string },
): Answered {
  const { draft, mistakes, groups } = checkAnswers(text, questions)
  const broken = new Set(mistakes.map(({ path }) => path))
  const missing = mistakes.some(({ path }) => path === '') ? [] : unanswered(draft, questions)
  const findings = [
    ...mistakes.map(each => asFinding(each, where.name)),
    ...missing
      .filter(({ id }) => !broken.has(id))
      .map(question => missingFinding(question, where.name, groups.get(parentOf(question.id)))),
  ]
  if (findings.length > 0) throw new Problem(exitCodes.data, findings)
  return assemble(draft, questions, where.folder)
}

function asFinding(mistake: Mistake, name: string): Finding {
  return {
    id: mistake.path === '' ? 'answers.no-yaml' : 'answers.wrong',
    severity: 'blocks',
    title: mistake.text,
    subject: `${name}:${mistake.line}:${mistake.column}`,
    evidence: mistake.shown ?? '',
    why: '',
    fix: mistake.fix,
  }
}

/** @param at where the group of the question begins; without one it belongs at the top */
function missingFinding(
  question: Question,
  name: string,
  at: Position = { line: 1, column: 1 },
): Finding {
  return {
    id: 'answers.missing',
    severity: 'blocks',
    title: `${question.id} is missing.`,
    subject: `${name}:${at.line}:${at.column}`,
    evidence: '',
    why: question.text,
    fix: `Put ${question.id} into the answers: ${oneLine(question.help)}`,
  }
}

function versionWrong(value: unknown): [string, string] {
  return typeof value === 'number' && value > 1
    ? [`version ${value} is newer than this secure-endpoint knows.`, 'npx secure-endpoint@latest']
    : ['version: This is no version of an answers file.', 'Write version: 1.']
}

function unknownKey(
  path: string,
  questions: readonly Question[],
  groups: ReadonlySet<string>,
): [string, string] {
  const known = [...questions.map(({ id }) => id), ...groups, 'version']
  const shown = oneLine(path).slice(0, 80)
  const siblings = known.filter(each => parentOf(each) === parentOf(path))
  const close = didYouMean(lastOf(path), siblings.map(lastOf))
  const elsewhere = known.find(each => lastOf(each) === lastOf(path))
  const meant = close ? siblings.find(each => lastOf(each) === close) : elsewhere
  const fix = meant
    ? `Did you mean ${meant}?`
    : 'Leave it out; secure-endpoint schema lists the keys.'
  return [`${shown} is no key here.`, fix]
}

function groupFix(path: string, questions: readonly Question[]): string {
  const first = questions.find(({ id }) => parentOf(id) === path)
  return `Write its keys below it, for example ${first?.id ?? path}.`
}

function whenText({ when }: Question): string {
  const parts = (when ?? []).map(({ id, is }) => `${id}: ${is.join(' or ')}`)
  return `It goes with ${parts.join(' and ')}; leave it out, or change that.`
}

function parents(id: string): string[] {
  const parts = id.split('.')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
}

function parentOf(id: string): string {
  return id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : ''
}

function lastOf(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1)
}
