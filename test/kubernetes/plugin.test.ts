import { join } from 'node:path'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { heldInSecret } from '../../src/kubernetes/held.ts'
import { kubectl } from '../../src/kubernetes/kubectl.ts'
import { readNamespace } from '../../src/kubernetes/namespace.ts'
import { watchNamespace } from '../../src/kubernetes/watch.ts'
import { createRunTool } from '../../src/process/run-tool.ts'
import type { RunTool } from '../../src/process/tool.ts'
import { feldera } from '../../src/targets/feldera/index.ts'
import type { Target } from '../../src/targets/target.ts'
import { realWorld } from '../../src/world.ts'
import { make } from '../support/certificates.ts'
import { text } from '../support/feldera-flow.ts'
import { serveKubeApi } from '../support/kube-api.ts'
import { createScratch, isThere, until } from '../support/scratch.ts'

const pair = make({ names: ['localhost'] })
const objects = {
  secrets: [{ metadata: { name: 'pair' }, data: { 'tls.crt': btoa(pair.pem) } }],
  deployments: [{ metadata: { name: 'feldera-api-server' }, spec: {}, status: {} }],
  statefulsets: [],
  pods: [{ metadata: { name: 'feldera-api-server-1' }, spec: {}, status: {} }],
  services: [],
}

/** What programs that give a login have been seen to print beside it: words, and logs in JSON. */
const chatter = [
  'W1122 09:00:00 plugin.go:12] the cached token is about to expire',
  '{"level": "info", "message": "token refreshed"}',
  '{',
  '}',
]

/** A double for a machine without kubectl: it asks the plugin, whose stderr is its own, and answers from files. */
const double = (folder: string) => `
token=$("${folder}/plugin") || {
  echo "Unable to connect to the server: getting credentials: exec: executable plugin failed with exit code 1" >&2
  exit 1
}
case $token in *good*) ;; *) echo "error: You must be logged in to the server (Unauthorized)" >&2; exit 1 ;; esac
case "$*" in
  *" version "*) cat "${folder}/version.json" ;;
  *jsonpath*) printf '%s' '${btoa(pair.pem)}' ;;
  *"config view"*) cat "${folder}/config" ;;
  *" --watch "*) cat "${folder}/watch.json"; exec sleep 60 ;;
  *" namespace feldera "*) echo namespace/feldera ;;
  *) cat "${folder}/list.json" ;;
esac`

interface Login {
  /** The token that the plugin gives; none where it fails. */
  token?: string
}

/** A cluster whose kubeconfig has a real plugin; a real kubectl where there is one. */
async function cluster(which: string, { token }: Login, context: TestContext) {
  const scratch = createScratch(onTestFinished)
  const { folder } = scratch
  if (which === 'kubectl' && !isThere('kubectl')) context.skip('kubectl is not there')
  const { server, root } = await serveKubeApi(onTestFinished, objects)
  const said = { kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1' }
  const credential = JSON.stringify({ ...said, status: { token } })
  const answers = token === undefined ? 'exit 1' : `printf '%s' '${credential}'`
  const plugin = [...chatter.map(line => `echo '${line}' >&2`), answers].join('\n')
  scratch.file('plugin', `#!/bin/bash\n${plugin}\n`, 0o755)
  const exec = { command: join(folder, 'plugin'), interactiveMode: 'Never' }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority-data': btoa(root) } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
    users: [{ name: 'me', user: { exec: { apiVersion: said.apiVersion, ...exec } } }],
  }
  const kubeconfig = scratch.file('config', JSON.stringify(config))
  const kinds = { deployments: 'Deployment', pods: 'Pod' } as const
  const items = (['deployments', 'pods'] as const).flatMap(resource =>
    objects[resource].map(each => ({ kind: kinds[resource], ...each })),
  )
  const events = items.map(object => `${JSON.stringify({ type: 'ADDED', object }, null, 4)}\n`)
  scratch.file('version.json', '{"serverVersion": {"gitVersion": "v1.34.1"}}')
  scratch.file('list.json', JSON.stringify({ kind: 'List', items }, null, 4))
  scratch.file('watch.json', events.join(''))
  if (which === 'a double') scratch.tool('kubectl', double(folder))
  const { run: real, ...rest } = realWorld(createRunTool(scratch.env), scratch.env, folder)
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const place = { context: 'lab', kubeconfig, namespace: 'feldera' }
  return { place, rest, run: real, signal: stop.signal, userFolder: folder, folder, stop }
}

describe.each(['kubectl', 'a double'])(
  '%s with a program that gives the login and talks on stderr',
  which => {
    it('answers as if it were silent', async context => {
      const { place, ...calling } = await cluster(which, { token: 'good' }, context)
      const version = await kubectl(place, ['version', '-o', 'json'], calling)
      expect(version.stderr).toContain('token refreshed')
      expect(JSON.parse(version.stdout).serverVersion.gitVersion).toBe('v1.34.1')
      const { workloads, pods } = await readNamespace(place, calling)
      expect(workloads.map(({ metadata }) => metadata.name)).toEqual(['feldera-api-server'])
      expect(pods.map(({ metadata }) => metadata.name)).toEqual(['feldera-api-server-1'])
      const held = await heldInSecret({ place, name: 'pair', key: 'tls.crt' }, calling)
      expect(held).toMatchObject({ chain: [pair.pem.trim()] })
    })

    it('is watched for what the cluster says alone', async context => {
      const { place, rest, run, ...calling } = await cluster(which, { token: 'good' }, context)
      const heard: string[] = []
      const noting: RunTool = call =>
        run({
          ...call,
          onLine(line, from) {
            if (from === 'stderr') heard.push(line)
            call.onLine?.(line, from)
          },
        })
      const watching = watchNamespace(place, { ...calling, run: noting, clock: rest.clock })
      while (!watching.now()?.pods.length || !watching.now()?.workloads.length)
        await watching.changed(1_000)
      await until(() => heard.includes(chatter[1] ?? ''))
      await watching.close()
    })

    it.for([
      ['whose token has run out', { token: 'expired' }],
      ['that fails', {}],
    ] as const)(
      '%s: 77, with how to log in, and nothing of the token',
      async ([_what, login], context) => {
        const at = await cluster(which, login, context)
        const { place, rest, ...calling } = at
        const problem = await readNamespace(place, calling).catch(error => error)
        expect(problem).toMatchObject({ exit: 77, findings: [{ id: 'kube.login' }] })
        expect(problem.findings[0].fix).toContain('auth whoami')
        // a whole command stops there, too
        const yaml = text(`  kubeconfig: ${place.kubeconfig}`)
        const answered = loadAnswers(yaml, questionsFor([feldera as Target]), {
          name: 'a.yaml',
          folder: at.folder,
        })
        const noHelm: RunTool = async call =>
          call.argv[0] === 'helm'
            ? {
                argv: call.argv,
                outcome: 'ended',
                exit: 1,
                stdout: '',
                stderr: 'Error: release: not found',
                tookMs: 0,
              }
            : calling.run(call)
        const world = { ...rest, run: noHelm, which: async (name: string) => name }
        const { exit, findings } = await feldera.discover(answered, world, { secrets: {} })
        expect({ exit, ids: findings.map(({ id }) => id) }).toEqual({
          exit: 77,
          ids: ['kube.login'],
        })
        expect(JSON.stringify(findings)).not.toContain('ExecCredential')
      },
    )
  },
)
