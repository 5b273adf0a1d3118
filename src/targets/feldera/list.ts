import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { type Api, type ApiResult, noApi } from './api.ts'
import { felderaFindings } from './findings.ts'
import type { RunningPipeline } from './present.ts'

/** A pipeline as the API lists it. */
export interface Pipeline {
  name: string
  id: string
  status: string
  desired: string
  error: string
}

/** The pipelines of the tenant that the key belongs to. */
export async function listPipelines(api: Api): Promise<Pipeline[]> {
  const result = await api.get('/v0/pipelines?selector=status')
  if (!Array.isArray(result.json)) throw apiProblem(result)
  return result.json.map(each => ({
    name: text(each, 'name'),
    id: text(each, 'id'),
    status: text(each, 'deployment_status'),
    desired: text(each, 'deployment_desired_status'),
    error: text(each, 'deployment_error.message'),
  }))
}

/** Those that shall run, with the state in which they are started again; one that its owner stops is none. */
export function running(all: readonly Pipeline[]): RunningPipeline[] {
  return all
    .filter(({ status, desired }) => status !== 'Stopped' && desired !== 'Stopped')
    .map(({ name, id, desired }) => {
      const initial =
        desired === 'Paused' ? 'paused' : desired === 'Standby' ? 'standby' : 'running'
      return { name, id, initial }
    })
}

/** An answer of the API that is no list. */
export function apiProblem({ status, seen }: ApiResult): Problem {
  if (status === 401 || status === 403) {
    const fix =
      'Put target.apiKey: {file: PATH} (or {fd: 3}, called with 3<PATH) into the answers; the file holds a key with the role "write", one a line for each tenant. At a terminal the wizard asks for it.'
    return new Problem(exitCodes.noPermission, [
      finding(felderaFindings, 'feldera.login', { subject: 'API', evidence: seen, fix }),
    ])
  }
  return noApi(seen)
}

function text(value: Json, path: string): string {
  const found = atPath(value, path)
  return typeof found === 'string' ? found : ''
}
