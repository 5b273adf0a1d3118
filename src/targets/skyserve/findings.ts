import type { FindingTable } from '../../findings.ts'

export const skyserveFindings = {
  'skyserve.no-server': {
    severity: 'blocks',
    title: 'No API server of SkyPilot answers.',
    why: 'Each sky command would start one of its own; which services run would not be known.',
  },
  'skyserve.login': {
    severity: 'blocks',
    title: 'The API server of SkyPilot wants a login.',
    why: 'Services can be read and changed only after it.',
  },
  'skyserve.unsure': {
    severity: 'blocks',
    title: 'sky cannot say for sure which services run.',
    why: 'Without internet sky says "No live services." although services run.',
  },
  'skyserve.shared-folder': {
    severity: 'blocks',
    title: 'Another service shares its folder on the controller with this name.',
    why: 'SkyServe takes "-" and "_" for the same there: each would overwrite the other\'s key.',
  },
  'skyserve.foreign-pair': {
    severity: 'blocks',
    title: 'The service has a certificate that is not recorded here.',
    why: 'Replacing it could take away what somebody else put there on purpose.',
  },
  'skyserve.going': {
    severity: 'blocks',
    title: 'The service is being taken down.',
    why: 'What starts under its name now would lose its key.',
  },
  'skyserve.balancer-dead': {
    severity: 'blocks',
    title: 'sky says READY, but nothing listens at the endpoint.',
    why: 'sky never looks at its load balancer: one that has died, often of its certificate, stays READY.',
  },
  'skyserve.ingress': {
    severity: 'blocks',
    title: 'The endpoint lies behind an ingress.',
    why: 'TLS ends at the ingress there; it speaks plain HTTP to the load balancer.',
  },
  'skyserve.yaml': {
    severity: 'blocks',
    title: 'The service YAML cannot be used.',
    why: 'The service is started from a copy of it.',
  },
  'skyserve.yaml-unknown': {
    severity: 'blocks',
    title: 'sky does not say which YAML the service runs with.',
    why: 'Without it there would be no way back.',
  },
} as const satisfies FindingTable
