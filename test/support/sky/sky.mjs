#!/usr/bin/env node
// A double of the `sky` command. Its words and exit codes are those of SkyPilot 0.14.1, as they were
// seen on a real one; only the parts that secure-endpoint calls are there.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

import { setTimeout as sleep } from 'node:timers/promises'
import { change, logCall, read, statusOf } from './state.mjs'

const argv = process.argv.slice(2)
logCall(argv)
const { faults } = read()
const command = argv.slice(0, 2).join(' ')
const fault = faults[command] ?? faults[argv.slice(0, 3).join(' ')]
if (fault) await misbehave(fault)

const words = {
  'api info': apiInfo,
  'check -o': () => say('{\n  "default": {\n    "Slurm": [\n      "compute"\n    ]\n  }\n}'),
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
  if (how === 'hang') await sleep(600_000)
  if (how === 'kill') process.kill(process.pid, 'SIGKILL')
  if (how === 'say') {
    process.stdout.write(text)
    process.exit(exit)
  }
  if (how === 'fail') fail(text, exit)
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
  await change(state => {
    state.requests.push({ id, kind, name: body.name })
  })
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
  if (!existsSync(file))
    fail(
      `'${file}' looks like a yaml path but does not exist. It will be treated as a command to be run remotely. Continue? [y/N]: \nAborted!`,
    )
  const yaml = readFileSync(file, 'utf8')
  const key = scalar(/^\s*keyfile:\s*(.+)$/m, yaml)
  const cert = scalar(/^\s*certfile:\s*(.+)$/m, yaml)
  const tls = key && cert ? `Keyfile: ${key}, Certfile: ${cert}` : 'No TLS Enabled'
  say(
    `YAML to run: ${file}\nService spec:\nReadiness probe method:           GET /\nReplica autoscaling policy:       Fixed 1 replica\nTLS Certificates:                 ${tls}\nSpot Policy:                      No spot policy\nLoad Balancing Policy:            least_load\n`,
  )
  const done = await submit('up', { name, yaml, key, cert, folder: process.cwd() })
  if (done.error) fail(done.error)
  say(
    `Service name: ${name}\nEndpoint URL: ${done.url}\n📋 Useful Commands\n├── To check service status:\tsky serve status ${name} [--endpoint]\n└── To send a test request:\tcurl ${done.url}\n\n✓ Service is spinning up and replicas will be ready shortly.`,
  )
}

function scalar(pattern, text) {
  const value = pattern.exec(text)?.[1]?.trim()
  if (!value) return undefined
  return value.startsWith('"') ? JSON.parse(value) : value
}

async function down() {
  const name = argv[2]
  const done = await submit('down', { name })
  if (done.error) fail(done.error)
  say(done.text)
}

function status() {
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
    return say(only[1].url ?? '-')
  }
  if (listed.length === 0) return say('Services\nNo existing services.')
  say('\u001b[36m\u001b[1mServices\u001b[0m')
  say('NAME        VERSION  UPTIME  STATUS         REPLICAS  ENDPOINT')
  for (const [name, service] of listed) {
    const now = statusOf(service)
    say(
      `${name}  1        9m 1s   ${now}  ${now === 'READY' ? '1/1' : '0/1'}       ${service.url ?? '-'}`,
    )
  }
  say('\nService Replicas\nNo existing replicas.')
}

function update() {
  const name = argv[2]
  process.stderr.write(
    'Updating TLS keyfile and certfile is not supported. Any updates to the keyfile and certfile will not take effect. To update TLS keyfile and certfile, please tear down the service and spin up a new one.\n',
  )
  say(`Service '${name}' update scheduled.\n✓ Successfully updated service '${name}' to version 2.`)
}

function logs() {
  const service = read().services[argv[2]]
  say(service?.died ?? 'SkyServe Load Balancer started')
}
