import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Answers } from '../../answers/answers.ts'
import { atPath } from '../../plan/predicate.ts'
import type { ToolCall, ToolResult } from '../../process/tool.ts'
import type { Stage, StageKit } from '../target.ts'
import { skyserveAnswers } from './answers.ts'

interface Staged {
  status: string
  scheme: 'http' | 'https'
  port: number
  /** When a replica answers (ms of the clock). */
  readyAt: number
}

/** How long the stage takes for what takes sky minutes. Milliseconds. */
const readyAfterMs = 150
const goneAfterMs = 60

/**
 * Stands for `sky` and its services in a rehearsal: the words and exit codes are those of SkyPilot
 * 0.14.1. It starts with the answers' service running over HTTP, which is what people come from.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const own = skyserveAnswers(answers)
  const { clock } = kit.world
  const services = new Map<string, Staged>()
  services.set(own.service, {
    status: 'READY',
    scheme: 'http',
    port: await kit.serveHttp({ readyAt: 0 }),
    readyAt: 0,
  })

  const up = async (call: ToolCall): Promise<Partial<ToolResult>> => {
    const [, , , file = '', , name = ''] = call.argv
    const path = isAbsolute(file) ? file : join(call.cwd ?? kit.world.cwd, file)
    const { parse } = await import('../../plan/edit-yaml.ts')
    const yaml = parse(await readFile(path, 'utf8'), file)
    const key = atPath(yaml, 'service.tls.keyfile')
    const chain = atPath(yaml, 'service.tls.certfile')
    if (services.has(name)) {
      const stderr = `ValueError: The service '${name}' is already running. Please specify a different name for your service. To update an existing service, run: sky serve update ${name} <new-service-yaml>\nRuntimeError: Failed to wait for service initialization. Please check the logs above for more details.`
      return { exit: 1, stderr }
    }
    const readyAt = clock.now() + readyAfterMs
    const tls = typeof key === 'string' && typeof chain === 'string'
    const port = tls
      ? await kit.serveTls({ chain, key, readyAt })
      : await kit.serveHttp({ readyAt })
    const scheme = tls ? 'https' : 'http'
    services.set(name, { status: 'REPLICA_INIT', scheme, port, readyAt })
    return { stdout: `Service name: ${name}\nEndpoint URL: ${scheme}://localhost:${port}\n` }
  }

  const down = async (call: ToolCall): Promise<Partial<ToolResult>> => {
    const name = call.argv[3] ?? ''
    const service = services.get(name)
    if (!service) return { stdout: 'No service to terminate.\n' }
    service.status = 'SHUTTING_DOWN'
    await kit.stop(service.port)
    setTimeout(() => services.delete(name), goneAfterMs).unref()
    return { stdout: `Service '${name}' is scheduled to be terminated.\n` }
  }

  const status = ({ argv }: ToolCall): Partial<ToolResult> => {
    const names = argv.slice(3)
    const listed = [...services].filter(([name]) => names.length === 0 || names.includes(name))
    if (listed.length === 0) return { stdout: 'Services\nNo existing services.\n' }
    const rows = listed.map(([name, { status, scheme, port, readyAt }]) => {
      const ready = clock.now() >= readyAt
      const shown = status === 'SHUTTING_DOWN' ? status : ready ? 'READY' : 'REPLICA_INIT'
      return `${name}  1  1m 1s  ${shown}  ${ready ? '1/1' : '0/1'}  ${scheme}://localhost:${port}`
    })
    return {
      stdout: `Services\nNAME  VERSION  UPTIME  STATUS  REPLICAS  ENDPOINT\n${rows.join('\n')}\n`,
    }
  }

  const words: Record<
    string,
    (call: ToolCall) => Partial<ToolResult> | Promise<Partial<ToolResult>>
  > = {
    'sky api info': () => ({ stdout: JSON.stringify(apiInfo(own.server)) }),
    'sky check -o': () => ({ stdout: '{"default": {"Stage": ["compute"]}}' }),
    'sky serve up': up,
    'sky serve down': down,
    'sky serve status': status,
  }
  return {
    async tool(call) {
      const said = (await words[call.argv.slice(0, 3).join(' ')]?.(call)) ?? {
        exit: 2,
        stderr: 'Usage: sky',
      }
      return {
        argv: call.argv,
        outcome: 'ended',
        exit: 0,
        stdout: '',
        stderr: '',
        tookMs: 0,
        ...said,
      }
    },
    // The server answers that it is well and sends all else to `sky`, whose words the stage knows.
    async api({ url }) {
      const healthy = new URL(url).pathname === '/api/health'
      const body = healthy ? JSON.stringify(apiInfo(own.server).server) : ''
      return { status: healthy ? 200 : 401, headers: {}, body, tookMs: 0 }
    },
  }
}

function apiInfo(url: string) {
  const version = '0.14.1'
  return { client: { version }, server: { url, status: 'healthy', version }, user: 'stage' }
}
