import { durationMs } from '../../../duration.ts'
import type { Step, Text } from '../../../plan/plan.ts'
import { askOf, proofAct, undoBase, undoProofStep } from '../../proof-steps.ts'
import type { Wanted } from '../../target.ts'
import type { SkyServeAnswers } from '../answers.ts'
import type { SkyServePresent } from '../present.ts'
import { address, addressCaptures, down, gone, isGoing, lookAt, lookFor, up } from './commands.ts'

/** Undo of an `up`: what it started goes again. */
export function takeDown(service: string, own: SkyServeAnswers): Step[] {
  return [
    {
      ...undoBase,
      id: 'undo.down',
      title: `Take ${service} down again`,
      look: lookFor(service, own, [isGoing]),
      act: down(service),
    },
    { ...undoBase, id: 'undo.gone', title: 'Wait until it is gone', act: gone(service, own) },
  ]
}

/** Undo of a `down`: the service comes up again as it was, and what it serves is proven. */
export function startKept(
  service: string,
  own: SkyServeAnswers,
  wanted: Wanted<SkyServePresent>,
): Step[] {
  const { present } = wanted
  const tls = present.service?.tls === true
  const captured: Text = { capture: 'undo.address.address' }
  return [
    {
      ...undoBase,
      id: 'undo.free',
      title: 'Wait until the name is free',
      look: { look: lookAt(service, own), already: [{ json: 'state', equals: 'READY' }] },
      act: gone(service, own),
    },
    {
      ...undoBase,
      id: 'undo.up',
      title: 'Start the kept service again',
      look: lookFor(service, own, [{ json: 'url', matches: '^https?://' }]),
      act: up(keptYaml(wanted), service, own),
    },
    {
      ...undoBase,
      id: 'undo.address',
      title: "Read the endpoint's address",
      act: address(service, own, tls ? 'https' : 'http'),
      captures: addressCaptures,
    },
    undoProofStep(proofOfBefore(wanted, captured, tls)),
  ]
}

/** The YAML that the running service was started with: the one that was found, or ours. */
function keptYaml({ before, present }: Wanted<SkyServePresent>): Text {
  if (before === undefined) return { before: 'service.yaml', generation: 0 }
  return { before: present.service?.tls ? 'service.yaml' : 'service-http.yaml' }
}

function proofOfBefore(
  { answers, beforeLeaf, before }: Wanted<SkyServePresent>,
  captured: Text,
  tls: boolean,
): Step['act'] {
  const ask = { addresses: [captured], ...askOf(answers, durationMs('20m')), decides: 'report' }
  if (!tls) return proofAct('proof.plain', ask)
  const roots = before === undefined ? {} : { roots: { before: 'roots.pem' } }
  const leaf = beforeLeaf === undefined ? {} : { leaf: beforeLeaf }
  return proofAct('proof.leaf', { ...ask, ...roots, ...leaf })
}
