import { describe, expect, it } from 'vitest'
import { questionsFor } from '../../src/answers/questions.ts'
import { givenAnswers } from '../../src/front/words/answers.ts'
import { aistore } from '../../src/targets/aistore/index.ts'
import type { Target } from '../../src/targets/target.ts'

describe('the answers that have been given', () => {
  it('are labelled in words: where the noun is a path by what lies there', () => {
    const draft = {
      domain: { value: 'ais.example.com', from: 'answer' },
      'target.kind': { value: 'aistore', from: 'answer' },
      'target.certFile': { value: '/etc/ais/tls/server.crt', from: 'answer' },
      'target.caFile': { value: '/etc/ais/tls/ca.crt', from: 'answer' },
    } as const
    const labels = givenAnswers(draft, questionsFor([aistore as Target])).map(each => each.label)
    expect(labels).toEqual(expect.arrayContaining(['Domain', 'Cert file']))
    expect(labels.join()).not.toMatch(/[a-z][A-Z]/)
  })
})
