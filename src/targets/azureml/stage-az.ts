import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ToolCall } from '../../process/tool.ts'
import type { StageKit } from '../target.ts'
import type { AzureMlAnswers } from './answers.ts'
import type { Said } from './stage.ts'
import type { StagedRouter } from './stage-router.ts'

/** The server that both az and kubectl name on the stage. */
export const stageServer = 'https://stage.invalid:443'

/** How long the stage takes for what takes Azure minutes. Milliseconds. */
const changeMs = 400

/** Stands for `az`. */
export function stageAz(
  own: AzureMlAnswers,
  router: StagedRouter,
  kit: StageKit,
): (call: ToolCall) => Promise<Said> {
  const records = new Set<string>()
  return async call => {
    const words = call.argv.slice(1)
    const is = (...wanted: string[]) => wanted.every((word, index) => words[index] === word)
    if (is('version')) {
      return json({ 'azure-cli': '2.91.0', extensions: { 'k8s-extension': '1.7.0', ml: '2.39.0' } })
    }
    if (is('aks', 'get-credentials')) return { stdout: kubeconfig(own.cluster) }
    if (is('k8s-extension', 'list')) return json(router.settings ? [shown(own, router)] : [])
    if (is('k8s-extension')) return change(call, own, router, kit)
    if (is('ml', 'online-endpoint')) return json(scoringUri(own, router))
    if (is('network')) return dns(words, records)
    return {
      exit: 2,
      stderr: `ERROR: '${words[0]}' is misspelled or not recognized by the system.`,
    }
  }
}

async function change(
  call: ToolCall,
  own: AzureMlAnswers,
  router: StagedRouter,
  kit: StageKit,
): Promise<Said> {
  const { argv, cwd = '.' } = call
  if (argv[2] === 'delete') {
    router.settings = undefined
    router.protectedSettings.clear()
  } else {
    router.settings ??= new Map()
    const plain = {
      ...pairs(argv, '--config'),
      ...(await file(argv, cwd, '--config-settings-file')),
    }
    for (const [key, value] of Object.entries(plain)) {
      if (value === null) router.settings.delete(key)
      else router.settings.set(key, String(value))
    }
    if (typeof plain.sslSecret === 'string')
      router.settings.set('scoringFe.sslSecret', plain.sslSecret)
    const secret = {
      ...pairs(argv, '--config-protected'),
      ...(await file(argv, cwd, '--config-protected-settings-file')),
    }
    if (Object.keys(secret).length > 0) await replaceProtected(router, secret, cwd)
  }
  await kit.world.clock.sleep(changeMs, call.signal)
  const why = await router.converge()
  if (why !== undefined) {
    const text = `Error: {failed to upgrade chart from path [] for release [${own.extension}]: err [failed pre-upgrade: pod healthcheck failed]} occurred while doing the operation : {Update} on the config`
    return {
      exit: 1,
      stderr: `ERROR: (ExtensionOperationFailed) The extension operation failed with the following error:  ${text}`,
    }
  }
  return router.settings ? json(shown(own, router)) : {}
}

/** Protected settings are replaced as a whole; az reads the files of a pair where it runs. */
async function replaceProtected(
  router: StagedRouter,
  secret: Record<string, unknown>,
  cwd: string,
): Promise<void> {
  router.protectedSettings.clear()
  for (const [key, value] of Object.entries(secret))
    router.protectedSettings.set(key, String(value))
  for (const [key, target] of [
    ['sslCertPemFile', 'scoringFe.sslCert'],
    ['sslKeyPemFile', 'scoringFe.sslKey'],
  ] as const) {
    const text = await readFile(join(cwd, String(secret[key])))
    router.protectedSettings.set(target, text.toString('base64'))
  }
}

/** The `key=value` words after a flag. */
function pairs(argv: readonly string[], flag: string): Record<string, string> {
  const from = argv.indexOf(flag)
  if (from < 0) return {}
  const rest = argv.slice(from + 1)
  const to = rest.findIndex(word => word.startsWith('-'))
  const words = to < 0 ? rest : rest.slice(0, to)
  return Object.fromEntries(
    words.map(word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
}

async function file(
  argv: readonly string[],
  cwd: string,
  flag: string,
): Promise<Record<string, unknown>> {
  const at = argv.indexOf(flag)
  const path = at < 0 ? undefined : argv[at + 1]
  if (path === undefined) return {}
  return JSON.parse(await readFile(path.startsWith('/') ? path : join(cwd, path), 'utf8'))
}

function shown({ extension }: AzureMlAnswers, router: StagedRouter) {
  const blank = [...router.protectedSettings.keys()].map(key => [key, ''])
  return {
    name: extension,
    extensionType: 'microsoft.azureml.kubernetes',
    provisioningState: router.state,
    currentVersion: '1.1.86',
    configurationSettings: Object.fromEntries(router.settings ?? []),
    configurationProtectedSettings: Object.fromEntries(blank),
    errorInfo: null,
  }
}

function scoringUri({ onlineEndpoint }: AzureMlAnswers, router: StagedRouter): string {
  const host = router.settings?.get('sslCname') ?? `127.0.0.1:${router.port}`
  return `${router.scheme}://${host}/api/v1/service/${onlineEndpoint}/score`
}

/** A zone that holds what was put there; its real answers come from the stage's own name server. */
function dns(words: string[], records: Set<string>): Said {
  const verb = words[4]
  const value = words[words.indexOf('--ipv4-address') + 1] ?? ''
  if (verb === 'add-record') records.add(value)
  if (verb === 'remove-record') records.delete(value)
  if (verb === 'show' && records.size === 0) {
    return { exit: 3, stderr: 'ERROR: (NotFound) The resource record does not exist.' }
  }
  return json({ TTL: 300, ARecords: [...records].map(ipv4Address => ({ ipv4Address })) })
}

function kubeconfig(name: string): string {
  const cluster = { name, cluster: { server: stageServer } }
  return JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [cluster] })
}

function json(value: unknown): Said {
  return { stdout: JSON.stringify(value, null, 2) }
}
