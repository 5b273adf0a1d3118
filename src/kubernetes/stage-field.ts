import type { KubeObject } from './kubectl.ts'

/** What `-o jsonpath={.data.KEY}` prints of an object; undefined where no such words are among them. */
export function stageField(argv: readonly string[], object: KubeObject): string | undefined {
  const word = argv.find(each => each.startsWith('-o=jsonpath={.data.'))
  if (word === undefined) return undefined
  const key = word.slice('-o=jsonpath={.data.'.length, -1).replaceAll('\\.', '.')
  return object.data?.[key] ?? ''
}
