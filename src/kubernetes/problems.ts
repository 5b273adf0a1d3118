import { type Interrupted, Problem } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { finding } from '../findings.ts'
import type { Explanation } from '../plan/plan.ts'
import { type Answer, holds } from '../plan/predicate.ts'
import { oneLine, plainText } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { ToolResult } from '../process/tool.ts'
import { toolProblem } from '../process/tool-problem.ts'
import { kubernetesFindings } from './findings.ts'
import { type Cluster, kubectlArgv } from './place.ts'

type Id = keyof typeof kubernetesFindings

/**
 * What words of kubectl and helm mean, first match wins: for `explains` of a plan's commands. The
 * words are those of client-go, which both are made of.
 */
export function kubernetesExplains(cluster: Cluster): Explanation[] {
  const login = `See why: ${quoteCommand(kubectlArgv(cluster, 'auth', 'whoami'))}; log in again as your cluster wants it (az login, aws sso login, gcloud auth login).`
  const of = (id: Id, exit: ExitCode, regex: string, fix: string): Explanation => {
    const { title, why } = kubernetesFindings[id]
    return { when: { regex }, id, exit, title, why, fix }
  }
  return [
    of(
      'kube.no-context',
      exitCodes.data,
      'context "[^"]*" does not exist|context was not found|no context exists|error loading config file|stat .*: no such file',
      'See which there are: kubectl config get-contexts; put one into target.context.',
    ),
    of(
      'kube.login',
      exitCodes.noPermission,
      'Unauthorized|must be logged in|asked for the client to provide credentials|getting credentials|exec plugin|executable .* (not found|failed)|token .*expired|AADSTS|Token has expired|no Auth Provider found',
      login,
    ),
    of(
      'kube.conflict',
      exitCodes.data,
      'Apply failed with \\d+ conflict',
      'Let the manager that it names change it, or give the endpoint another record name (endpoint: in the answers): what is made for it is named after it.',
    ),
    of(
      'kube.denied',
      exitCodes.failed,
      'admission webhook .* denied|ValidatingAdmissionPolicy|exceeded quota|violates PodSecurity',
      'Put right what it says, or ask who runs the cluster; then run the same command again.',
    ),
    of(
      'kube.forbidden',
      exitCodes.noPermission,
      'is forbidden|\\(Forbidden\\)|cannot (get|list|watch|create|patch|update|delete) resource',
      'Have an administrator allow it, then run the same command again.',
    ),
    of(
      'kube.no-namespace',
      exitCodes.data,
      'namespaces "[^"]*" not found',
      `See which there are: ${quoteCommand(kubectlArgv(cluster, 'get', 'namespaces'))}`,
    ),
    of(
      'kube.not-running',
      exitCodes.later,
      'pod is not running',
      `See why: ${quoteCommand(kubectlArgv(cluster, 'get', 'pods', '--all-namespaces'))}; when it runs, run the same command.`,
    ),
    of(
      'kube.node',
      exitCodes.later,
      'error dialing backend|unable to upgrade connection.*(connection refused|i/o timeout)',
      `See which: ${quoteCommand(kubectlArgv(cluster, 'get', 'nodes'))}; when its kubelet answers again, run the same command.`,
    ),
    of(
      'kube.unreachable',
      exitCodes.later,
      'connection refused|was refused - did you specify|no such host|i/o timeout|TLS handshake timeout|Unable to connect to the server|network is unreachable|no route to host|unexpected EOF|http2: client connection lost|the server is currently unable|etcdserver|connection reset by peer|context deadline exceeded .*Client.Timeout|kubernetes cluster unreachable|Kubernetes cluster unreachable',
      `When it answers again, run the same command: it goes on where it stopped. See: ${quoteCommand(kubectlArgv(cluster, 'get', '--raw', '/readyz'))}`,
    ),
  ]
}

/**
 * A call that went wrong, as the finding that it means. Only stderr is read: what a call answers may
 * be a Secret.
 */
export function kubernetesProblem(
  result: ToolResult,
  cluster: Cluster,
  limitMs: number,
): Problem | Interrupted {
  const said = plainText(result.stderr)
  const safe = { ...result, stdout: '' }
  if (result.outcome !== 'ended') return toolProblem(safe, limitMs)
  const answer: Answer = { exit: result.exit, text: said, seen: '' }
  const known = kubernetesExplains(cluster).find(({ when }) => holds(when, answer))
  if (!known) return toolProblem(safe, limitMs)
  return kubernetesFinding(known.id as Id, known.exit as ExitCode, {
    subject: cluster.context,
    evidence: lastLines(said),
    fix: known.fix,
  })
}

/** One finding of the table as a problem. */
export function kubernetesFinding(
  id: Id,
  exit: ExitCode,
  occurrence: { subject: string; evidence: string; fix: string; title?: string },
): Problem {
  return new Problem(exit, [finding(kubernetesFindings, id, occurrence)])
}

/** Whether a problem says that the API server is gone for now. */
export function isUnreachable(error: unknown): boolean {
  return isFound(error, 'kube.unreachable')
}

/** Whether a problem says that a pod has not started, or has ended. */
export function isNotRunning(error: unknown): boolean {
  return isFound(error, 'kube.not-running')
}

function isFound(error: unknown, id: Id): boolean {
  return error instanceof Problem && error.findings[0]?.id === id
}

function lastLines(text: string): string {
  const lines = text.split('\n').map(oneLine).filter(Boolean)
  return lines.slice(-6).join('\n').slice(0, 1500)
}
