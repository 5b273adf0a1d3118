import { describe, expect, it } from 'vitest'
import { assemble } from '../../src/answers/answers.ts'
import {
  currentQuestion,
  goBack,
  goTo,
  type Interview,
  startInterview,
  takeAnswer,
} from '../../src/answers/interview.ts'
import { loadAnswers } from '../../src/answers/load.ts'
import { choicesFor } from '../../src/answers/question.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { answersText } from '../../src/answers/save.ts'
import { targets } from '../../src/targets/index.ts'

const questions = questionsFor(targets)

function say(interview: Interview, value: string): Interview {
  const next = takeAnswer(interview, questions, { value, from: 'answer' })
  if ('wrong' in next) throw new Error(next.wrong)
  return next
}

function through(values: string[]): Interview {
  return values.reduce(say, startInterview({}, questions))
}

const selfSigned = [
  'fraud.example.com',
  'self-signed',
  'local',
  'skyserve',
  'fraud',
  './service.yaml',
]

describe('the interview', () => {
  it('asks one question under one id, whichever targets share it', () => {
    const all = targets.flatMap(each => each.questions)
    const twice = all.filter(question =>
      all.some(each => each.id === question.id && each !== question),
    )
    expect(twice.map(({ id }) => id)).toEqual([])
  })

  it('offers a certificate of cert-manager only for targets that take one', () => {
    const interview = through(['fraud.example.com', 'managed', 'ca-issuer'])
    const question = currentQuestion(interview, questions)
    expect(question?.id).toBe('target.kind')
    const possible =
      question && choicesFor(question, interview.draft).filter(each => !each.impossible)
    expect(possible?.map(({ value }) => value)).toEqual(['aistore-operator'])
    expect(takeAnswer(interview, questions, { value: 'skyserve', from: 'answer' })).toMatchObject({
      fix: expect.stringContaining('choose another source'),
    })
    expect(currentQuestion(say(interview, 'aistore-operator'), questions)?.id).not.toBe(
      'target.kind',
    )
  })

  it('asks what applies, in order, and ends when all has an answer', () => {
    let interview = startInterview({}, questions)
    const asked: string[] = []
    for (const value of selfSigned) {
      asked.push(currentQuestion(interview, questions)?.id ?? '')
      interview = say(interview, value)
    }
    expect(asked).toEqual([
      'domain',
      'certificate.source',
      'certificate.authority',
      'target.kind',
      'target.service',
      'target.yaml',
    ])
    expect(interview.at).toBeUndefined()
  })

  it('gives the same answers as the file that it saves', () => {
    const { answers } = assemble(through(selfSigned).draft, questions, '/work')
    const loaded = loadAnswers(answersText(answers), questions, { name: 'a', folder: '/work' })
    expect(loaded.answers).toEqual(answers)
  })

  it('goes back without losing what was typed, and on again over what is kept', () => {
    const end = through(selfSigned)
    const back = goBack(end, questions)
    expect(back?.at).toBe('target.yaml')
    const further = goBack(back as Interview, questions)
    expect(further?.at).toBe('target.service')
    const changed = say(further as Interview, 'other')
    expect(changed.at).toBeUndefined()
    expect(changed.draft['target.yaml']?.value).toBe('./service.yaml')
  })

  it('asks what a changed answer makes needed, and keeps the other branch', () => {
    const end = through(selfSigned)
    const changed = say(goTo(end, 'certificate.source'), 'uploaded')
    expect(changed.at).toBe('certificate.chain')
    const uploaded = say(say(changed, './c.pem'), '')
    expect(uploaded.at).toBeUndefined()
    expect(assemble(uploaded.draft, questions, '/work').answers.certificate).toEqual({
      source: 'uploaded',
      chain: './c.pem',
    })
    const again = say(goTo(uploaded, 'certificate.source'), 'self-signed')
    expect(assemble(again.draft, questions, '/work').answers.certificate).toMatchObject({
      authority: 'local',
    })
  })

  it('says the same of a wrong answer as the file does', () => {
    const wrong = takeAnswer(startInterview({}, questions), questions, {
      value: 'a_b',
      from: 'answer',
    })
    expect(wrong).toEqual({ wrong: 'A host name cannot hold "_".', fix: 'Write a-b.' })
  })

  it('there is nothing before the first question', () => {
    expect(goBack(startInterview({}, questions), questions)).toBeUndefined()
  })
})
