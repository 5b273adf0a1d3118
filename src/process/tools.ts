/** A program that plans call: what it is for and how a user gets it. */
export interface ToolInfo {
  name: string
  purpose: string
  /** Commands to type, most usual first. */
  get: string
  /** How a login that ran out is renewed. */
  login?: string
  /** Without it a built-in probe does the work. */
  optional?: boolean
}

const tools: readonly ToolInfo[] = [
  {
    name: 'sky',
    purpose: 'SkyPilot, which runs SkyServe services',
    get: 'pip install "skypilot>=0.12"',
    login: 'sky api login',
  },
  {
    name: 'az',
    purpose: 'the Azure CLI, which changes extensions of clusters',
    get: 'pip install azure-cli, then az extension add -n k8s-extension',
    login: 'az login',
  },
  {
    name: 'kubectl',
    purpose: 'talks to Kubernetes clusters',
    get: 'see https://kubernetes.io/docs/tasks/tools/',
    login: 'kubectl auth whoami',
  },
  {
    name: 'helm',
    purpose: 'installs and upgrades releases on Kubernetes',
    get: 'see https://helm.sh/docs/intro/install/ (3.14 or newer)',
  },
  {
    name: 'ais',
    purpose: "AIStore's command, whose settings lead it to the cluster",
    get: 'see https://github.com/NVIDIA/aistore/releases',
  },
  {
    name: 'ssh',
    purpose: 'puts files onto the hosts of nodes',
    get: 'apt-get install openssh-client',
  },
  {
    name: 'curl',
    purpose: 'asks the endpoint as a client does',
    get: 'apt-get install curl',
    optional: true,
  },
  {
    name: 'nslookup',
    purpose: 'shows what DNS says',
    get: 'apt-get install bind9-dnsutils',
    optional: true,
  },
]

export function toolInfo(name: string): ToolInfo {
  return tools.find(each => each.name === name) ?? { name, purpose: '', get: `install ${name}` }
}
