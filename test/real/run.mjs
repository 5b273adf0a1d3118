// Brings each lab up, tests on it and takes it down: `npm run test:real [--part] [lab…]`.
// Ends with a table lab x verb, and with the totals as a plain line.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const labs = process.env.SECURE_ENDPOINT_LAB_FOLDER ?? join(root, '../shared/labs')

/** An Azure case; one cluster of Azure's at a time: both own the namespace azureml. */
const azureml = each => ({
  name: `azureml-${each}`,
  labs: ['kubernetes', 'azure'],
  file: ['azureml.test.ts', 'azureml-hard.test.ts'],
  env: { SE_AZURE_CASE: each, LAB_AZURE_FOLDER: join(labs, 'azure') },
  lab: ({ KUBECONFIG }) => ({
    LAB_KUBECONFIG: each.startsWith('aks') ? KUBECONFIG : '',
    LAB_KUBECONFIG_ARC: each.startsWith('arc') ? KUBECONFIG : '',
  }),
})

/** Which labs a suite needs, and the test file or files. A part goes as far down as its time lets it. */
const suites = [
  { name: 'acme-dns', labs: ['acme-dns'], file: 'acme-dns.test.ts' },
  { name: 'skyserve-lb', labs: ['skyserve', 'acme-dns'], file: 'skyserve-lb.test.ts' },
  { name: 'feldera', labs: ['kubernetes'], file: 'feldera.test.ts' },
  { name: 'aistore', labs: ['aistore'], file: 'aistore.test.ts' },
  azureml('aks-secret'),
  { name: 'aistore-new', labs: ['aistore'], file: 'aistore-new.test.ts' },
  { name: 'aistore-listeners', labs: ['aistore'], file: 'aistore-listeners.test.ts' },
  { name: 'aistore-mtls', labs: ['aistore'], file: 'aistore-mtls.test.ts' },
  { name: 'aistore-operator', labs: ['kubernetes'], file: 'aistore-operator.test.ts' },
  { name: 'feldera-broken', labs: ['kubernetes'], file: 'feldera-broken.test.ts' },
  {
    name: 'feldera-outage',
    labs: ['kubernetes'],
    file: 'feldera-outage.test.ts',
    env: { LAB_K8S_FOLDER: join(labs, 'kubernetes') },
  },
  { name: 'aistore-broken', labs: ['aistore'], file: 'aistore-broken.test.ts' },
  { name: 'aistore-proxies', labs: ['aistore'], file: 'aistore-proxies.test.ts' },
  { name: 'aistore-ssh', labs: ['aistore'], file: 'aistore-ssh.test.ts' },
  { name: 'aistore-authn', labs: ['aistore'], file: 'aistore-authn.test.ts' },
  { name: 'skyserve', labs: ['skyserve', 'acme-dns'], file: 'skyserve.test.ts' },
  ...['aks-pem', 'arc-secret', 'arc-pem'].map(azureml),
  {
    name: 'azureml-ways',
    labs: ['kubernetes', 'azure'],
    file: 'azureml-ways.test.ts',
    env: { LAB_AZURE_FOLDER: join(labs, 'azure') },
    lab: ({ KUBECONFIG }) => ({ LAB_KUBECONFIG: KUBECONFIG, LAB_KUBECONFIG_ARC: '' }),
  },
]

const argv = process.argv.slice(2)
const part = argv.includes('--part')
const wanted = argv.filter(each => !each.startsWith('-'))
const chosen = suites.filter(
  ({ name, labs: [lab] }) => wanted.length === 0 || wanted.includes(name) || wanted.includes(lab),
)
const isRoot = process.getuid?.() === 0
const began = Date.now()

/** Milliseconds that a part has, the labs' end included. */
const wholeMs = Number(process.env.SE_REAL_SECONDS ?? 45 * 60) * 1000
/** After so much of it what still runs is cut off: building a lab may have taken its time. */
const partEndMs = wholeMs - 4 * 60_000
/** After so much of it no further suite is begun: the longest takes a quarter of an hour. */
const partMs = partEndMs - 16 * 60_000
const rows = []

// The tests run a copy: what is built meanwhile must not change under them.
const copy = mkdtempSync(join(tmpdir(), 'se-real-'))
for (const name of ['bin', 'dist', 'templates', 'package.json'])
  cpSync(join(root, name), join(copy, name), { recursive: true })

const up = new Map()
try {
  for (const suite of chosen) rows.push(...runSuite(suite))
} finally {
  for (const lab of [...up.keys()].reverse()) {
    process.stderr.write(`${lab}: down\n`)
    const stdio = ['ignore', 'ignore', 'inherit']
    spawnSync(join(labs, lab, 'down'), { stdio, timeout: 2 * 60_000 })
  }
  rmSync(copy, { recursive: true, force: true })
}
printTable()

/** Milliseconds until a part ends, at least one second. */
function leftMs() {
  return Math.max(began + partEndMs - Date.now(), 1000)
}

