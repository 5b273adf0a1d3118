import { describe, expect, it, onTestFinished } from 'vitest'
import type { Answered } from '../../src/answers/answers.ts'
import { missingSecret, type Secrets } from '../../src/answers/secret.ts'
import { asking, secretFor } from '../../src/commands/secret-for.ts'
import { Problem } from '../../src/errors.ts'
import { mustHaveSecrets } from '../../src/road/given-secrets.ts'
import { apiProblem } from '../../src/targets/feldera/list.ts'
import { createScratch } from '../support/scratch.ts'

const answered = { answers: { target: { kind: 'feldera' } } } as unknown as Answered

/** A front where somebody types this; what was asked is kept. */
function typing(typed: string | undefined) {
  const asked: unknown[] = []
  return {
    asked,
    async secret(question: string, noun: string, wrong: string | undefined) {
      asked.push({ question, noun, wrong })
      return typed
    },
    async passphrase(file: string, wrong: string | undefined) {
      asked.push({ file, wrong })
      return typed
    },
  }
}

const refused = apiProblem({ status: 401, json: null, seen: 'status 401 no valid API key' })

describe('a secret that a target misses', () => {
  it('is asked for, hidden, and kept in this process alone', async () => {
    const secrets: Secrets = {}
    const front = typing('a-key')
    expect(await secretFor(front, refused, answered, secrets)).toBe(true)
    expect(secrets).toEqual({ 'target.apiKey': 'a-key' })
    expect(front.asked).toEqual([
      { question: 'Which API key of Feldera?', noun: 'API key', wrong: undefined },
    ])
  })

  it('is asked for again where it is refused, with what the server says', async () => {
    const front = typing('another')
    await secretFor(front, refused, answered, { 'target.apiKey': 'a-key' })
    expect(front.asked).toMatchObject([{ wrong: 'It is refused: status 401 no valid API key' }])
  })

  it('is the one that the problem names', async () => {
    const secrets: Secrets = {}
    const missing = missingSecret('target.licence', 'The licence key')
    expect(await secretFor(typing('a-licence'), missing, answered, secrets)).toBe(true)
    expect(secrets).toEqual({ 'target.licence': 'a-licence' })
    const other = missingSecret('target.other', 'Something else')
    expect(await secretFor(typing('x'), other, answered, secrets)).toBe(false)
  })

  it('is not asked for where something else is wrong, and nothing typed is nothing given', async () => {
    const secrets: Secrets = {}
    const wrong = new Problem(69, [{ ...refused.findings[0], id: 'feldera.api' } as never])
    const front = typing('x')
    expect(await secretFor(front, wrong, answered, secrets)).toBe(false)
    expect(front.asked).toEqual([])
    expect(await secretFor(typing(undefined), refused, answered, secrets)).toBe(false)
    expect(secrets).toEqual({})
  })

  it('is the passphrase of the key, where a run that is taken up has not opened it yet', async () => {
    const { folder } = createScratch(onTestFinished)
    const secrets: Secrets = {}
    const upload = { endpoint: 'a', certificate: { source: 'uploaded', key: './key.pem' } }
    const begun = {
      answered: { answers: { ...answered.answers, ...upload } } as unknown as Answered,
      secrets: ['passphrase'],
      generation: 1,
    }
    const check = () => mustHaveSecrets(begun, { questions: [] }, secrets, { stateFolder: folder })
    const front = typing('open-it')
    await asking(front, begun.answered, secrets, check)
    expect(front.asked).toEqual([{ file: './key.pem', wrong: undefined }])
    expect(secrets).toEqual({ passphrase: 'open-it' })
  })

  it('lets a rotation go on with what is typed, and ends it where nothing is', async () => {
    const secrets: Secrets = {}
    const work = async () => {
      if (secrets['target.apiKey'] !== 'a-key') throw refused
      return 'done'
    }
    expect(await asking(typing('a-key'), answered, secrets, work)).toBe('done')
    delete secrets['target.apiKey']
    await expect(asking(typing(undefined), answered, secrets, work)).rejects.toBe(refused)
  })
})
