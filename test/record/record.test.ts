import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRedact } from '../../src/process/redact.ts'
import {
  forgetEndpoint,
  listEndpoints,
  readEndpoint,
  writeEndpoint,
} from '../../src/record/endpoint.ts'
import {
  currentGeneration,
  type GenerationMeta,
  generationFolder,
  listGenerations,
  pruneGenerations,
  readGeneration,
  setCurrentGeneration,
  writeGeneration,
} from '../../src/record/generation.ts'
import { openJournal, readJournal } from '../../src/record/journal.ts'
import { lockPath, type RecordPaths, recordPaths } from '../../src/record/paths.ts'
import { createScratch } from '../support/scratch.ts'

function paths(): RecordPaths {
  return recordPaths(createScratch(onTestFinished).folder, 'svc-a')
}

function meta(number: number, replaces?: number): Omit<GenerationMeta, 'schema'> {
  const made = '2026-11-21T09:00:00.000Z'
  return { number, made, source: 'self-signed', ...(replaces === undefined ? {} : { replaces }) }
}

describe('a generation', () => {
  it('is written with every file for the user alone', async () => {
    const at = paths()
    await writeGeneration(at, meta(1), { 'key.pem': 'key', 'chain.pem': Buffer.from('chain') })
    const folder = generationFolder(at, 1)
    expect(readdirSync(folder).sort()).toEqual(['chain.pem', 'key.pem', 'meta.json'])
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
    }
    for (const each of [folder, at.generations, at.folder]) {
      expect(statSync(each).mode & 0o777, each).toBe(0o700)
    }
    expect(await readGeneration(at, 1)).toEqual({
      schema: 'secure-endpoint/generation@1',
      ...meta(1),
    })
    expect(await readGeneration(at, 2)).toBeUndefined()
  })

  it('is there as a whole or not at all, and half of one is no hindrance', async () => {
    const at = paths()
    // a folder where a file should go lets the second file fail
    const bad = { 'key.pem': 'key', 'no/such/folder.pem': 'x' }
    await expect(writeGeneration(at, meta(1), bad)).rejects.toThrow()
    expect(await listGenerations(at)).toEqual([])
    expect(await readGeneration(at, 1)).toBeUndefined()
    await writeGeneration(at, meta(1), { 'key.pem': 'another' })
    expect(readdirSync(at.generations)).toEqual(['1'])
    expect(readFileSync(join(generationFolder(at, 1), 'key.pem'), 'utf8')).toBe('another')
  })

  it('is never written over', async () => {
    const at = paths()
    await writeGeneration(at, meta(1), { 'key.pem': 'first' })
    await expect(writeGeneration(at, meta(1), { 'key.pem': 'second' })).rejects.toThrow()
    expect(readFileSync(join(generationFolder(at, 1), 'key.pem'), 'utf8')).toBe('first')
  })

  it('is current when that is said, and nothing is before that', async () => {
    const at = paths()
    expect(await currentGeneration(at)).toBeUndefined()
    await writeGeneration(at, meta(7), {})
    await setCurrentGeneration(at, 7)
    expect(await currentGeneration(at)).toBe(7)
  })

  it('goes when it is older than the two that the current one replaced; 0 and newer ones stay', async () => {
    const at = paths()
    const replaced = [undefined, 0, 1, 2, 3, 3, 5] // 4 was made, but its proof failed
    for (const [number, before] of replaced.entries())
      await writeGeneration(at, meta(number, before), {})
    expect(await pruneGenerations(at)).toEqual([]) // nothing is proven yet
    await setCurrentGeneration(at, 5)
    expect(await pruneGenerations(at)).toEqual([1, 4])
    expect(await listGenerations(at)).toEqual([0, 2, 3, 5, 6])
  })

  it('is listed by number, without litter of a run that was killed', async () => {
    const at = paths()
    for (const number of [10, 9, 2]) await writeGeneration(at, meta(number), {})
    mkdirSync(join(at.generations, '.11.new'))
    expect(await listGenerations(at)).toEqual([2, 9, 10])
  })
})

