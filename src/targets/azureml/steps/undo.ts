import { durationMs } from '../../../duration.ts'
import { placeInput } from '../../../kubernetes/place.ts'
import type { Step, Text } from '../../../plan/plan.ts'
import { askOf, type Inputs, proofAct, undoBase, undoProofStep } from '../../proof-steps.ts'
import type { Wanted } from '../../target.ts'
import { type AzureMlAnswers, azuremlAnswers } from '../answers.ts'
import type { Change } from '../commands.ts'
import type { AzureMlPresent } from '../present.ts'
import { workload } from '../words.ts'
import { changeExtension, lookFor, placeOf, type WantedText } from './commands.ts'
import { lossStep } from './loss.ts'

type AzureMl = Wanted<AzureMlPresent>

interface Way {
  title: string
  change: Omit<Change<Text>, 'where'>
  wanted: WantedText
  /** Nothing has to be done where it is still like this. */
  unless?: WantedText
  clears?: boolean
}

/**
 * The settings of before again, and the proof of what they serve. Empty where there is no way back.
 *
 * @param storesPair whether what is taken back puts a pair among the protected settings
 */
export function undoChange(wanted: AzureMl, { storesPair = false } = {}): Step[] {
  const own = azuremlAnswers(wanted.answers)
  const way = wayBack(wanted, own, storesPair)
  if (!way) return []
  const { title, change, wanted: target, unless, clears } = way
  const back: Step = {
    ...undoBase,
    id: 'undo.extension',
    title,
    look:
      target.mode === 'pem'
        ? lookFor(own, target, servedBefore(wanted), unless)
        : lookFor(own, target),
    act: changeExtension(own, {
      change,
      wanted: target,
      ...(target.mode === 'pem'
        ? { protectedSettings: own.protectedSettings, served: servedBefore(wanted) }
        : {}),
      ...(clears === undefined ? {} : { clears }),
    }),
  }
  if (target.mode === 'absent') return [back]
  return [back, ...proofOfBefore(wanted, own, target.mode === 'http')]
}

function wayBack(wanted: AzureMl, own: AzureMlAnswers, storesPair: boolean): Way | undefined {
  const { extension } = wanted.present
  if (!extension) {
    const change: Way['change'] = { verb: 'delete' }
    return { title: 'Delete the extension again', change, wanted: { mode: 'absent' } }
  }
  if (extension.mode === 'http') return toHttp({ kept: 'http.json' })
  const { cname = wanted.answers.domain, secret } = extension
  const config = { allowInsecureConnections: 'False', sslCname: cname }
  const inSecret: WantedText | undefined =
    extension.mode === 'secret' && secret !== undefined
      ? { mode: 'secret', secret, cname }
      : undefined
  if (inSecret && !storesPair) {
    return {
      title: `Point the extension at Secret ${secret} again`,
      change: { verb: 'update', config: { ...config, sslSecret: secret ?? '' } },
      wanted: inSecret,
    }
  }
  const pairIn = extension.mode === 'pem' || inSecret ? pairBefore(wanted) : undefined
  if (pairIn === undefined || own.mode === 'secret') return undefined
  return {
    // a stored pair stands above a Secret and no update removes it: the old pair goes the same way
    title: inSecret
      ? 'Send the pair of the Secret as stored files'
      : 'Send the pair of before again',
    change: { verb: 'update', config, pairIn },
    wanted: { mode: 'pem', cname },
    ...(inSecret ? { unless: inSecret } : {}),
  }
}

/** Back to HTTP: what TLS has left in the settings goes, too. */
export function toHttp(configFile: Text): Way {
  return {
    title: 'Switch the extension to HTTP',
    change: { verb: 'update', configFile },
    wanted: { mode: 'http', clean: true },
    clears: true,
  }
}

/** Where the pair lies that is in place: ours, one that the answers name, or that of a Secret that was found. */
export function pairBefore({ answers, before, present, record }: AzureMl): Text | undefined {
  if (before !== undefined && record?.https === true) return { before: '.' }
  const { previousKey } = azuremlAnswers(answers)
  const isFound = before === undefined && present.servedLeaf !== undefined
  return previousKey === undefined && !isFound ? undefined : { before: '.', generation: 0 }
}

function servedBefore(wanted: AzureMl) {
  const { leaf = '' } = leafBefore(wanted)
  return { leaf, name: wanted.answers.domain }
}

function proofOfBefore(wanted: AzureMl, own: AzureMlAnswers, plain: boolean): Step[] {
  const place = placeInput(placeOf(own))
  return [
    {
      ...undoBase,
      id: 'undo.rollout',
      title: 'Wait until all replicas run as before',
      act: {
        do: 'op:kubernetes.rollout',
        input: { place, workloads: [workload], waitMs: durationMs('10m') },
        limit: '1h',
      },
    },
    undoProofStep(
      proofAct(plain ? 'kubernetes.prove-pods-plain' : 'kubernetes.prove-pods', {
        ...podsInput(wanted, own, plain),
        ...leafBefore(wanted),
        decides: 'report',
      }),
      'Prove that all replicas serve what they did',
    ),
    { ...lossStep(wanted, []), ...undoBase, id: 'undo.loss' },
  ]
}

/** What the proof of each replica is given. */
export function podsInput(
  { answers }: Pick<AzureMl, 'answers'>,
  own: AzureMlAnswers,
  plain: boolean,
): Inputs {
  const served = {
    workload,
    service: 'azureml-fe',
    port: plain ? 80 : 443,
    probes: plain ? 'all' : 'leaf',
  }
  return { place: placeInput(placeOf(own)), served: [served], ...askOf(answers) }
}

function leafBefore({ beforeLeaf, present, record }: AzureMl): { leaf?: string } {
  const leaf = record?.https === true ? beforeLeaf : present.servedLeaf
  return leaf === undefined ? {} : { leaf }
}
