import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readGeneration } from '../../../src/record/generation.ts'
import { recordPaths } from '../../../src/record/paths.ts'
import { azuremlOps } from '../../../src/targets/azureml/ops.ts'
import { make } from '../../support/certificates.ts'
import { ctxOf, fakeKubectl, printed } from '../../support/kubectl.ts'
import { createScratch } from '../../support/scratch.ts'

const inSecret = make({ names: ['ml.lab.test'] })
const named = make({ names: ['ml.lab.test'] })
const encoded = (pem: string) => Buffer.from(pem).toString('base64')

it.each([
  [
    'its Secret, where that can be read',
    { 'cert.pem': inSecret.pem, 'key.pem': inSecret.keyPem },
    inSecret,
  ],
  [
    'the files that the answers name, where the Secret has no key',
    { 'cert.pem': inSecret.pem },
    named,
  ],
  ['the files that the answers name, where the Secret is gone', undefined, named],
])('keeps the pair in place from %s', async (_where, data, wanted) => {
  const box = createScratch(onTestFinished)
  const stored = data && {
    kind: 'Secret',
    data: Object.fromEntries(Object.entries(data).map(([key, pem]) => [key, encoded(pem)])),
  }
  const kubectl = fakeKubectl([[/ get secret /, () => ({ stdout: stored ? printed(stored) : '' })]])
  const paths = recordPaths(box.folder, 'ml')
  const ctx = ctxOf(kubectl.run, { record: { paths, generation: 1, run: 'r1' } })
  const answer = await azuremlOps['azureml.keep-found']?.run(
    {
      cluster: { context: 'aks1' },
      mode: 'secret',
      secret: 'theirs',
      settings: {},
      chain: box.file('chain.pem', named.pem),
      key: box.file('key.pem', named.keyPem),
    },
    ctx,
  )
  expect(answer).toMatchObject({ kept: true, seen: 'its settings and pair' })
  expect(readFileSync(join(paths.generations, '0/key.pem'), 'utf8')).toBe(wanted.keyPem)
  expect((await readGeneration(paths, 0))?.leaf?.fingerprint).toBe(wanted.certificate.fingerprint)
})
