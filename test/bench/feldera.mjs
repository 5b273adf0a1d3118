// `node test/bench/feldera.mjs [pairs]`, with the lab kubernetes up and its variables in the
// environment: a rotation by us beside the same by a script (feldera-rotate.sh), alternating in one run,
// of a release with one running pipeline. Ends with 1 where the median ratio is over 1.1.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { begun, comparePairs, lastRun, run } from './pairs.mjs'

const pairs = Number(process.argv[2] ?? 5)
const bin =
  process.env.SE_BIN ?? fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
const script = fileURLToPath(new URL('feldera-rotate.sh', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'se-bench-feldera-'))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }
const there = { cwd: folder, env }
const namespace = `feldera-bench-${process.pid}`
const name = `feldera-api-server.${namespace}.svc.cluster.local`
const version = '0.337.0'
const chart = `${process.env.LAB_K8S_CHARTS}/feldera-chart`
const journal = join(folder, `state/secure-endpoint/endpoints/${namespace}/journal.ndjson`)

writeFileSync(
  join(folder, 'a.yaml'),
  `version: 1
endpoint: ${namespace}
domain: ${name}
certificate: {source: self-signed, authority: local}
target:
  kind: feldera
  context: ${run('kubectl', ['config', 'current-context'], there).stdout.trim()}
  namespace: ${namespace}
  release: feldera
  chart: ${chart}
proof: {path: /healthz, expect: [200], wait: 30s}
`,
)

const values = [
  `felderaVersion=${version},felderaAccountId=a,felderaLicenseKey=b`,
  'felderaDatabaseSecretRef=feldera-db-insecure-secret',
  'lab.pipelines=default/p1,lab.apiServiceType=LoadBalancer',
].join(',')

try {
  const at = ['-n', namespace, '--create-namespace', '--version', version, '--wait']
  run('helm', ['install', 'feldera', chart, ...at, '--set', values], there)
  run(process.execPath, [bin, 'init', '--answers', 'a.yaml', '--yes'], there)
  comparePairs(pairs, {
    prepare: newPair,
    script(pair, { chain, key }) {
      const before = writeNow()
      run(script, [`script-${pair}`, chain, key, before, namespace, chart, version], there)
    },
    ours: () => run(process.execPath, [bin, 'rotate', namespace, '--yes'], there),
    head: ['kubectl', 'helm'],
    after() {
      const last = lastRun(journal)
      return [begun(last, 'kubectl'), begun(last, 'helm')]
    },
  })
} finally {
  spawnSync('kubectl', ['delete', 'namespace', namespace, '--wait=false'], { env, stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
}

/** What is served now, as a file for curl to trust. */
function writeNow() {
  const value = ['get', 'values', 'feldera', '-n', namespace, '-o', 'json']
  const { httpsSecretRef } = JSON.parse(run('helm', value, there).stdout)
  const path = '-o=jsonpath={.data.tls\\.crt}'
  const secret = run('kubectl', ['-n', namespace, 'get', 'secret', httpsSecretRef, path], there)
  const file = join(folder, 'now.pem')
  writeFileSync(file, Buffer.from(secret.stdout, 'base64'))
  return file
}

/** A pair for the script, made before its time is taken, as Feldera wants it: no CA, names inside. */
function newPair(number) {
  const [chain, key] = [join(folder, `${number}.pem`), join(folder, `${number}.key`)]
  const names = `DNS:*.${namespace}.svc.cluster.local,DNS:localhost,IP:127.0.0.1`
  const more = [`subjectAltName=${names}`, 'basicConstraints=critical,CA:FALSE']
  const of = ['-subj', '/CN=feldera', '-days', '30', ...more.flatMap(each => ['-addext', each])]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  run('openssl', [...words, '-keyout', key, '-out', chain, ...of], there)
  return { chain, key }
}
