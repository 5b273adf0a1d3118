import { describe, expect, test } from 'vitest'
import { startInterview } from '../../../src/answers/interview.ts'
import type { Question } from '../../../src/answers/question.ts'
import { reduceChoice, startChoice } from '../../../src/front/ink/choice-state.ts'
import { startField, textOf, typeInField } from '../../../src/front/ink/field-state.ts'
import { standing } from '../../../src/front/ink/interview-rows.ts'
import {
  type InterviewAction,
  type InterviewState,
  reduceInterview,
  startInterviewScreen,
} from '../../../src/front/ink/interview-state.ts'
import type { Key, NamedKey } from '../../../src/front/ink/keys.ts'
import { moveInList, numberOf, scrollList, startList } from '../../../src/front/ink/list-state.ts'
import {
  type ReviewState,
  reduceReview,
  reviewChoices,
  startReview,
} from '../../../src/front/ink/review-state.ts'
import { reduceText, startText, type TextAction } from '../../../src/front/ink/text-state.ts'
import {
  reduceWatch,
  rowsOf,
  startWatch,
  type WatchAction,
  type WatchState,
} from '../../../src/front/ink/watch-state.ts'
import { now, questions, status } from './fixtures.ts'

const typed = (text: string): Key[] => [...text].map(sign => ({ is: 'text', text: sign }))
const key = (is: NamedKey): Key => ({ is })
const rows = [{}, { impossible: true }, {}, {}]

describe('a list', () => {
  test('starts on the first row that can be taken, or where it is told', () => {
    expect(startList([{ impossible: true }, {}]).cursor).toBe(1)
    expect(startList(rows, 2).cursor).toBe(2)
    expect(startList([{ impossible: true }]).cursor).toBe(0)
  })

  test('moves by rows, pages and to its ends, and not beyond', () => {
    const at = (cursor: number, is: NamedKey) =>
      moveInList({ cursor, opened: false }, key(is), rows, 2).cursor
    expect([at(0, 'down'), at(3, 'down'), at(0, 'up')]).toEqual([1, 3, 0])
    expect([at(0, 'page-down'), at(3, 'page-up'), at(2, 'home'), at(0, 'end')]).toEqual([
      2, 1, 0, 3,
    ])
  })

  test('counts only the rows that can be taken', () => {
    expect(rows.map((_, index) => numberOf(rows, index))).toEqual(['1', '', '2', '3'])
    const [digit] = typed('2')
    expect(digit && moveInList(startList(rows), digit, rows).cursor).toBe(2)
  })

  test('goes line by line through a row that is higher than its window', () => {
    const heights = [1, 10, 1]
    let list = { cursor: 1, opened: false }
    for (let step = 0; step < 5; step += 1) list = scrollList(list, key('down'), heights, 6)
    expect(list).toEqual({ cursor: 2, opened: false })
  })
})

describe('rows to choose from', () => {
  const play = (keys: Key[]) => keys.reduce(reduceChoice(rows), startChoice(rows))

  test('Enter takes the row of the cursor', () => {
    expect(play([...typed('3'), key('enter')]).taken).toBe(3)
  })

  test('Enter on a row that cannot be taken opens its reason, and closes it', () => {
    const opened = play([key('down'), key('enter')])
    expect(opened).toEqual({ list: { cursor: 1, opened: true } })
    expect(play([key('down'), key('enter'), key('enter')]).list.opened).toBe(false)
    expect(play([key('down'), key('enter'), key('down')]).list).toEqual({
      cursor: 2,
      opened: false,
    })
  })

  test('Escape goes back; letters mean nothing', () => {
    expect(play([key('escape')]).taken).toBe('back')
    expect(play(typed('qxy'))).toEqual(startChoice(rows))
  })
})

