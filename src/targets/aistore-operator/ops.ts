import { exitCodes } from '../../exit-codes.ts'
import { kubectl, kubectlObjects } from '../../kubernetes/kubectl.ts'
import { kubernetesOps } from '../../kubernetes/ops.ts'
import { kubectlArgv, placeOf, shellPlace } from '../../kubernetes/place.ts'
import type { Op, OpTable } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import type { ManagedCertificate } from './answers.ts'
import { issuedOp } from './issued.ts'
import { keepFoundOp } from './keep.ts'
import { loadOp } from './load.ts'
import { operatorProblem } from './problems.ts'
import { isAsked, refusedField, resourceKind, tlsIn, withStart } from './resource.ts'
import { secretLookOp, secretPutOp } from './secret-ops.ts'
import { startableOp } from './startable.ts'
import { takenOp } from './taken.ts'

/** What the resource says, and whether it has cert-manager make what is asked: `{place, resource, asked}`. */
const look: Op = {
  changes: false,
  async run({ place: at, resource, asked }, ctx): Promise<Json> {
    const words = ['get', resourceKind, String(resource), '-o', 'json']
    const [found] = await kubectlObjects(placeOf(at), words.slice(0, 3), ctx)
    if (!found) throw new TypeError('kubectl ended well and answered no object')
    const field = refusedField(found)
    if (field !== undefined)
      throw operatorProblem('ais-operator.refused-field', exitCodes.data, {
        subject: `${placeOf(at).namespace}/${resource}`,
        evidence: `spec.${field} is set`,
        fix: `Take it out of the resource: kubectl edit ${resourceKind} ${resource}`,
      })
    const tls = tlsIn(found)
    const { secretName, useHttps } = tls
    const managed = tls.certificate !== undefined
    const by = managed ? "cert-manager's certificate" : secretName || 'no Secret'
    const isSame = managed && isAsked(tls, asked as unknown as ManagedCertificate)
    return {
      secretName,
      managed,
      asked: isSame,
      useHttps,
      startedWith: tls.startedWith ?? '',
      seen: useHttps ? `HTTPS with ${by}` : 'HTTP',
    }
  },
  printed: ({ place, resource }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'get', resourceKind, show(resource))),
  ],
  shell: ({ place, resource, asked }, sh) => [
    `aisop_look ${shellPlace(place, sh)} ${sh.word(resource)} ${sh.word(JSON.stringify(asked ?? {}))}`,
  ],
}

/**
 * Changes the resource by a merge patch and leaves the rest to the operator: `{place, resource, patch,
 * startedWith}`. With the last it starts all pods again, for the leaf of that fingerprint.
 */
const patch: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run({ place: at, resource, patch: wanted, startedWith }, ctx): Promise<Json> {
    await kubectl(placeOf(at), wordsOf(resource, started(wanted, startedWith)), ctx)
    return { patched: true, seen: `${resource} is changed` }
  },
  printed: ({ place, resource, patch: wanted, startedWith }, show) => {
    const shown = started(wanted as Json, startedWith && show(startedWith))
    return [quoteCommand(kubectlArgv(placeOf(place as Json), ...wordsOf(show(resource), shown)))]
  },
  shell({ place, resource, patch: wanted, startedWith }, sh) {
    const words = [resource, JSON.stringify(wanted), ...(startedWith ? [startedWith] : [])]
    return [`aisop_patch ${shellPlace(place, sh)} ${words.map(sh.word).join(' ')}`]
  },
}

function started(patched: Json | undefined, leaf: unknown): Json {
  return leaf ? withStart(patched ?? null, String(leaf)) : (patched ?? null)
}

function wordsOf(resource: unknown, patched: unknown): string[] {
  const manager = '--field-manager=secure-endpoint'
  return [
    'patch',
    resourceKind,
    String(resource),
    '--type=merge',
    manager,
    '-p',
    JSON.stringify(patched),
  ]
}

export const operatorOps: OpTable = {
  ...kubernetesOps,
  'ais-operator.look': look,
  'ais-operator.patch': patch,
  'ais-operator.secret-look': secretLookOp,
  'ais-operator.secret-put': secretPutOp,
  'ais-operator.issued': issuedOp,
  'ais-operator.load': loadOp,
  'ais-operator.taken': takenOp,
  'ais-operator.startable': startableOp,
  'ais-operator.keep-found': keepFoundOp,
}
