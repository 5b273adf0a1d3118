import { parentPort, workerData } from 'node:worker_threads'
import fc from 'fast-check'
import { readCrls } from '../../src/certificates/crls.ts'
import { judge } from '../../src/certificates/gate.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { Problem } from '../../src/errors.ts'
import { now, profile } from '../support/certificates.ts'
import { type FuzzCase, fuzzCase } from './cases.ts'

interface Task {
  first: number
  count: number
  seed: number
  /** Which case is being run: the parent looks at it from outside. */
  shared: SharedArrayBuffer
}

const { first, count, seed, shared } = workerData as Task
const current = new Int32Array(shared)
const batch = 250
let parsed = 0

for (let from = first; from < first + count; from += batch) {
  const numRuns = Math.min(batch, first + count - from)
  const cases = fc.sample(fuzzCase, { seed: seed + from, numRuns })
  for (const [index, each] of cases.entries()) {
    Atomics.store(current, 0, from + index + 1)
    try {
      if (judged(each)) parsed += 1
    } catch (error) {
      parentPort?.postMessage({ thrown: String((error as Error).stack), case: shown(each) })
    }
  }
  Atomics.store(current, 0, 0)
}
parentPort?.postMessage({ parsed })

/** Whether anything in it could be read. */
function judged({ files, passphrase }: FuzzCase): boolean {
  try {
    const read = readUpload(files, passphrase)
    const { crls } = readCrls(files)
    const strict = profile({ strict: true })
    judge({ ...read, profile: profile(), now, systemRoots: [], crls, keyOptional: true })
    judge({ ...read, profile: strict, now, systemRoots: [], onlyRoots: true, roots: [] })
    return read.certificates.length + read.keys.length + crls.length > 0
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}

function shown({ files }: FuzzCase): string[] {
  return files.map(({ bytes }) => bytes.toString('base64'))
}