describe('a field', () => {
  const play = (keys: Key[], text = '') => keys.reduce(typeInField, startField(text))

  test('is typed, erased and moved in', () => {
    expect(textOf(play([...typed('abc'), key('left'), key('backspace'), ...typed('X')]))).toBe(
      'aXc',
    )
    expect(textOf(play([key('home'), ...typed('x'), key('end'), ...typed('y')], 'ab'))).toBe('xaby')
    expect(textOf(play([key('erase-line')], 'abc'))).toBe('')
    expect(textOf(play([key('erase-word')], 'certs/full chain'))).toBe('certs/full ')
    expect(textOf(play([key('erase-word')], 'certs/live/'))).toBe('certs/')
  })

  test('erases whole signs', () => {
    expect(textOf(play([key('backspace')], 'a🚀'))).toBe('a')
  })

  test('takes a paste as one line without control characters', () => {
    expect(textOf(play([{ is: 'paste', text: 'two\r\nlines\u001b[2J\r\n' }]))).toBe('two lines')
    // it may be a passphrase
    expect(textOf(play([{ is: 'paste', text: ' a  b ' }]))).toBe(' a  b ')
  })
})

describe('a line that is checked', () => {
  const check = (text: string) => (text === 'right' ? undefined : 'Write right.')
  const play = (actions: TextAction[]) => actions.reduce(reduceText(check), startText(''))

  test('is wrong only after a while, or at Enter; and no longer once more is typed', () => {
    expect(play(typed('wrong')).wrong).toBeUndefined()
    expect(play([...typed('wrong'), { is: 'check' }]).wrong).toBe('Write right.')
    const entered = play([...typed('wrong'), key('enter')])
    expect([entered.wrong, entered.taken]).toEqual(['Write right.', undefined])
    expect(play([...typed('wrong'), key('enter'), ...typed('x')]).wrong).toBeUndefined()
  })

  test('is taken at Enter when it is right', () => {
    expect(play([...typed('right'), key('enter')]).taken).toEqual({ text: 'right' })
  })
})

const reduce = reduceInterview(questions)
const begin = (draft: Parameters<typeof startInterview>[0] = {}) =>
  startInterviewScreen(startInterview(draft, questions))
const play = (state: InterviewState, actions: InterviewAction[]) => actions.reduce(reduce, state)
const answer = (value: string) => ({ value, from: 'answer' as const })

function question(id: string): Question {
  const found = questions.find(each => each.id === id)
  if (!found) throw new TypeError(`no question ${id}`)
  return found
}

describe('an interview', () => {
  test('goes from question to question', () => {
    const state = play(begin(), [...typed('fraud.ml.example.com'), key('enter')])
    expect(state.interview).toEqual({
      draft: { domain: answer('fraud.ml.example.com') },
      at: 'certificate.source',
    })
  })

  test('an answer that is wrong stays in its field, with what is wrong', () => {
    const state = play(begin(), [...typed('fraud_model'), key('enter')])
    expect(state.interview.at).toBe('domain')
    expect(state.wrong?.fix).toBe('Write fraud-model.')
    expect(textOf(standing(state, question('domain')).field)).toBe('fraud_model')
    expect(play(state, [key('backspace')]).wrong).toBeUndefined()
  })

  test('says what is wrong after a while, but nothing about an empty field', () => {
    expect(play(begin(), [...typed('a b'), { is: 'check' }]).wrong?.wrong).toMatch(/white space/)
    expect(play(begin(), [{ is: 'check' }]).wrong).toBeUndefined()
  })

  test('Escape keeps what is typed, there and back again', () => {
    const there = play(begin({ domain: answer('a.example.com') }), [
      ...typed('2'),
      key('enter'),
      ...typed('./certs/full'),
      key('escape'),
    ])
    expect(there.interview.at).toBe('certificate.source')
    // the cursor stands on what was chosen
    const source = standing(there, question('certificate.source'))
    expect(source.rows[source.list.cursor]?.value).toBe('uploaded')
    const back = play(there, [key('enter')])
    expect(back.interview.at).toBe('certificate.chain')
    expect(textOf(standing(back, question('certificate.chain')).field)).toBe('./certs/full')
  })

  test('Escape at the first question leaves it, with what was typed', () => {
    const left = play(begin(), [...typed('half'), key('escape')])
    expect(left.taken).toBe('back')
    const again = startInterviewScreen(startInterview({}, questions), left.fields)
    expect(textOf(standing(again, question('domain')).field)).toBe('half')
  })

  test('a row that is not possible tells its reason and is not taken', () => {
    const state = play(
      begin({
        domain: answer('a.example.com'),
        'certificate.source': answer('self-signed'),
        'certificate.authority': answer('local'),
      }),
      [key('end'), key('enter')],
    )
    expect(state.interview.at).toBe('target.kind')
    expect(state.lists['target.kind']?.opened).toBe(true)
  })

  test('ends with the last answer', () => {
    const draft = {
      domain: answer('a.example.com'),
      'certificate.source': answer('self-signed'),
      'target.kind': answer('skyserve'),
      'target.service': answer('fraud-model'),
      'target.yaml': answer('./service.yaml'),
    }
    const state = play(begin(draft), [key('enter')])
    expect(state.taken).toEqual({
      draft: { ...draft, 'certificate.authority': answer('local') },
    })
  })
})