describe('a journal', () => {
  it('that is closed takes nothing, so that no other file is written to', ({ onTestFinished }) => {
    const journal = openJournal(
      join(createScratch(onTestFinished).folder, 'journal'),
      createRedact(),
    )
    journal.close()
    expect(() => journal.append({ time: '', type: 'tool.ended' })).toThrow('journal is closed')
  })

  const line = { time: '2026-11-21T09:00:00.000Z', run: 'a1', type: 'step.done' }

  it('is for the user alone, holds a line for each thing done, and goes on where it was', async () => {
    const at = paths()
    mkdirSync(at.folder, { recursive: true })
    for (const id of ['a', 'b']) {
      const journal = openJournal(at.journal, createRedact())
      journal.append({ ...line, id })
      journal.close()
    }
    expect(statSync(at.journal).mode & 0o777).toBe(0o600)
    const schema = 'secure-endpoint/journal@1'
    expect(await readJournal(at.journal)).toEqual([
      { schema, ...line, id: 'a' },
      { schema, ...line, id: 'b' },
    ])
    expect(await readJournal(`${at.journal}.none`)).toEqual([])
  })

  it('passes over a last line that a crash cut off, and does not join the next one to it', async () => {
    const box = createScratch(onTestFinished)
    const whole = JSON.stringify({ schema: 'secure-endpoint/journal@1', ...line })
    const path = box.file('journal.ndjson', `${whole}\n${whole.slice(0, 30)}`)
    expect(await readJournal(path)).toHaveLength(1)
    const journal = openJournal(path, createRedact())
    journal.append({ ...line, id: 'after' })
    journal.close()
    expect((await readJournal(path)).map(({ id }) => id)).toEqual([undefined, 'after'])
  })

  it('keeps no secret', () => {
    const at = paths()
    mkdirSync(at.folder, { recursive: true })
    const journal = openJournal(at.journal, createRedact(['hunter2-hunter2']))
    const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\n-----END PRIVATE KEY-----'
    journal.append({ ...line, argv: ['x', 'hunter2-hunter2'], output: [pem] })
    journal.close()
    const text = readFileSync(at.journal, 'utf8')
    expect(text).not.toMatch(/hunter2|MIGHAgEA/)
    expect(JSON.parse(text)).toMatchObject({ argv: ['x', '(not shown)'] })
  })

  it('that cannot be written is exit 73', () => {
    const at = paths()
    mkdirSync(at.journal, { recursive: true })
    expect(() => openJournal(at.journal, createRedact())).toThrowError()
    const box = createScratch(onTestFinished)
    box.file('endpoints', 'a file')
    const below = join(box.folder, 'endpoints/svc-a/journal.ndjson')
    expect(() => openJournal(below, createRedact())).toThrowError(
      expect.objectContaining({ exit: 73 }),
    )
  })
})

describe('the records of this machine', () => {
  const record = {
    name: 'svc-a',
    target: 'skyserve',
    https: true,
    live: {},
    addresses: ['127.0.0.1:1'],
    clients: [],
  }

  it('are listed, read back and forgotten', async () => {
    const { folder } = createScratch(onTestFinished)
    expect(await listEndpoints(folder)).toEqual([])
    for (const name of ['svc-b', 'svc-a']) {
      await writeEndpoint(recordPaths(folder, name), { ...record, name })
    }
    expect(await listEndpoints(folder)).toEqual(['svc-a', 'svc-b'])
    expect(await readEndpoint(recordPaths(folder, 'svc-a'))).toMatchObject(record)
    await forgetEndpoint(folder, 'svc-a')
    expect(await listEndpoints(folder)).toEqual(['svc-b'])
    expect(await readEndpoint(recordPaths(folder, 'svc-a'))).toBeUndefined()
  })

  it('have one lock for one target, whatever they are called', () => {
    expect(lockPath('/state', 'skyserve x a')).toBe(lockPath('/state', 'skyserve x a'))
    expect(lockPath('/state', 'skyserve x a')).not.toBe(lockPath('/state', 'skyserve x b'))
    expect(lockPath('/state', '../../etc')).toMatch(/^\/state\/locks\/[0-9a-f]{24}\.json$/)
  })
})
