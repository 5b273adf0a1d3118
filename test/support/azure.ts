import type { Json } from '../../src/plan/plan.ts'
import type { RunTool, ToolCall, ToolResult } from '../../src/process/tool.ts'

/** What a tool ends with; JSON where it is an object. */
export interface Said {
  exit?: number
  outcome?: 'timed-out'
  stdout?: Json
  stderr?: string
}

/** Answers each call of a tool by a function of its words; calls are written down. */
export function toolDouble(answer: (words: string, call: ToolCall) => Said | undefined) {
  const calls: ToolCall[] = []
  const run: RunTool = async call => {
    calls.push(call)
    const {
      exit = 0,
      stdout = '',
      stderr = '',
      outcome = 'ended',
    } = answer(call.argv.join(' '), call) ?? {
      exit: 2,
      stderr: `no such words in the double: ${call.argv.join(' ')}`,
    }
    const text = typeof stdout === 'string' ? stdout : JSON.stringify(stdout, null, 2)
    const result: ToolResult = {
      argv: call.argv,
      outcome,
      exit,
      stdout: text,
      stderr,
      tookMs: 0,
    }
    return result
  }
  return { run, calls, words: () => calls.map(({ argv }) => argv.join(' ')) }
}

/** The extension as `az k8s-extension show` writes it (lab azure, az 2.91 and k8s-extension 1.7). */
export function extensionJson(
  settings: Record<string, string | null> = {},
  more: { state?: string; secrets?: string[]; name?: string } = {},
): { [key: string]: Json } {
  const { state = 'Succeeded', secrets = [], name = 'azureml' } = more
  return {
    name,
    extensionType: 'microsoft.azureml.kubernetes',
    provisioningState: state,
    currentVersion: '1.1.86',
    version: null,
    configurationSettings: {
      enableInference: 'True',
      inferenceRouterServiceType: 'LoadBalancer',
      inferenceRouterHA: 'false',
      'relayserver.enabled': 'false',
      'servicebus.enabled': 'false',
      ...settings,
    },
    configurationProtectedSettings: Object.fromEntries(secrets.map(key => [key, ''])),
    errorInfo: null,
  }
}

/** The settings of an extension that serves a Secret. */
export function secretSettings(secret: string, cname = 'ml.lab.test'): Record<string, string> {
  return {
    allowInsecureConnections: 'False',
    sslSecret: secret,
    'scoringFe.sslSecret': secret,
    sslCname: cname,
  }
}

/** What az says when it fails, word for word from the lab's transcript. */
export const azWords = {
  login: "ERROR: Please run 'az login' to setup account.",
  401: 'ERROR: (ExpiredAuthenticationToken) The access token expiry UTC time is earlier than current UTC time.\nCode: ExpiredAuthenticationToken\nMessage: The access token expiry UTC time is earlier than current UTC time.',
  403: "ERROR: (AuthorizationFailed) The client 'lab' with object id 'lab' does not have authorization to perform action 'Microsoft.KubernetesConfiguration/extensions/write' over scope '/subscriptions/0/resourceGroups/rg1' or the scope is invalid.",
  409: 'ERROR: (OperationNotAllowed) Operation is not allowed because there is an in progress operation on this resource. An earlier operation is still in progress.\nCode: OperationNotAllowed',
  429: 'ERROR: (TooManyRequests) The request is being throttled. Please try after 2 seconds.\nCode: TooManyRequests',
  500: 'ERROR: (InternalServerError) Encountered internal server error.\nCode: InternalServerError',
  drop: "ERROR: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
  healthcheck:
    'ERROR: (ExtensionOperationFailed) The extension operation failed with the following error:  Error: {failed to upgrade chart from path [] for release [azureml]: err [failed pre-upgrade: pod healthcheck failed]} occurred while doing the operation : {Update} on the config, For general troubleshooting visit: https://aka.ms/k8s-extensions-TSG ',
  'no-extension': "ERROR: 'k8s-extension' is misspelled or not recognized by the system.",
  'no-cluster':
    "ERROR: (ResourceNotFound) The Resource 'Microsoft.ContainerService/managedClusters/nope' under resource group 'rg1' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix\nCode: ResourceNotFound",
  'no-subscription':
    "ERROR: Subscription '99999999-0000-4000-8000-000000000001' not found. Check the spelling and casing and try again.",
  portal:
    "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: 'NoneType' object has no attribute 'lower'\nTraceback (most recent call last):",
} as const
