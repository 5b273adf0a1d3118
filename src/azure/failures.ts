import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { azureFindings } from './findings.ts'

/** What az's words mean. */
export type AzFailure =
  | 'login'
  | 'forbidden'
  | 'no-extension'
  | 'no-subscription'
  | 'not-found'
  | 'in-progress'
  | 'throttled'
  | 'server'
  | 'lost'
  | 'relay'
  | 'operation'
  | 'other'

interface Kind {
  failure: AzFailure
  /** Held against stderr and stdout together; the first that matches counts. */
  words: RegExp
}

/**
 * az's own words, as Azure CLI 2.91 and k8s-extension 1.7 write them. The code in brackets is ARM's and
 * stable; the sentences after it are not.
 */
const kinds: readonly Kind[] = [
  {
    failure: 'login',
    words:
      /az login|\((ExpiredAuthenticationToken|InvalidAuthenticationToken|AuthenticationFailed)\)|AADSTS\d+|Unauthorized\b/,
  },
  {
    failure: 'forbidden',
    words:
      /\((AuthorizationFailed|LinkedAuthorizationFailed|Forbidden)\)|does not have authorization/,
  },
  {
    failure: 'no-extension',
    words: /'k8s-extension' is misspelled|requires the extension k8s-ext/,
  },
  {
    failure: 'no-subscription',
    words:
      /\((SubscriptionNotFound|InvalidSubscriptionId)\)|subscription .* (doesn't exist|does not exist|not found|not recognized)/i,
  },
  {
    failure: 'operation',
    words:
      /\(ExtensionOperationFailed\)|failed to (install|upgrade|delete) chart|healthcheck failed/,
  },
  {
    failure: 'in-progress',
    words:
      /\((OperationNotAllowed|Conflict|AnotherOperationInProgress)\)|in progress operation|is still in progress/,
  },
  { failure: 'throttled', words: /\((TooManyRequests|SubscriptionRequestsThrottled)\)|throttled/ },
  {
    failure: 'server',
    words:
      /\((InternalServerError|ServiceUnavailable|GatewayTimeout|BadGateway)\)|\b50[0234]\b.*error/i,
  },
  {
    failure: 'lost',
    words:
      /Connection aborted|RemoteDisconnected|Connection reset|Max retries exceeded|Read timed out|Failed to establish a new connection|ConnectionError|Connection broken/,
  },
  {
    failure: 'not-found',
    words: /\((ResourceNotFound|ResourceGroupNotFound|NotFound|ParentResourceNotFound)\)/,
  },
  { failure: 'relay', words: /'NoneType' object has no attribute 'lower'|Relay server not found/ },
]

export function failureOf(text: string): AzFailure {
  return kinds.find(({ words }) => words.test(text))?.failure ?? 'other'
}

/** How a failure ends a command: its finding, exit code and the next thing to type. */
export const ends: Readonly<
  Record<AzFailure, { id: keyof typeof azureFindings & string; exit: ExitCode; fix: string }>
> = {
  login: { id: 'azure.login', exit: exitCodes.noPermission, fix: 'Type: az login' },
  forbidden: {
    id: 'azure.forbidden',
    exit: exitCodes.noPermission,
    fix: 'Ask for the role that is named (Kubernetes Extension Contributor holds it), then type: az login',
  },
  'no-extension': {
    id: 'azure.no-k8s-extension',
    exit: exitCodes.unavailable,
    fix: 'Type: az extension add -n k8s-extension',
  },
  'no-subscription': {
    id: 'azure.no-subscription',
    exit: exitCodes.data,
    fix: 'See which there are: az account list -o table; put its id into target.subscription.',
  },
  'not-found': {
    id: 'azure.not-found',
    exit: exitCodes.data,
    fix: 'Put subscription, resource group, name and type of the cluster right in the answers.',
  },
  'in-progress': {
    id: 'azure.in-progress',
    exit: exitCodes.later,
    fix: 'Run the same command again in some minutes; it looks first what is there.',
  },
  throttled: {
    id: 'azure.throttled',
    exit: exitCodes.later,
    fix: 'Run the same command again in some minutes.',
  },
  server: {
    id: 'azure.server',
    exit: exitCodes.later,
    fix: 'Run the same command again in some minutes; https://status.azure.com says more.',
  },
  lost: {
    id: 'azure.lost',
    exit: exitCodes.later,
    fix: 'Run the same command again: it reads the state before it tries anything.',
  },
  relay: {
    id: 'azure.relay',
    exit: exitCodes.data,
    fix: 'See the settings: az k8s-extension show; delete and create the extension where it needs Relay.',
  },
  operation: {
    id: 'azure.operation-failed',
    exit: exitCodes.failed,
    fix: 'Put right what the health check says, then run the same command again.',
  },
  other: {
    id: 'azure.failed',
    exit: exitCodes.failed,
    fix: 'See it yourself with the command that is shown, and --debug.',
  },
}