function runSuite(suite) {
  if (part && Date.now() - began > partMs) {
    const why = 'no time is left for it in a part'
    return [{ suite: suite.name, verb: 'all', state: 'skipped', why, expected: true }]
  }
  const env = {
    ...process.env,
    SE_BIN: join(copy, 'bin/secure-endpoint.cjs'),
    ...(part ? { SE_REAL_PART: '1' } : {}),
    ...suite.env,
  }
  for (const lab of suite.labs) {
    const brought = bringUp(lab, suite.lab?.(env) ?? {})
    if ('why' in brought) {
      process.stderr.write(`${suite.name}: skipped: ${brought.why}\n`)
      return [
        {
          suite: suite.name,
          verb: 'all',
          state: 'skipped',
          why: brought.why,
          expected: part || !isRoot || !existsSync(labs),
        },
      ]
    }
    Object.assign(env, sourced(brought.file, env))
  }
  process.stderr.write(`${suite.name}: tests\n`)
  const report = join(copy, `${suite.name}.json`)
  const seconds = part ? Math.ceil(leftMs() / 1000) : 0
  const args = [
    // the whole group, and 0 is no limit
    '--kill-after=20',
    String(seconds),
    'npx',
    'vitest',
    'run',
    '--config',
    'vitest.real.config.ts',
    ...[suite.file].flat().map(file => `test/real/${file}`),
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const at = Date.now()
  const { status } = spawnSync('timeout', args, { cwd: root, env, stdio: ['ignore', 2, 'inherit'] })
  process.stderr.write(`${suite.name}: ${Math.round((Date.now() - at) / 1000)} s\n`)
  if (!existsSync(report)) {
    const isCut = part && [124, 137].includes(status)
    const why = isCut ? 'was cut off: the time of a part was up' : 'the tests did not run'
    return [
      { suite: suite.name, verb: 'all', state: isCut ? 'skipped' : 'failed', why, expected: true },
    ]
  }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  return testResults.flatMap(({ assertionResults, message, status }) =>
    assertionResults.length === 0 && status === 'failed'
      ? [{ suite: suite.name, verb: 'all', state: 'failed', why: message }]
      : assertionResults.map(({ title, status: state }) => ({
          suite: suite.name,
          verb: /^([^:]+):/.exec(title)?.[1] ?? title,
          state: { passed: 'passed', failed: 'failed' }[state] ?? 'skipped',
          why: title,
          // a part leaves some cases to the whole run
          expected: part,
        })),
  )
}

/** The variables of a lab, or why it cannot come up. A lab that is up stays up until the end. */
function bringUp(lab, settings) {
  const known = up.get(lab)
  if (known?.settings === JSON.stringify(settings)) return known
  const program = join(labs, lab, 'up')
  if (!existsSync(program)) return { why: `there is no lab ${lab} in ${labs}` }
  process.stderr.write(`${lab}: up\n`)
  const { status, stdout } = spawnSync(program, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: part ? Math.min(12 * 60_000, leftMs()) : 25 * 60_000,
    env: { ...process.env, ...settings },
  })
  const file = stdout?.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !existsSync(file)) return { why: `${lab} did not come up (exit ${status})` }
  const brought = { file, settings: JSON.stringify(settings) }
  up.set(lab, brought)
  return brought
}

/** An environment with what a lab's file exports on top: two labs may both add to PATH. */
function sourced(file, env) {
  const { stdout } = spawnSync('bash', ['-c', '. "$1" && env -0', 'env', file], {
    encoding: 'utf8',
    env,
  })
  const lines = stdout.split('\0').filter(Boolean)
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

function printTable() {
  const verbs = [...new Set(rows.map(({ verb }) => verb))]
  const width = Math.max(...verbs.map(verb => verb.length), 4)
  const names = [...new Set(rows.map(({ suite }) => suite))]
  console.log(`\n${'verb'.padEnd(width)}  ${names.join('  ')}`)
  for (const verb of verbs) {
    const cells = names.map(name => {
      const here = rows.filter(row => row.suite === name && row.verb === verb)
      const count = state => here.filter(row => row.state === state).length
      const text =
        here.length === 0
          ? '-'
          : count('failed') > 0
            ? `${count('failed')} failed`
            : count('skipped') > 0
              ? 'skipped'
              : `${count('passed')} ok`
      return text.padEnd(name.length)
    })
    console.log(`${verb.padEnd(width)}  ${cells.join('  ')}`)
  }
  const total = state => rows.filter(row => row.state === state).length
  const unexpected = rows.filter(row => row.state === 'skipped' && !row.expected)
  for (const { suite, why } of rows.filter(row => row.state === 'skipped'))
    console.log(`skipped: ${suite}: ${why}`)
  console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`)
  const { SE_REAL_REPORT: report } = process.env
  if (report)
    writeFileSync(
      report,
      JSON.stringify({
        passed: total('passed'),
        failed: total('failed'),
        skipped: total('skipped'),
      }),
    )
  process.exitCode = total('failed') > 0 || unexpected.length > 0 ? 1 : 0
}
