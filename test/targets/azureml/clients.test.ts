import { describe, expect, it } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { clientSetup } from '../../../src/targets/azureml/clients.ts'
import { azureml } from '../../../src/targets/azureml/index.ts'
import type { Target } from '../../../src/targets/target.ts'
import { azuremlFlow, usualAnswers } from '../../support/azureml-flow.ts'

const online = '\n  workspace: w1\n  onlineEndpoint: fraud'

/** What is said to whom, as one text. */
function said(mode: string, https: boolean): Record<string, string> {
  const questions = questionsFor([azureml as Target])
  const text = usualAnswers(`  mode: ${mode}${online}`)
  const { answers } = loadAnswers(text, questions, { name: 'a.yaml', folder: '/' })
  const setup = clientSetup(answers, 'https://ml.lab.test:443/', { https, privateRoot: true })
  return Object.fromEntries(setup.map(({ who, ...words }) => [who, JSON.stringify(words)]))
}

const https = 'nginx.ingress.kubernetes.io/backend-protocol: \\"HTTPS\\"'
const http = 'nginx.ingress.kubernetes.io/backend-protocol: \\"HTTP\\"'

describe('what clients of Azure ML are told', () => {
  it.each(['secret', 'pem'])('in %s mode is what azureml-fe does', mode => {
    const on = said(mode, true)
    expect(on['every client']).toContain('TLS 1.2 (1.3 is not spoken); HTTP on port 80 is closed')
    expect(on['ingresses and gateways in front']).toContain('HTTPS to the port of azureml-fe')
    expect(on['ingresses and gateways in front']).toContain(https)
    expect(on['clients that keep the scoring URI']).toContain('its scheme and host have changed')
    expect(on['health probes and gateways']).toContain('takes the endpoint out')
    const off = said(mode, false)
    expect(off['ingresses and gateways in front']).toContain(http)
    expect(off['health probes and gateways']).toContain('Ask HTTP at ')
    expect(off).not.toHaveProperty('curl')
  })

  it('in ingress mode is what the Ingress does, with its backend and annotation', () => {
    const on = said('ingress', true)
    expect(JSON.stringify(on)).not.toMatch(
      /1\.3 is not spoken|port 80 is closed|takes the endpoint/,
    )
    expect(on['every client']).toContain('the controller of the Ingress decides')
    const own = on['the Ingress ml in namespace azureml']
    expect(own).toContain('ends TLS for ml.lab.test and speaks HTTP to azureml-fe:80')
    expect(own).toContain(http)
    expect(on['clients that keep the scoring URI']).toContain('put https://ml.lab.test before it')
    expect(on['health probes and gateways']).toContain('with the name ml.lab.test at ')
    const off = said('ingress', false)
    expect(off['the Ingress ml in namespace azureml']).toContain('in the clear')
    expect(off['health probes and gateways']).toContain('Ask HTTP with the name ml.lab.test at ')
    expect(off['clients that keep the scoring URI']).toContain('put http://ml.lab.test before it')
  })

  it('waits for no scoring URI that Azure ML never gives, and names the endpoint over HTTP, too', async () => {
    const flow = await azuremlFlow(usualAnswers(`  mode: ingress${online}`))
    try {
      const { events, exit } = await flow.go('enable')
      expect(exit).toBe(0)
      expect(events.some(each => 'id' in each && each.id === 'serve.scoring-uri')).toBe(false)
      await flow.go('disable')
      expect((await flow.status()).record?.url).toMatch(/^http:\/\/ml\.lab\.test:\d+\/$/)
    } finally {
      await flow.close()
    }
  })
})