describe('candidates that the machine found', () => {
  const draft = {
    domain: answer('a.example.com'),
    'certificate.source': answer('self-signed'),
    'certificate.authority': answer('local'),
    'target.kind': answer('skyserve'),
  }
  const service = question('target.service')
  const choices = [
    { value: 'fraud-model', title: 'fraud-model', also: { 'target.onConflict': 'adopt' } },
    { value: 'old', title: 'old', impossible: { reason: 'It is going.', fix: 'Wait.' } },
  ]
  const looked = (typedSoFar = ''): InterviewAction => ({
    is: 'looked',
    id: 'target.service',
    looked: { typed: typedSoFar, found: { choices } },
  })
  const looking: InterviewAction = { is: 'looked', id: 'target.service', looked: { typed: '' } }

  test('are rows, and one more to type another', () => {
    const state = play(begin(draft), [looking, looked()])
    expect(standing(state, service).mode).toBe('rows')
    expect(standing(state, service).rows.map(({ title }) => title)).toEqual([
      'fraud-model',
      'old',
      'Another one …',
    ])
    const taken = play(state, [key('enter')])
    expect(taken.interview.draft['target.service']).toEqual({ value: 'fraud-model', from: 'found' })
    expect(taken.interview.draft['target.onConflict']).toEqual({ value: 'adopt', from: 'found' })
  })

  test('the row for another one opens the field, Escape closes it', () => {
    const open = play(begin(draft), [looking, looked(), ...typed('2'), key('enter')])
    expect(standing(open, service).mode).toBe('field')
    const closed = play(open, [...typed('new'), key('escape')])
    expect([closed.interview.at, standing(closed, service).mode]).toEqual([
      'target.service',
      'rows',
    ])
    const again = play(closed, [key('enter')])
    expect(textOf(standing(again, service).field)).toBe('new')
  })

  test('do not take the place of what is being typed', () => {
    const state = play(begin(draft), [looking, ...typed('my'), looked()])
    expect(standing(state, service).mode).toBe('field')
    expect(textOf(standing(state, service).field)).toBe('my')
  })

  test('of another folder than the typed one are late and passed over', () => {
    const state = play(begin(draft), [looking, looked('elsewhere/')])
    expect(standing(state, service).looking).toBe(true)
  })
})

