import { extname } from 'node:path'
import { textOf } from './pem.ts'
import type { UploadedFile } from './upload.ts'

/** What a List of Secrets may hold; a chain and a key are in one. */
const mostObjects = 200

/**
 * Takes the files out of a Kubernetes Secret or ConfigMap, as `kubectl get -o yaml` or `-o json` prints
 * it: `data` in base64 and `stringData` as it is, also in a List or in several YAML documents. Entries
 * that are no certificate, key or store of them are passed over.
 *
 * @returns undefined where the file is no such thing, or holds nothing of use
 */
export async function expandSecret(file: UploadedFile): Promise<UploadedFile[] | undefined> {
  const text = file.bytes.subarray(0, 3).equals(mark) ? file.bytes.subarray(3) : file.bytes
  if (!looksLikeSecret(textOf(file.bytes))) return undefined
  const objects = (await parse(text.toString('utf8'))).flatMap(objectsOf).slice(0, mostObjects)
  const several = objects.length > 1
  const files = objects.flatMap(object => filesOf(object, several, file))
  return files.length > 0 ? files : undefined
}

const mark = Buffer.from('\ufeff')

function looksLikeSecret(text: string): boolean {
  return /["']?kind["']?\s*:\s*["']?(Secret|ConfigMap|List|SecretList)\b/.test(text)
}

async function parse(text: string): Promise<unknown[]> {
  try {
    return [JSON.parse(text)]
  } catch {
    // loaded only now: the parser costs a tenth of a start
    const { parseYaml } = await import('./parse-yaml.ts')
    try {
      return parseYaml(text)
    } catch {
      return []
    }
  }
}

interface KubernetesObject {
  kind?: unknown
  metadata?: { name?: unknown }
  data?: unknown
  stringData?: unknown
  items?: unknown
}

function objectsOf(value: unknown, depth: unknown = 0): KubernetesObject[] {
  if (typeof value !== 'object' || value === null) return []
  const object = value as KubernetesObject
  if (Array.isArray(object.items) && depth === 0) {
    return object.items.flatMap(item => objectsOf(item, 1))
  }
  return object.kind === 'Secret' || object.kind === 'ConfigMap' ? [object] : []
}

function filesOf(
  object: KubernetesObject,
  several: boolean,
  { path, aside }: UploadedFile,
): UploadedFile[] {
  const { kind, metadata, data, stringData } = object
  const prefix = several && typeof metadata?.name === 'string' ? `${metadata.name}/` : ''
  const encoded = kind === 'Secret' ? 'base64' : 'utf8'
  // where both have an entry, Kubernetes takes stringData
  const entries = { ...decoded(data, encoded), ...decoded(stringData, 'utf8') }
  return Object.entries(entries)
    .filter(([name, bytes]) => isOfUse(name, bytes))
    .map(([name, bytes]) => ({
      path: `${path}: ${prefix}${name}`,
      bytes,
      container: 'Kubernetes Secret',
      ...(aside || several ? { aside: true } : {}),
    }))
}

function decoded(values: unknown, encoding: 'base64' | 'utf8'): Record<string, Buffer> {
  if (typeof values !== 'object' || values === null) return {}
  const texts = Object.entries(values).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts.map(([name, text]) => [name, Buffer.from(text, encoding)]))
}

const extensions = ['.crt', '.cer', '.pem', '.key', '.der', '.p7b', '.p12', '.pfx', '.jks']

/** By name alone only what must be binary; a password beside it is nobody's business. */
function isOfUse(name: string, bytes: Buffer): boolean {
  if (bytes.length === 0) return false
  return bytes.includes('-----BEGIN ') || extensions.includes(extname(name).toLowerCase())
}
