import type { Input, Step, Text } from '../../../plan/plan.ts'
import { aistoreAnswers } from '../answers.ts'
import type { Aistore } from './wanted.ts'

/** Where the nodes read their pair. */
export interface Paths {
  certFile: string
  keyFile: string
  caFile: string
}

/** What the ops on files get: a pair of the record, and where it goes. */
export function filesInput(
  { answers, privateRoot }: Aistore,
  paths: Paths,
  of: (name: string) => Text,
  withRoots = privateRoot,
): { [key: string]: Input } {
  const own = aistoreAnswers(answers)
  return {
    chain: of('chain.pem'),
    key: of('key.pem'),
    ...(withRoots ? { roots: of('roots.pem') } : {}),
    ...paths,
    place: own.place,
    named: own.certFile === paths.certFile && own.keyFile === paths.keyFile,
  }
}

/** Keeps as generation 0 what the cluster serves. */
export function keepFound({ present }: Aistore, paths: Paths): Step {
  return {
    id: 'prepare.keep-found',
    phase: 'prepare',
    title: 'Keep what is there',
    act: {
      do: 'op:aistore.keep-found',
      input: { scheme: present.scheme, ...paths },
      limit: '1m',
    },
    needs: ['check.cluster'],
    onFail: 'stop',
  }
}

/** Puts a pair onto the nodes before anything of theirs is changed. */
export function placeFiles(input: { [key: string]: Input }, needs: string[]): Step {
  return {
    id: 'prepare.files',
    phase: 'prepare',
    title: 'Put key and certificate where the nodes read them',
    look: {
      look: { do: 'op:aistore.placed', input, limit: '1m' },
      already: [{ json: 'placed', equals: true }],
    },
    act: { do: 'op:aistore.place', input, limit: '30d' },
    needs,
    onFail: 'stop',
  }
}
