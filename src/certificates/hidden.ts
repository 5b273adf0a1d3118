import type { Finding } from '../findings.ts'
import type { Chain } from './chain.ts'
import type { JudgeInput } from './judgement.ts'
import type { Picked } from './pick-leaf.ts'
import type { Unread } from './upload.ts'

/**
 * Adds what could not be read, and takes away what only follows from it. Something unread that nobody
 * misses just warns.
 */
export function withUnread(
  findings: readonly Finding[],
  { unread = [] }: JudgeInput,
  { leaf, key }: Picked,
  chain?: Chain,
): Finding[] {
  const noKey = key === undefined
  const noChain = leaf === undefined || chain?.end.state !== 'complete'
  const hidesKey = ({ hides }: Unread) => noKey && hides !== 'certificate'
  // one file explains one thing: where the key is missing, too, it is taken to be the key
  const hidesChain = ({ hides }: Unread) =>
    noChain && (hides === 'certificate' || (hides === 'either' && !(leaf && noKey)))
  const consequences = new Set<string>()
  if (unread.some(hidesKey)) consequences.add('cert.key-missing')
  if (noKey && unread.some(({ hides }) => hides === 'key')) consequences.add('cert.key-mismatch')
  if (unread.some(hidesChain)) {
    consequences.add('cert.leaf-missing').add('cert.intermediate-missing')
    // what the key belongs to may be what was not read
    if (!leaf) consequences.add('cert.key-mismatch')
  }
  return [
    // nobody said that all in a folder is of use
    ...unread
      .filter(each => !each.aside || hidesKey(each) || hidesChain(each))
      .map(each =>
        hidesKey(each) || hidesChain(each)
          ? each.finding
          : { ...each.finding, severity: 'warns' as const },
      ),
    ...findings.filter(({ id }) => !consequences.has(id)),
  ]
}
