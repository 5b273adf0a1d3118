// `node test/bench/aistore.mjs [pairs]`, with the lab aistore up on HTTP and its variables in the
// environment: its switch to HTTPS by us beside the same by a script of the transcript's commands
// (aistore-switch.sh), alternating in one run; the way back is not timed. Ends with 1 where the
// median ratio is over 1.15.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bound = 1.15
const pairs = Number(process.argv[2] ?? 5)
const bin =
  process.env.SE_BIN ?? fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
const script = fileURLToPath(new URL('aistore-switch.sh', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'se-bench-aistore-'))
const { AIS_LAB_PORT: port, AIS_LAB_RESTART: labRestart } = process.env
// says how long the nodes themselves took, which differs by seconds from start to start
const restart = join(folder, 'restart.sh')
writeFileSync(
  restart,
  `#!/bin/sh\nbegan=$(date +%s%N)\n'${labRestart}' || exit\necho $((($(date +%s%N) - began) / 1000000)) >'${folder}/started'\n`,
)
chmodSync(restart, 0o755)
const env = {
  ...process.env,
  XDG_STATE_HOME: join(folder, 'state'),
  AIS_LAB_CLI_CONFIG_DIR: folder,
  AIS_ENDPOINT: `http://127.0.0.1:${port}`,
  AIS_LAB_RESTART: restart,
}
const made = ['chain.pem', 'key.pem', 'ca.pem'].map(name => join(folder, name))

writeFileSync(
  join(folder, 'a.yaml'),
  `version: 1
endpoint: bench
domain: localhost
certificate: {source: self-signed, authority: local}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  certFile: ${join(folder, 'ours/server.crt')}
  place: here
  restart: ${restart}
dns: {how: none}
`,
)

try {
  const both = {
    script: { there: () => run(script, [...made, join(folder, 'script')]), back: backByHand },
    ours: {
      there: () => ours('init', '--answers', 'a.yaml', '--yes'),
      back: () => ours('disable', 'bench', '--yes'),
    },
  }
  const ratios = []
  const s = ms => `${(ms / 1000).toFixed(1)} s`
  console.log('| pair | script | its start | ours | its start | ratio |\n|---|---|---|---|---|---|')
  for (let pair = 1; pair <= pairs; pair += 1) {
    makePair()
    const took = {}
    // who is first takes turns
    for (const who of pair % 2 === 1 ? ['script', 'ours'] : ['ours', 'script']) {
      took[who] = timed(both[who].there)
      both[who].back()
    }
    ratios.push(took.ours.ms / took.script.ms)
    const cells = [took.script, took.ours].flatMap(({ ms, startMs }) => [s(ms), s(startMs)])
    console.log(`| ${pair} | ${cells.join(' | ')} | ${ratios.at(-1).toFixed(2)} |`)
  }
  const median = ratios.sort((a, b) => a - b)[ratios.length >> 1]
  console.log(`\nmedian ratio ${median.toFixed(2)} (≤ ${bound})`)
  if (median > bound) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function run(program, args, more = {}) {
  const ended = spawnSync(program, args, {
    cwd: folder,
    env: { ...env, ...more },
    encoding: 'utf8',
  })
  if (ended.status !== 0)
    throw new Error(`${program} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`)
  return ended
}

function ours(...args) {
  return run(process.execPath, [bin, ...args])
}

function timed(what) {
  const began = performance.now()
  what()
  const ms = performance.now() - began
  return { ms, startMs: Number(readFileSync(join(folder, 'started'), 'utf8')) }
}

/** The transcript's way back to HTTP. */
function backByHand() {
  const https = { AIS_ENDPOINT: `https://127.0.0.1:${port}`, AIS_CLIENT_CA: made[2] }
  run('ais', ['config', 'cluster', 'net.http.use_https=false'], https)
  run('ais', ['cluster', 'shutdown', '-y'], https)
  run(labRestart, [])
  const paths = ['server_crt', 'server_key', 'client_ca_tls'].map(name => `net.http.${name}=`)
  run('ais', ['config', 'cluster', ...paths])
}

/** A pair and its authority for the script, made before its time is taken. */
function makePair() {
  const [leaf, key, ca] = made
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = ['-keyout', join(folder, 'ca.key'), '-out', ca, '-subj', '/CN=bench CA']
  run('openssl', [...words, '-days', '30', ...authority])
  run('openssl', [
    ...[...words, '-days', '30', '-keyout', key, '-out', leaf, '-subj', '/CN=localhost'],
    ...['-CA', ca, '-CAkey', join(folder, 'ca.key')],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  ])
}
