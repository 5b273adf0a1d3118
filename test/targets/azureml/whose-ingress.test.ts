import { describe, expect, it } from 'vitest'
import { foreignIn } from '../../../src/targets/azureml/ingress.ts'

describe('whose an Ingress is', () => {
  const by = (manager: string, more: object = {}) => ({
    kind: 'Ingress',
    metadata: {
      name: 'ml',
      managedFields: [
        { manager, operation: 'Apply' },
        { manager: 'nginx', operation: 'Update', subresource: 'status' },
      ],
      ...more,
    },
    spec: {},
  })

  it('is ours by its label, and without one where nobody else has written it', () => {
    const labels = {
      'app.kubernetes.io/managed-by': 'secure-endpoint',
      'secure-endpoint.dev/endpoint': 'ml',
    }
    expect(foreignIn(by('helm', { labels }), 'ml')).toBeUndefined()
    expect(foreignIn(by('secure-endpoint'), 'ml')).toBeUndefined()
    expect(foreignIn(by('helm'), 'ml')).toMatchObject({ words: 'made by helm' })
    const other = { labels: { ...labels, 'secure-endpoint.dev/endpoint': 'other' } }
    expect(foreignIn(by('secure-endpoint', other), 'ml')).toBeDefined()
  })
})
