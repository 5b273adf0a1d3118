// `node test/bench/azureml.mjs [pairs] [seconds]`, with the labs kubernetes and azure up and their
// variables in the environment: a rotation by us beside the same by a script of the changing commands, one wait and one
// handshake (azureml-rotate.sh), alternating in one run. Ends with 1 where the median ratio is over 1.1.
// An operation of the lab's Azure takes so many seconds meanwhile: 30 by default, where the real one
// takes minutes ("Pending for the first few minutes"); its quickest is 2.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { begun, comparePairs, lastRun, run } from './pairs.mjs'

const pairs = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 30)
const bin =
  process.env.SE_BIN ?? fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
const script = fileURLToPath(new URL('azureml-rotate.sh', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'se-bench-azureml-'))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }
const there = { cwd: folder, env }
const name = 'ml.lab.test'
const journal = join(folder, 'state/secure-endpoint/endpoints/bench/journal.ndjson')

writeFileSync(
  join(folder, 'a.yaml'),
  `version: 1
endpoint: bench
domain: ${name}
certificate: {source: self-signed}
target:
  kind: azureml
  subscription: ${process.env.LAB_AZURE_SUBSCRIPTION}
  resourceGroup: rg1
  cluster: aks1
  clusterType: aks
  context: ${run('kubectl', ['config', 'current-context'], there).stdout.trim()}
  onConflict: adopt
dns: {how: none}
`,
)

const usual = setOperation(seconds)

try {
  run(process.execPath, [bin, 'init', '--answers', 'a.yaml', '--yes'], there)
  console.log(`an operation of Azure takes ${seconds} s\n`)
  comparePairs(pairs, {
    prepare: newPair,
    script: (pair, { chain, key }) =>
      run(script, [`bench-script-${pair}`, chain, key, name, 'aks1', 'rg1'], there),
    ours: () => run(process.execPath, [bin, 'rotate', 'bench', '--yes'], there),
    head: ['az after the plan', 'kubectl', 'clients'],
    after() {
      const last = lastRun(journal)
      const isLoss = ({ type, id }) => type === 'step.done' && id === 'serve.loss'
      return [begun(last, 'az'), begun(last, 'kubectl'), last.find(isLoss)?.seen ?? '']
    },
  })
} finally {
  setOperation(usual)
  const own = ['delete', 'secret', '--ignore-not-found']
  const names = Array.from({ length: pairs }, (_, index) => `bench-script-${index + 1}`)
  spawnSync('kubectl', ['-n', 'azureml', ...own, ...names], { env, stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
}

/** How long an operation of the lab's Azure takes from now on; gives what it was before. */
function setOperation(toSeconds) {
  const path = process.env.LAB_AZURE_CONFIG
  const config = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...config, async_seconds: toSeconds }))
  return config.async_seconds ?? 2
}

/** A pair for the script, made before its time is taken. */
function newPair(number) {
  const [chain, key] = [join(folder, `${number}.pem`), join(folder, `${number}.key`)]
  const of = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '30']
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', chain]
  run('openssl', [...words, ...of], there)
  return { chain, key }
}