describe('a file question', () => {
  const draft = { domain: answer('a.example.com'), 'certificate.source': answer('uploaded') }
  const chain = question('certificate.chain')
  const found: InterviewAction[] = [
    { is: 'looked', id: chain.id, looked: { typed: '' } },
    {
      is: 'looked',
      id: chain.id,
      looked: {
        typed: '',
        found: {
          choices: [
            { value: './certs/', title: 'certs/' },
            { value: './fullchain.pem', title: 'fullchain.pem' },
            { value: './full.p12', title: 'full.p12' },
            {
              value: './notes.txt',
              title: 'notes.txt',
              impossible: { reason: 'no certificate', fix: '' },
            },
          ],
        },
      },
    },
  ]
  const shown = (state: InterviewState) => standing(state, chain).rows.map(({ title }) => title)

  test('lists what the typed path can become', () => {
    expect(shown(play(begin(draft), found))).toHaveLength(4)
    expect(shown(play(begin(draft), [...found, ...typed('full')]))).toEqual([
      'fullchain.pem',
      'full.p12',
    ])
    expect(shown(play(begin(draft), [...found, ...typed('./fulls')]))).toEqual([])
  })

  test('Tab completes as far as all that match are alike', () => {
    const state = play(begin(draft), [...found, ...typed('fu'), key('tab')])
    expect(textOf(standing(state, chain).field)).toBe('./full')
    const whole = play(state, [...typed('c'), key('tab')])
    expect(textOf(standing(whole, chain).field)).toBe('./fullchain.pem')
  })

  test('Enter takes the row, goes into a folder, and takes what is typed where no row fits', () => {
    const row = play(begin(draft), [...found, key('down'), key('enter')])
    expect(row.interview.draft[chain.id]).toEqual({ value: './fullchain.pem', from: 'found' })
    const folder = play(begin(draft), [...found, key('enter')])
    expect(textOf(standing(folder, chain).field)).toBe('./certs/')
    const own = play(begin(draft), [...found, ...typed('/etc/x.pem'), key('enter')])
    expect(own.interview.draft[chain.id]).toEqual(answer('/etc/x.pem'))
  })

  test('a file that cannot be used tells why and is not taken', () => {
    const state = play(begin(draft), [...found, key('page-down'), key('enter')])
    expect(state.interview.at).toBe(chain.id)
    expect(state.lists[chain.id]?.opened).toBe(true)
  })

  test('an optional one can be left out', () => {
    const at = { ...draft, [chain.id]: answer('./fullchain.pem') }
    const certificateKey = question('certificate.key')
    const state = play(begin(at), [
      { is: 'looked', id: certificateKey.id, looked: { typed: '' } },
      {
        is: 'looked',
        id: certificateKey.id,
        looked: { typed: '', found: { choices: [{ value: './key.pem', title: 'key.pem' }] } },
      },
      key('down'),
      key('enter'),
    ])
    expect(state.interview.draft[certificateKey.id]).toEqual({ value: null, from: 'answer' })
  })
})

describe('a review', () => {
  const choices = reviewChoices({ saveAs: './a.yaml' })
  const facts = {
    choices,
    endpoint: 'fraud-model',
    loses: false,
    heights: [1, 1, 1, 1, 1],
    room: 9,
    phaseStarts: [0, 2, 4],
  }
  const start = (priced: boolean, rehearsed = false) =>
    startReview({ verb: 'enable', priced, rehearsed }, choices)
  const review = (state: ReviewState, keys: Key[], more = {}) =>
    keys.reduce(reduceReview({ ...facts, ...more }), state)

  test('starts on a harmless row where there is a price', () => {
    expect(start(true).choice.list.cursor).toBe(1)
    expect(start(false).choice.list.cursor).toBe(0)
    expect(start(true, true).choice.list.cursor).toBe(0)
  })

  test('Enter takes the row, Escape goes back', () => {
    expect(review(start(true), [key('enter')]).taken).toBe('rehearse')
    expect(review(start(true), [key('up'), key('enter')]).taken).toBe('run')
    expect(review(start(true), [key('escape')]).taken).toBe('back')
  })

  test('of answers that stand elsewhere neither changes nor saves any', () => {
    const own = { choices: reviewChoices({}) }
    const begun = startReview({ verb: 'rotate', priced: true, rehearsed: false }, own.choices)
    expect(own.choices).toEqual(['run', 'rehearse', 'back'])
    expect(begun.choice.list.cursor).toBe(1)
    expect(review(begun, [key('down'), key('enter')], own).taken).toBe('back')
  })

  test('HTTPS is kept by one Enter too many', () => {
    const own = { choices: reviewChoices({}) }
    const begun = startReview({ verb: 'disable', priced: true, rehearsed: false }, own.choices)
    expect(review(begun, [key('enter')], own).taken).toBe('back')
  })

  test('no letter takes anything', () => {
    expect(review(start(false), typed('ryqx')).taken).toBeUndefined()
  })

  test('where something is lost the name must be typed', () => {
    const asked = review(start(false), [key('enter')], { loses: true })
    expect([asked.taken, asked.agreeing?.untouched]).toEqual([undefined, true])
    const wrong = review(asked, [...typed('fraud'), key('enter')], { loses: true })
    expect([wrong.taken, wrong.agreeing?.wrong]).toEqual([
      undefined,
      'This is not fraud-model. Nothing was started.',
    ])
    const agreed = review(asked, [...typed('fraud-model'), key('enter')], { loses: true })
    expect(agreed.taken).toBe('run')
    expect(review(asked, [key('escape')], { loses: true }).agreeing).toBeUndefined()
  })

  test('the commands open, go by step and by phase, and close', () => {
    const opened = review(start(true), typed('e'))
    expect(opened.opened?.cursor).toBe(0)
    const moved = review(opened, [key('page-down'), key('page-down'), key('up')])
    expect(moved.opened?.cursor).toBe(3)
    expect(review(moved, [key('page-up')]).opened?.cursor).toBe(2)
    expect(review(moved, [key('escape')]).opened).toBeUndefined()
    expect(review(moved, [key('enter')]).taken).toBeUndefined()
  })
})

