import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Answers } from '../../src/answers/answers.ts'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import * as aistore from '../../src/targets/aistore/clients.ts'
import * as azureml from '../../src/targets/azureml/clients.ts'
import * as feldera from '../../src/targets/feldera/clients.ts'
import { targets } from '../../src/targets/index.ts'
import * as skyserve from '../../src/targets/skyserve/clients.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const state = { https: true, privateRoot: true }
const setups: Record<string, (answers: Answers) => unknown> = {
  aistore: answers => aistore.clientSetup(answers, 'https://a/', state),
  'aistore-operator': answers => aistore.clientSetup(answers, 'https://a/', state),
  azureml: answers => azureml.clientSetup(answers, 'https://a/', state),
  feldera: answers => feldera.clientSetup(answers, state),
  skyserve: answers => skyserve.clientSetup(answers, 'https://a/', state),
}

/** Every path of the record that a value names. */
function kept(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if ('kept' in value && typeof value.kept === 'string') return [value.kept]
  return Object.values(value).flatMap(kept)
}

describe('what clients are told to trust', () => {
  it.each(
    readdirSync(`${root}/examples`).filter(name => name.endsWith('.yaml') && !/service/.test(name)),
  )('%s: a file that outlives the generations', name => {
    const text = readFileSync(`${root}/examples/${name}`, 'utf8')
    const { answers } = loadAnswers(text, questionsFor(targets), { name, folder: root })
    const files = kept(setups[answers.target.kind]?.(answers))
    expect(files.length).toBeGreaterThan(1)
    expect(new Set(files)).toEqual(new Set(['../../trust/roots.pem']))
  })
})
