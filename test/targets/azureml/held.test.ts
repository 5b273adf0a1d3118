import { describe, expect, it } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { secretName } from '../../../src/kubernetes/secret.ts'
import { judgeHeld } from '../../../src/proof/held.ts'
import { azureml } from '../../../src/targets/azureml/index.ts'
import type { Target } from '../../../src/targets/target.ts'
import { type Said, toolDouble } from '../../support/azure.ts'
import { usualAnswers } from '../../support/azureml-flow.ts'
import { make } from '../../support/certificates.ts'
import { fakeWorld } from '../../support/play.ts'

const ours = make({ names: ['ml.lab.test'] })
const other = make({ names: ['ml.lab.test'] })
const leaf = ours.certificate.fingerprint
const encoded = (pem: string) => Buffer.from(pem).toString('base64')

/** What is held where the endpoint is of a mode and kubectl says this. */
async function held(mode: string, said: Said) {
  const { run, words } = toolDouble(() => said)
  const questions = questionsFor([azureml as Target])
  const text = usualAnswers(`  mode: ${mode}`)
  const answered = loadAnswers(text, questions, { name: 'a.yaml', folder: '/' })
  const calling = { run, signal: new AbortController().signal, world: fakeWorld({ run }), leaf }
  const found = await azureml.held?.(answered, calling)
  return { found, status: found && judgeHeld(found, [ours.pem]), words: words() }
}

describe('what azureml-fe reads when it starts again', () => {
  it.each([
    ['secret', 'cert\\.pem'],
    ['ingress', 'tls\\.crt'],
  ])('is the certificate in its Secret, in %s mode, and not the key', async (mode, key) => {
    const name = secretName('ml', leaf)
    const same = await held(mode, { stdout: encoded(ours.pem) })
    expect(same.status).toEqual({
      state: 'as-recorded',
      seen: `Secret ${name} in namespace azureml`,
    })
    expect(same.words).toEqual([
      `kubectl --context aks1 --namespace azureml get secret ${name} --ignore-not-found -o=jsonpath={.data.${key}}`,
    ])
    const changed = await held(mode, { stdout: encoded(other.pem) })
    expect(changed.status?.state).toBe('changed')
    expect(changed.status?.seen).toContain(
      `it holds ${other.certificate.fingerprint.slice(0, 11)}, recorded is ${leaf.slice(0, 11)}`,
    )
  })

  it('is not looked at where the cluster does not answer, and that is no failure', async () => {
    const stderr =
      'The connection to the server aks1:443 was refused - did you specify the right host?'
    const { status } = await held('secret', { exit: 1, stderr })
    expect(status).toMatchObject({
      state: 'unseen',
      seen: expect.stringContaining('does not answer'),
    })
  })

  it('cannot be read back from Azure in PEM mode, and is not asked for', async () => {
    expect(await held('pem', { stdout: '' })).toMatchObject({ found: undefined, words: [] })
  })
})
