import type { Input, Look, Op, Text } from '../../../plan/plan.ts'
import type { Predicate } from '../../../plan/predicate.ts'
import { type AzureMlAnswers, namespace, whereOf } from '../answers.ts'
import type { Change } from '../commands.ts'
import type { WantedExtension } from '../ops-look.ts'
import { clusterInput } from '../words.ts'

/** What the extension must be like, where its values are known only later. */
export type WantedText = Omit<WantedExtension, 'secret' | 'cname'> & {
  secret?: Text
  cname?: Text
}

export interface Served {
  /** The leaf that tells a stored pair from another. */
  leaf: Text
  name: string
}

export function placeOf(own: AzureMlAnswers) {
  const { context, kubeconfig } = own
  return { context, namespace, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
}

/** Reads the extension, and whether it is as wanted, or (`unless`) like something as good. */
export function extensionLook(
  own: AzureMlAnswers,
  wanted?: WantedText,
  served?: Served,
  unless?: WantedText,
): Op {
  const { front } = own
  return {
    do: 'op:azureml.extension',
    input: {
      where: { ...whereOf(own) },
      cluster: clusterInput(own),
      ...(wanted ? { wanted: { ...wanted } } : {}),
      ...(unless ? { unless: { ...unless } } : {}),
      ...(served ? { leaf: served.leaf, name: served.name } : {}),
      ...(front === undefined ? {} : { instead: front }),
    },
    limit: '5m',
  }
}

/** An operation of Azure is under way: an earlier run's, or somebody else's. */
export const isMoving: Predicate = { json: 'moving', equals: true }

/** A look that waits for what is under way before it judges. */
export function lookFor(
  own: AzureMlAnswers,
  wanted: WantedText,
  served?: Served,
  unless?: WantedText,
): Look {
  return {
    look: extensionLook(own, wanted, served, unless),
    already: [{ json: 'asWanted', equals: true }],
    busy: [isMoving],
    every: '5s',
    limit: '45m',
  }
}

export interface ChangeOptions {
  change: Omit<Change<Text>, 'where'>
  wanted: WantedText
  /** The user's file of other protected settings. */
  protectedSettings?: string | undefined
  /** Names of the protected settings that must still be there afterwards. */
  protectedKeys?: readonly string[] | undefined
  /** What tells the pair from one that was stored before. */
  served?: Served
  /** Null settings must be gone afterwards. */
  clears?: boolean
}

/** One change of the extension, waited for. */
export function changeExtension(own: AzureMlAnswers, options: ChangeOptions): Op {
  const { change, wanted, protectedSettings, protectedKeys, served, clears } = options
  const { front } = own
  return {
    do: 'op:azureml.change',
    input: {
      change: { ...change, where: { ...whereOf(own) } } as unknown as Input,
      cluster: clusterInput(own),
      wanted: { ...wanted },
      waitMs: 30 * 60_000,
      ...(served ? { leaf: served.leaf, name: served.name } : {}),
      ...(front === undefined ? {} : { instead: front }),
      ...(protectedSettings === undefined ? {} : { protectedSettings }),
      ...(protectedKeys === undefined ? {} : { protectedKeys: [...protectedKeys] }),
      ...(clears === undefined ? {} : { clears }),
    },
    limit: '2h',
  }
}
