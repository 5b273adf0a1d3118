import { durationMs } from '../../../duration.ts'
import type { Input, Step, Text } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { undoBase } from '../../proof-steps.ts'
import { type AistoreAnswers, aistoreAnswers, hostPort } from '../answers.ts'
import { commandWords } from '../command-words.ts'
import { placeAhead } from '../place.ts'
import { profile } from '../profile.ts'
import { clientSteps, levelWanted } from './clients.ts'
import { checkForeign, checkStart, speaks } from './common.ts'
import { checkHosts, filesInput, placeFiles } from './files.ts'
import { proofSteps } from './proof.ts'
import type { Aistore } from './wanted.ts'

/** What the first start needs, beside the pair: for ais.json, and for the vendor's deploy scripts. */
const section: Text = { kept: 'ais.json' }
const variables: Text = { kept: 'ais-deploy.env' }

/**
 * A cluster that comes up with HTTPS at its first start. Nodes read ais.json then and never again, so
 * pair and section are there before; what the cluster is (map, UUID) is found out after it, and proven
 * as for one that ran before.
 */
export function newSteps(wanted: Aistore): Step[] {
  const { answers } = wanted
  const own = aistoreAnswers(answers)
  const { certFile, keyFile, caFile } = own
  const paths = { certFile, keyFile, caFile }
  const files = filesInput(wanted, paths, name => ({ kept: name }))
  const words = commandWords(own.firstStart ?? '')
  return [
    ...checkStart(words, []),
    ...checkHosts(wanted, paths, [], wanted.privateRoot),
    checkForeign(wanted, []),
    certificateStep(wanted, profile(answers, wanted.present)),
    ...clientSteps(wanted),
    ...writtenSteps(wanted),
    placeFiles(wanted, files, ['prepare.certificate', 'check.files', 'prepare.variables']),
    startStep(wanted, words),
    {
      id: 'change.join',
      phase: 'change',
      title: 'Wait until the whole cluster has joined',
      act: {
        do: 'op:aistore.join',
        input: {
          ...clusterInput(wanted),
          hosts: [...profile(answers, wanted.present).names],
          leaf: { capture: 'prepare.certificate.fingerprint' },
          waitMs: durationMs(own.restartWait),
        },
        limit: '1h',
      },
      captures: Object.fromEntries(found(own).map(([name, json]) => [name, { json }])),
      needs: ['change.start'],
      // what is missing may only need time, or a hand: the same command takes it up
      onFail: 'stop',
    },
    ...proofSteps(wanted, ['change.join']),
  ]
}

/** The two files, from one set of values. */
function writtenSteps(wanted: Aistore): Step[] {
  const { certFile, keyFile, caFile, gateway } = aistoreAnswers(wanted.answers)
  const values: Record<string, Text> = {
    certFile,
    keyFile,
    // one file is both what clients are judged by and what nodes trust each other by
    caFile: wanted.privateRoot ? caFile : '',
    level: String(levelWanted(wanted)),
  }
  const url = `https://${hostPort(gateway)}`
  const step: Pick<Step, 'phase' | 'needs' | 'onFail'> = {
    phase: 'prepare',
    needs: ['prepare.certificate'],
    onFail: 'stop',
  }
  return [
    {
      ...step,
      id: 'prepare.section',
      title: 'Write what ais.json of each node must hold',
      act: {
        do: 'write',
        path: section,
        mode: '0644',
        content: {
          templates: ['aistore/first-start.yaml'],
          values: { url, ...values },
          as: 'json',
        },
      },
    },
    {
      ...step,
      id: 'prepare.variables',
      title: "Write the variables of the vendor's deploy scripts",
      act: {
        do: 'write',
        path: variables,
        mode: '0644',
        content: { templates: ['aistore/deploy-variables.yaml'], values, as: 'variables' },
      },
    },
  ]
}

function startStep(wanted: Aistore, words: readonly string[] | undefined): Step {
  const { gateway, proxies, targets, restartWait, ports, ...own } = aistoreAnswers(wanted.answers)
  const input = clusterInput(wanted)
  const look = {
    do: 'op:aistore.gateway' as const,
    input: { at: input.at as Input, gateway: hostPort(gateway) },
    limit: '1m',
  }
  const up = { any: [speaks('http'), speaks('https')] }
  const env: { [name: string]: Input } = {
    AIS_USE_HTTPS: 'true',
    AIS_SERVER_CRT: own.certFile,
    AIS_SERVER_KEY: own.keyFile,
    AIS_CLIENT_CA_TLS: wanted.privateRoot ? own.caFile : '',
    AIS_CLIENT_AUTH_TLS: String(levelWanted(wanted)),
    AIS_SKIP_VERIFY_CRT: 'false',
    SECURE_ENDPOINT_AIS_JSON: section,
  }
  return {
    id: 'change.start',
    phase: 'change',
    title: words ? 'Start the nodes' : 'Wait until the nodes are started',
    look: { look, already: [up] },
    act: words
      ? {
          do: 'op:aistore.first-start',
          input: { ...input, argv: [...words], env, limitMs: durationMs(restartWait) },
          limit: restartWait,
        }
      : {
          do: 'manual',
          text: [
            {
              join: [
                'Merge ',
                section,
                ' into ais.json of every node, or source ',
                variables,
                " for the vendor's deploy scripts.",
              ],
            },
            'Nodes read ais.json at their first start alone: none of them may have a .ais.conf from before.',
            `Then start them, with the primary at ${hostPort(gateway)}: proxies ${proxies}, targets ${targets}.`,
          ],
          look: { look, until: [up], every: '1s' },
          limit: restartWait,
        },
    undo: [
      {
        ...undoBase,
        id: 'undo.leave',
        title: 'Shut the new cluster down',
        act: { do: 'op:aistore.leave-new', input: { ...input, ports }, limit: '5m' },
      },
    ],
    needs: ['prepare.files'],
    onFail: 'stop',
  }
}

/** What the ops of a new cluster get: nothing of it is known but how it is reached and what it will be. */
function clusterInput(wanted: Aistore): { [key: string]: Input } {
  const { gateway, proxies = 1, targets = 1, ports } = aistoreAnswers(wanted.answers)
  return { at: placeAhead(wanted), gateway: hostPort(gateway), proxies, targets, ports }
}

/** What the cluster is, once it is whole; as many addresses as nodes are expected. */
function found({ proxies = 1, targets = 1 }: AistoreAnswers): [name: string, json: string][] {
  const whole = ['uuid', 'primary', 'nodes', 'gateway', 'host'].map((name): [string, string] => [
    name,
    name,
  ])
  const addresses = Array.from({ length: proxies + targets }, (_, index): [string, string] => [
    `address${index}`,
    `addresses.${index}`,
  ])
  return [...whole, ...addresses]
}
