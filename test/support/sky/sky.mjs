#!/usr/bin/env node
// A double of the `sky` command. Its words and exit codes are those of SkyPilot 0.14.1, as they were
// seen on a real one; only the parts that secure-endpoint calls are there.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { change, endpointOf, logCall, read, statusOf } from './state.mjs'

const argv = process.argv.slice(2)
logCall(argv)
const { faults } = read()
const command = argv.slice(0, 2).join(' ')
const fault = faults[command] ?? faults[argv.slice(0, 3).join(' ')]
if (fault) await misbehave(fault)
if (faults.server === 'not started') await startServer()

const words = {
  'api info': apiInfo,
  check,
  'check -o': check,
  'serve up': up,
  'serve down': down,
  'serve status': status,
  'serve update': update,
  'serve logs': logs,
}
const run = words[command] ?? usage
await run()

function say(text) {
  process.stdout.write(`${text}\n`)
}

function fail(text, exit = 1) {
  process.stderr.write(`${text}\n`)
  process.exit(exit)
}

/** Waits for a line, and gives up where none can come. */
async function ask(question) {
  process.stdout.write(question)
  for await (const _line of process.stdin) break
  fail('\nAborted!')
}

function usage() {
  fail('Usage: sky [OPTIONS] COMMAND [ARGS]...\n\nError: No such command.', 2)
}

async function misbehave({ how, exit = 1, text = '', times }) {
  if (times !== undefined) {
    const left = await change(state => {
      const key = Object.keys(state.faults).find(
        each => command.startsWith(each) || each.startsWith(command),
      )
      if (key) state.faults[key].times -= 1
      return key ? state.faults[key].times : -1
    })
    if (left < 0) return
  }
  if (how === 'ask') await ask('Continue? [y/N]: ')
  if (how === 'hang') await sleep(600_000)
  if (how === 'kill') process.kill(process.pid, 'SIGKILL')
  if (how === 'say') {
    process.stdout.write(text)
    process.exit(exit)
  }
  if (how === 'fail') fail(text, exit)
}

/** What any command does first where no API server runs on this machine. */
async function startServer() {
  await change(state => {
    delete state.faults.server
  })
  say(
    'Failed to connect to SkyPilot API server at http://127.0.0.1:46580. Starting a local server.\n\u001b[32m✓ SkyPilot API server started.\u001b[0m',
  )
}

function check() {
  const { clouds = { Slurm: ['compute'] } } = read()
  if (argv.includes('json')) say(JSON.stringify({ default: clouds }, null, 2))
  else say(Object.keys(clouds).length === 0 ? 'No infra to check/enabled.' : 'Enabled infra')
}

function apiInfo() {
  const { url, version = '0.14.1' } = read()
  const commit = '7e595970a806dcc9eefadf459f399edf1733e962'
  say(
    JSON.stringify(
      {
        client: { version, commit },
        server: { url, status: 'healthy', version, commit, api_version: '62' },
        user: 'root',
      },
      null,
      2,
    ),
  )
}

function option(name) {
  const at = argv.indexOf(name)
  return at < 0 ? undefined : argv[at + 1]
}

/** The server does the work: it goes on when this command is killed. */
async function submit(kind, body) {
  const id = `${Date.now()}-${process.pid}`
  const worker = new URL('worker.mjs', import.meta.url).pathname
  const child = spawn(process.execPath, [worker, kind, id, JSON.stringify(body)], {
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  for (;;) {
    await sleep(20)
    const { results = {} } = read()
    if (results[id]) return results[id]
  }
}

async function up() {
  const [, , file] = argv
  const name = option('-n')
  if (!existsSync(file)) {
    // -y does not answer this one
    await ask(
      `'${file}' looks like a yaml path but does not exist. It will be treated as a command to be run remotely. Continue? [y/N]: `,
    )
  }
  const yaml = readFileSync(file, 'utf8')
  const { key, cert } = pairOf(parse(yaml).service)
  const tls = key ? `Keyfile: ${key}, Certfile: ${cert}` : 'No TLS Enabled'
  say(
    `YAML to run: ${file}\nService spec:\nReadiness probe method:           GET /\nReplica autoscaling policy:       Fixed 1 replica\nTLS Certificates:                 ${tls}\nSpot Policy:                      No spot policy\nLoad Balancing Policy:            least_load\n`,
  )
  if (Object.keys(read().clouds ?? { Slurm: [] }).length === 0)
    fail('sky.exceptions.NoCloudAccessError: Cloud access is not set up. Run: sky check')
  const done = await submit('up', { name, yaml, key, cert })
  if (done.error) fail(done.error)
  say(
    `Service name: ${name}\nEndpoint URL: ${done.url}\n📋 Useful Commands\n├── To check service status:\tsky serve status ${name} [--endpoint]\n└── To send a test request:\tcurl ${done.url}\n\n✓ Service is spinning up and replicas will be ready shortly.`,
  )
}

/** As SkyPilot's schema has it: both or an error, and nothing at all for an empty section. */
function pairOf({ tls }) {
  if (tls === undefined || tls === null) return {}
  const missing = ['keyfile', 'certfile'].find(each => !(each in tls))
  if (missing)
    fail(
      `sky.exceptions.InvalidSkyPilotConfigError: Invalid service YAML: '${missing}' is a required property. Check problematic field(s): $.tls`,
    )
  return { key: tls.keyfile, cert: tls.certfile }
}

async function down() {
  const name = argv[2]
  const done = await submit('down', { name })
  if (done.error) fail(done.error)
  say(done.text)
}

async function status() {
  const { services, network = true } = read()
  if (!network) return say('Services\nNo live services.')
  const names = argv.slice(2).filter(each => !each.startsWith('-'))
  const listed = Object.entries(services).filter(
    ([name]) => names.length === 0 || names.includes(name),
  )
  if (argv.includes('--endpoint')) {
    const [only] = listed
    if (!only)
      fail(
        'Usage: sky serve status [OPTIONS] [SERVICE_NAMES]...\n\nError: No service found. Please specify an existing service to show its endpoint. Usage: sky serve status --endpoint <service-name>',
        2,
      )
    return say((await endpointOf(only[1])) ?? '-')
  }
  if (listed.length === 0) return say('Services\nNo existing services.')
  say('\u001b[36m\u001b[1mServices\u001b[0m')
  say('NAME        VERSION  UPTIME  STATUS         REPLICAS  ENDPOINT')
  for (const [name, service] of listed) {
    const now = statusOf(service)
    say(
      `${name}  1        9m 1s   ${now}  ${now === 'READY' ? '1/1' : '0/1'}       ${(await endpointOf(service)) ?? '-'}`,
    )
  }
  say('\nService Replicas\nNo existing replicas.')
}

/** The new version's YAML names the paths as they were given; the load balancer keeps its pair. */
async function update() {
  const [, , name, file] = argv
  const yaml = readFileSync(file, 'utf8')
  const { key: keyfile, cert: certfile } = pairOf(parse(yaml).service)
  await change(({ services }) => {
    services[name].updated = { keyfile, certfile, yaml }
  })
  process.stderr.write(
    'Updating TLS keyfile and certfile is not supported. Any updates to the keyfile and certfile will not take effect. To update TLS keyfile and certfile, please tear down the service and spin up a new one.\n',
  )
  say(`Service '${name}' update scheduled.\n✓ Successfully updated service '${name}' to version 2.`)
}

function logs() {
  const service = read().services[argv[2]]
  say(service?.died ?? 'SkyServe Load Balancer started')
}
