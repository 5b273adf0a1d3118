import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Problem } from '../../src/errors.ts'
import { readJsonFile } from '../../src/record/json-file.ts'
import { makeFolder, provesWritable, writeFileAtomic } from '../../src/record/write.ts'
import { createScratch } from '../support/scratch.ts'

const isRoot = process.getuid?.() === 0

describe('an atomic write', () => {
  it('has its mode from the first byte, whatever the umask', async () => {
    const { folder } = createScratch(onTestFinished)
    const seen: number[] = []
    const watcher = watch(folder, (_event, name) => {
      const found = statSync(join(folder, String(name)), { throwIfNoEntry: false })
      if (found?.isFile()) seen.push(found.mode & 0o777)
    })
    const before = process.umask(0)
    try {
      for (let time = 0; time < 20; time += 1) {
        await writeFileAtomic(join(folder, 'key.pem'), 'k'.repeat(200_000))
      }
    } finally {
      process.umask(before)
      watcher.close()
    }
    expect(seen.length).toBeGreaterThan(0)
    expect([...new Set(seen)]).toEqual([0o600])
    await writeFileAtomic(join(folder, 'chain.pem'), 'c', 0o644)
    expect(statSync(join(folder, 'chain.pem')).mode & 0o777).toBe(0o644)
  })

  it('narrows the mode of a file that others could read', async () => {
    const box = createScratch(onTestFinished)
    const path = box.file('key.pem', 'old', 0o666)
    await writeFileAtomic(path, 'new')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('shows a reader the old content or the new, never a part', async () => {
    const box = createScratch(onTestFinished)
    const contents = ['a', 'b'].map(letter => letter.repeat(300_000))
    const path = box.file('current', contents[0] ?? '')
    let writing = true
    const read = async () => {
      while (writing) {
        const content = readFileSync(path, 'utf8')
        if (!contents.includes(content)) return content.length
        await new Promise(setImmediate)
      }
      return 'whole'
    }
    const reader = read()
    for (let time = 0; time < 30; time += 1) await writeFileAtomic(path, contents[time % 2] ?? '')
    writing = false
    expect(await reader).toBe('whole')
  })

  it('leaves the old content and no litter where it fails', async () => {
    const box = createScratch(onTestFinished)
    mkdirSync(join(box.folder, 'taken'))
    box.file('taken/x', '')
    await expect(writeFileAtomic(join(box.folder, 'taken'), 'new')).rejects.toThrow()
    expect(readdirSync(box.folder).sort()).toEqual(['bin', 'taken'])
  })

  it('does not write through a link that lies in its place', async () => {
    const box = createScratch(onTestFinished)
    const victim = box.file('victim', 'precious', 0o644)
    symlinkSync(victim, join(box.folder, 'key.pem'))
    await writeFileAtomic(join(box.folder, 'key.pem'), 'secret')
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    expect(readFileSync(join(box.folder, 'key.pem'), 'utf8')).toBe('secret')
  })

  it('says what is in the way: a file where a folder should be is exit 73', async () => {
    const box = createScratch(onTestFinished)
    box.file('state', 'no folder')
    for (const write of [makeFolder, provesWritable]) {
      const failed = await problemOf(write(join(box.folder, 'state', 'endpoints')))
      expect(failed).toMatchObject({ exit: 73 })
      expect(failed.findings[0]?.title).toContain('A part of the path is a file')
    }
  })

  it('says that a folder is not ours', async () => {
    const box = createScratch(onTestFinished)
    const folder = join(box.folder, 'theirs')
    mkdirSync(folder)
    chmodSync(folder, isRoot ? 0o700 : 0o500)
    chmodSync(box.folder, 0o755)
    const failed = await asNobody(() => problemOf(provesWritable(folder)))
    expect(failed).toMatchObject({ exit: 73 })
    expect(failed.findings[0]).toMatchObject({ evidence: 'EACCES' })
    expect(failed.findings[0]?.title).toContain('The user may not write there.')
  })

  it.for([
    ['full', 'size=64k', 'ENOSPC'],
    ['read-only', 'ro', 'EROFS'],
  ])('says that a disk is %s', async ([_name, options = '', code], context) => {
    const box = createScratch(onTestFinished)
    const folder = box.mount(options)
    if (folder === undefined) return context.skip()
    const failed = await problemOf(provesWritable(folder))
    expect(failed).toMatchObject({ exit: 73 })
    expect(failed.findings[0]?.evidence).toBe(code)
    expect(readdirSync(folder)).toEqual([])
  })

  it('leaves nothing behind that proved the folder', async () => {
    const { folder } = createScratch(onTestFinished)
    await provesWritable(join(folder, 'state'))
    expect(readdirSync(join(folder, 'state'))).toEqual([])
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700)
  })
})

describe('one of our JSON files', () => {
  const schema = 'secure-endpoint/record@1'
  const read = (path: string) => readJsonFile<{ schema: string; name: string }>(path, schema)

  it('is read, and not being there is no problem', async () => {
    const box = createScratch(onTestFinished)
    const path = box.file('a.json', JSON.stringify({ schema, name: 'x' }))
    expect(await read(path)).toEqual({ schema, name: 'x' })
    expect(await read(join(box.folder, 'none.json'))).toBeUndefined()
  })

  it('is refused by name when a newer version wrote it', async () => {
    const box = createScratch(onTestFinished)
    const path = box.file('a.json', JSON.stringify({ schema: 'secure-endpoint/record@2' }))
    const failed = await problemOf(read(path))
    expect(failed).toMatchObject({ exit: 65 })
    expect(failed.findings[0]).toMatchObject({
      id: 'record.newer',
      evidence: 'secure-endpoint/record@2 instead of secure-endpoint/record@1',
    })
  })

  it.each([
    ['cut off', '{"schema":"secure-endpoint/rec'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another kind', '{"schema":"secure-endpoint/plan@1"}'],
    ['without a schema', '{}'],
  ])('is damaged when it is %s, and no stack trace', async (_name, text) => {
    const box = createScratch(onTestFinished)
    const failed = await problemOf(read(box.file('a.json', text)))
    expect(failed.findings[0]).toMatchObject({ id: 'record.damaged' })
  })
})

/** Does something without root's rights, where the test has them. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return work()
  process.seteuid?.(65534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => undefined,
    thrown => thrown,
  )
  if (!(error instanceof Problem)) throw error ?? new Error('it went well')
  return error
}
