import { parseAddress } from '../../../net/address.ts'
import type { Input, Step, Text } from '../../../plan/plan.ts'
import { aistoreAnswers, hostPort } from '../answers.ts'
import { byHost, hostsAhead, hostsOf } from '../hosts/destinations.ts'
import type { Aistore } from './wanted.ts'

/** Where the nodes read their pair. */
export interface Paths {
  certFile: string
  keyFile: string
  caFile: string
}

/** What the ops on files get: a pair of the record, and where it goes. */
export function filesInput(
  wanted: Aistore,
  paths: Paths,
  of: (name: string) => Text,
  withRoots = wanted.privateRoot,
): { [key: string]: Input } {
  const own = aistoreAnswers(wanted.answers)
  return {
    chain: of('chain.pem'),
    key: of('key.pem'),
    ...(withRoots ? { roots: of('roots.pem') } : {}),
    ...paths,
    place: own.place,
    ...hostsInput(wanted),
    ...byHandInput(wanted),
    named: own.certFile === paths.certFile && own.keyFile === paths.keyFile,
  }
}

type Known = Pick<Aistore, 'answers' | 'present'>

/** Where ssh leads to, where files go by it. */
export function hostsInput({ answers, present }: Known): { ssh?: Input } {
  const { place, ssh = [byHost], sudo } = aistoreAnswers(answers)
  if (place !== 'ssh') return {}
  return {
    ssh: {
      hosts: allHosts({ answers, present }, ssh),
      sudo: sudo === 'yes',
      kept: `before-${answers.endpoint}`,
    },
  }
}

/** The hosts that a person puts files onto, and where the lines of their checks are. */
function byHandInput(known: Known): { hosts?: Input; said?: Input } {
  const { place, placed } = aistoreAnswers(known.answers)
  if (place !== 'manual') return {}
  return { hosts: allHosts(known, [byHost]), ...(placed === undefined ? {} : { said: placed }) }
}

function allHosts({ answers, present }: Known, entries: readonly string[]): Input[] {
  const { gateway, hosts = [] } = aistoreAnswers(answers)
  const primary = parseAddress(hostPort(gateway))?.host ?? gateway
  const all = present.isNew
    ? hostsAhead([primary, ...hosts], entries)
    : hostsOf(present.cluster.nodes, entries)
  return all.map(each => ({ ...each }))
}

/** Whether a pair lies where the nodes read it. */
export function lookAtFiles(
  wanted: Known,
  input: { [key: string]: Input },
): NonNullable<Step['look']> {
  return {
    look: { do: `op:aistore.placed${byHand(wanted)}`, input, limit: lookLimit(wanted) },
    already: [{ json: 'placed', equals: true }],
  }
}

/** Puts it there, or waits for whoever does. */
export function placeAct(wanted: Known, input: { [key: string]: Input }): Step['act'] {
  return { do: `op:aistore.place${byHand(wanted)}`, input, limit: '30d' }
}

/**
 * Where a person puts the pair there, a run that nobody waits for stays as it is: taken back, its commands
 * would be those of a pair that the same command gives up for another one.
 */
export function staysUnfinished(wanted: Known): Pick<Step, 'stopOn'> {
  return byHand(wanted) === '' ? {} : { stopOn: ['aistore.by-hand', 'wait.left'] }
}

function byHand({ answers }: Known): '' | '-by-hand' {
  return aistoreAnswers(answers).place === 'manual' ? '-by-hand' : ''
}

/** How long looking at files may take: hosts are asked some at a time, each of them in its own time. */
export function lookLimit({ answers }: Pick<Aistore, 'answers'>): string {
  return aistoreAnswers(answers).place === 'ssh' ? '10m' : '1m'
}

/** Each host takes the files, and aisnode there could read them, before anything is changed. */
export function checkHosts(
  wanted: Pick<Aistore, 'answers' | 'present'>,
  paths: Paths,
  needs: string[],
  withRoots: boolean,
): Step[] {
  const { ssh } = hostsInput(wanted)
  if (ssh === undefined) return []
  return [
    {
      id: 'check.hosts',
      phase: 'check',
      title: 'See whether the hosts take the files',
      act: {
        do: 'op:aistore.hosts',
        input: { ...paths, withRoots, ssh },
        limit: lookLimit(wanted),
      },
      needs,
      onFail: 'stop',
    },
  ]
}

/** Keeps as generation 0 what the cluster serves. */
export function keepFound(wanted: Aistore, paths: Paths): Step {
  const { present } = wanted
  return {
    id: 'prepare.keep-found',
    phase: 'prepare',
    title: 'Keep what is there',
    act: {
      do: 'op:aistore.keep-found',
      input: {
        scheme: present.scheme,
        ...paths,
        ...hostsInput(wanted),
        adopt: wanted.answers.target.onConflict === 'adopt',
      },
      limit: lookLimit(wanted),
    },
    needs: ['check.cluster'],
    onFail: 'stop',
  }
}

/** Puts a pair onto the nodes before anything of theirs is changed. */
export function placeFiles(
  wanted: Aistore,
  input: { [key: string]: Input },
  needs: string[],
): Step {
  return {
    id: 'prepare.files',
    phase: 'prepare',
    title: 'Put key and certificate where the nodes read them',
    look: lookAtFiles(wanted, input),
    act: placeAct(wanted, input),
    needs,
    onFail: 'stop',
  }
}
