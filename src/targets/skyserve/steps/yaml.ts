import type { Step } from '../../../plan/plan.ts'
import type { SkyServeAnswers } from '../answers.ts'

/** The copy of the user's YAML that the service is started from with the new pair. */
export function renderYaml({ yaml }: SkyServeAnswers): Step {
  const values = { keyfile: { kept: 'key.pem' }, certfile: { kept: 'chain.pem' } }
  const set = [{ at: ['service', 'tls'], template: 'skyserve/tls.yaml', values }]
  return {
    id: 'prepare.yaml',
    phase: 'prepare',
    title: 'Write the service YAML with TLS',
    act: { do: 'write', path: { kept: 'service.yaml' }, mode: '0600', content: { yaml, set } },
    needs: ['prepare.certificate'],
    onFail: 'stop',
  }
}

/** The copy without TLS, beside the pair of the current generation. */
export function renderPlainYaml(yaml: string): Step {
  return {
    id: 'prepare.yaml-plain',
    phase: 'prepare',
    title: 'Write the service YAML without TLS',
    act: {
      do: 'write',
      path: { before: 'service-http.yaml' },
      mode: '0600',
      content: { yaml, remove: [['service', 'tls']] },
    },
    needs: [],
    onFail: 'stop',
  }
}