describe('a watch', () => {
  const all = [
    status('good', 80),
    status('lab', -3, { alerts: ['tls-cert-expired'], target: 'aistore' }),
    status('eu', 1, { alerts: ['tls-cert-will-soon-expire'], target: 'feldera' }),
    status('fraud', 29, { alerts: ['rotation-due'] }),
    status('vision', undefined, { alerts: ['unreachable'] }),
  ]
  const start = (some = all) =>
    startWatch(
      some.map(({ name }) => name),
      some,
      now,
    )
  const watch = (state: WatchState, actions: WatchAction[]) => actions.reduce(reduceWatch, state)
  const names = (state: WatchState) => rowsOf(state).map(({ name }) => name)

  test('shows the worst first, then the least time left', () => {
    expect(names(start())).toEqual(['lab', 'eu', 'fraud', 'vision', 'good'])
  })

  test('is sorted by name, target, alert, and by days again', () => {
    const byName = watch(start(), typed('s'))
    expect(names(byName)).toEqual(['eu', 'fraud', 'good', 'lab', 'vision'])
    const byTarget = watch(byName, typed('s'))
    expect(names(byTarget)).toEqual(['lab', 'eu', 'fraud', 'good', 'vision'])
    expect(watch(byTarget, typed('ss')).sort).toBe('days')
  })

  test.each([
    ['au', ['fraud']],
    ['is:due', ['lab', 'eu', 'fraud']],
    ['target:aistore', ['lab']],
    ['is:due target:skyserve', ['fraud']],
    ['is:expired', ['lab']],
    ['nothing', []],
  ])('is filtered by %s', (filter, left) => {
    expect(names(watch(start(), [...typed('/'), ...typed(filter)]))).toEqual(left)
  })

  test('a filter ends with Escape, stays with Enter; s and q are text in it', () => {
    const filtering = watch(start(), [...typed('/sq')])
    expect(textOf(filtering.filter)).toBe('sq')
    expect(filtering.taken).toBeUndefined()
    expect(names(watch(filtering, [key('escape')]))).toHaveLength(5)
    const kept = watch(start(), [...typed('/au'), key('enter')])
    expect([kept.filtering, names(kept)]).toEqual([false, ['fraud']])
    expect(names(watch(kept, [key('escape')]))).toHaveLength(5)
  })

  test('the cursor stays on its endpoint when rows move', () => {
    const at = watch(start(), [key('down')])
    expect(at.at).toBe('eu')
    const renewed = watch(at, [{ is: 'looks', began: [], seen: [status('eu', 88)] }])
    expect(names(renewed)[0]).toBe('lab')
    expect([renewed.at, names(renewed).at(-1)]).toEqual(['eu', 'eu'])
  })

  test('counts who is looked at now', () => {
    const looking = watch(start(), [{ is: 'looks', began: ['lab', 'eu'], seen: [] }])
    expect(looking.looking.size).toBe(2)
    const seen = watch(looking, [{ is: 'looks', began: [], seen: [status('eu', 88)] }])
    expect([...seen.looking]).toEqual(['lab'])
  })

  test('Enter opens details, Escape closes them, r looks, q leaves', () => {
    const opened = watch(start(), [key('enter')])
    expect(opened.opened).toBe('lab')
    expect(watch(opened, typed('r')).wanted).toBe('lab')
    expect(watch(opened, [key('escape')]).opened).toBeUndefined()
    expect(watch(start(), [key('down'), ...typed('r')]).wanted).toBe('eu')
    expect(watch(start(), typed('q')).taken).toBe('leave')
    expect(watch(opened, typed('q')).taken).toBe('leave')
  })

  test('of one endpoint has its details alone', () => {
    const one = start([status('fraud', 29)])
    expect(watch(one, [key('escape')]).opened).toBe('fraud')
  })
})
