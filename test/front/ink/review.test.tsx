import { describe, expect, test } from 'vitest'
import { type Size, screen } from '../../support/screen.tsx'
import { expectCopied, expectGoodFrames, expectLines, scrollTo, sizes } from './expect-frames.ts'
import { freePlan, judgement, now, plan, reviewed, warnedPlan } from './fixtures.ts'

const wide: Size = { columns: 80, rows: 24 }
const small: Size = { columns: 40, rows: 12 }

describe('the gate', () => {
  test('3a: a good certificate, its chain from the leaf up', async () => {
    const shown = await screen(wide)
    const choice = shown.front.gate(judgement('ok'), now)
    await shown.waitFor('? keys')
    expectLines(shown, [
      '  The certificate can be used. Nothing needs repair.',
      '  fraud.ml.example.com                  leaf, 87 of 90 days left, 2027-02-16',
      '  └─ signed by Example Issuing CA 3     intermediate, until 2035-02-07',
      '     └─ signed by Example Root CA       root, not sent',
      '  ✔ key fits  ✔ name covered  ✔ dates  ✔ chain  ✔ strength  ✔ use: server',
      '  – cert.root-private   Only clients that trust Example Root CA accept it.',
      '',
      '❯ 1 Continue',
      '  2 Choose other files',
      '',
      expect.stringMatching(
        /^ {2}↑↓ or 1–2 · e all \d+ checks · c copy as JSON · Esc back · \? keys$/,
      ),
    ])
    shown.press('enter')
    expect(await choice).toBe('continue')
  })

  test.each(sizes)('3b: what goes in, and what was where', async size => {
    const shown = await screen(size)
    void shown.front.gate(judgement('repaired'), now).catch(() => {})
    await shown.waitFor('Use it, repaired this way')
    const text = shown.text().replace(/\s+/g, ' ')
    expect(text).toContain('The certificate can be used after')
    expect(text).toContain('Your files stay as they are.')
    expect(text).toContain('+ 1 fraud.ml.example.com')
    expect(text).toContain('- Example Root CA')
    expectGoodFrames(shown, size)
  })

  test('3c: what blocks, its cause first, and a file that fits', async () => {
    const shown = await screen(wide)
    const choice = shown.front.gate(judgement('blocked'), now)
    await shown.waitFor('? keys')
    const lines = shown.lines()
    expect(lines.slice(0, 2)).toEqual([
      '  This certificate cannot be used. Nothing was changed, no tool was called.',
      '  ✖ cert.key-mismatch   The key does not belong to this certificate.',
    ])
    expect(lines.slice(-6, -2)).toEqual([
      '❯ 1 Take certs/key-2026.pem, and look again',
      '  2 Choose other files',
      '  3 Change the domain',
      '  4 Leave (exit 65)',
    ])
    shown.press('enter')
    expect(await choice).toBe('take:certs/key-2026.pem')
  })

  test('3c at 40x12: one finding at a time, every way on', async () => {
    const shown = await screen(small)
    const choice = shown.front.gate(judgement('blocked'), now)
    await shown.waitFor('cert.key-mismatch')
    expect(shown.text()).not.toContain('cert.name-missing')
    shown.press('end')
    await shown.waitFor('❯ 4 Leave (exit 65)')
    shown.press('enter')
    expect(await choice).toBe('leave')
    expectGoodFrames(shown, small)
  })

  test.each(sizes)(
    'e opens every check, the cursor’s one in full, also where it is higher than the screen',
    async size => {
      const shown = await screen(size)
      void shown.front.gate(judgement('blocked'), now).catch(() => {})
      await shown.waitFor('e all')
      shown.type('e')
      await shown.waitFor(/All \d+ checks/)
      expect(shown.text()).toContain('seen')
      if (size.columns === 40) {
        expect(shown.text()).not.toContain('take that one')
        await scrollTo(shown, 'take that one')
      }
      shown.press('end')
      await shown.waitFor(/❯ ✔ cert\.text-around/)
      shown.press('escape')
      await shown.waitFor('This certificate cannot be used.')
      expectGoodFrames(shown, size)
    },
  )

  test('Escape leads to other files', async () => {
    const shown = await screen(wide)
    const choice = shown.front.gate(judgement('ok'), now)
    await shown.waitFor('Continue')
    shown.press('escape')
    expect(await choice).toBe('other-files')
  })

  test('c writes the judgement whole above the frame', async () => {
    const shown = await screen(wide)
    void shown.front.gate(judgement('blocked'), now).catch(() => {})
    await shown.waitFor('Choose other files')
    shown.type('c')
    await shown.waitFor(() => shown.written().includes('\u001b]52;'))
    const [json = ''] =
      /^\{\n[\s\S]*?\n\}$/m.exec(shown.written().replaceAll('\u001b[G', '\n')) ?? []
    expect(JSON.parse(json)).toMatchObject({ verdict: 'blocked' })
    expectCopied(shown, json)
  })
})

describe('the review', () => {
  test('4a: what is changed, its price, and where each answer came from', async () => {
    const shown = await screen(wide)
    const choice = shown.front.review(reviewed())
    await shown.waitFor('? keys')
    expectLines(shown, [
      '  Review: HTTPS for fraud-model                        plan 7f3a91c2, 10 steps',
      '  Changes      SkyServe service fraud-model, server http://127.0.0.1:46580, on',
      '               Kubernetes context aks-prod',
      '  Price        ▲ The service is away about 4 to 25 min: both replicas go and',
      '                 come again.',
      expect.stringMatching(/^ {2}Undo {9}when the proof fails: /),
      '               again',
      '  Domain       fraud.ml.example.com                            typed',
      '  Certificate  uploaded: ./certs/fullchain.pem, ./certs/key.pem  typed',
      '  Service      fraud-model                                     found',
      '  Switch       in-place                                        default',
      '  DNS          shown                                           default',
      '  Proof        GET / answers 200 or 503                        default',
      '',
      '  Shall this run?',
      '  1 Run it',
      '❯ 2 Rehearse it first on this machine (5 s, nothing else is touched)',
      '  3 Change an answer',
      '  4 Save the answers and leave: ./fraud-model.yaml',
      '',
      '  ↑↓ or 1–4 · e commands · c copy as shell script · Esc back · ? keys',
    ])
    // one Enter too many starts nothing
    shown.press('enter')
    expect(await choice).toBe('rehearse')
    expectGoodFrames(shown, wide)
  })

  test('4a at 40x12: what is changed and the price stay, all of them', async () => {
    const shown = await screen(small)
    void shown.front.review(reviewed()).catch(() => {})
    await shown.waitFor('Shall this run?')
    expectLines(shown, [
      '  Review: fraud-model    plan 7f3a91c2',
      '  Changes  SkyServe service',
      '    fraud-model, server',
      '    http://127.0.0.1:46580, on',
      '    Kubernetes context aks-prod',
      '  Price  ▲ away about 4 to 25 min',
      '  Shall this run?',
      '  1 Run it',
      '❯ 2 Rehearse it first',
      '  3 Change an answer',
      '  1–4 · e open · Esc back · ?',
    ])
    shown.press('end')
    await shown.waitFor('❯ 4 Save the answers and leave')
    expectGoodFrames(shown, small)
  })

  test('says what the checks have found and let pass, and e opens the whole of it', async () => {
    const shown = await screen(wide)
    void shown.front.review(reviewed({ plan: warnedPlan })).catch(() => {})
    await shown.waitFor('Shall this run?')
    const from = shown.lines().findIndex(line => line.includes('Warning'))
    expect(shown.lines().slice(from, from + 8)).toEqual([
      '  Warning      ▲ The certificate in place cannot be brought back.',
      '                 azureml.no-way-back',
      expect.stringMatching(/^ {2}Undo {9}when the proof fails: /),
      '               again',
      '               e opens what was seen, and what can be done',
      '  Note         – Only clients that trust Example Root CA accept it.',
      '               cert.root-private',
      '  Domain       fraud.ml.example.com                            typed',
    ])
    shown.type('e')
    await shown.waitFor('steps 1 to 2')
    for (const line of [
      '    seen       the pair in place is stored in Azure alone',
      '    means      Azure gives no stored file back.',
      '    fix        Name it in target.previousChain.',
      '    seen       Example Root CA, A2:E6:B7:26',
    ]) {
      expect(shown.lines()).toContain(line)
    }
    expectGoodFrames(shown, wide)
  })

  test('at 40x12 a warning stays, and opens with the steps', async () => {
    const shown = await screen(small)
    void shown.front.review(reviewed({ plan: warnedPlan })).catch(() => {})
    await shown.waitFor('Shall this run?')
    const from = shown.lines().findIndex(line => line.includes('Warning'))
    expect(shown.lines().slice(from, from + 2)).toEqual([
      '  Warning  ▲ The certificate in place',
      '    cannot be brought back.',
    ])
    shown.press('home')
    await shown.waitFor('❯ 1 Run it')
    shown.type('e')
    await shown.waitFor('Changes')
    const seen = (await scrollTo(shown, '❯ 2 Read the service')).replace(/\s+/g, ' ')
    for (const part of ['stored in Azure alone', 'Name it in target.previousChain', 'Note'])
      expect(seen).toContain(part)
    expectGoodFrames(shown, small)
  })

  test('at 40x12 of several warnings the first is named and the others are counted', async () => {
    const [note, warning] = warnedPlan.findings ?? []
    if (!note || !warning) throw new Error('the fixture has both')
    const findings = [warning, { ...note, severity: 'warns' as const }]
    const shown = await screen(small)
    void shown.front.review(reviewed({ plan: { ...plan, findings } })).catch(() => {})
    await shown.waitFor('and 1 more: e opens them')
    expect(shown.text()).toContain('  Warning  ▲ The certificate in place…')
    expectGoodFrames(shown, small)
  })

  test('prints what was agreed to, once', async () => {
    const shown = await screen(wide)
    const choice = shown.front.review(reviewed({ plan: freePlan }))
    await shown.waitFor('❯ 1 Run it')
    shown.press('enter')
    expect(await choice).toBe('run')
    await shown.waitFor(text => !text.includes('Shall this run?'))
    expect(shown.all().filter(line => line.includes('Review: HTTPS'))).toHaveLength(1)
  })

  test.each(sizes)('of a disable keeps HTTPS unless it is asked for', async size => {
    const shown = await screen(size)
    const { saveAs: _saveAs, ...rest } = reviewed({ plan: { ...plan, verb: 'disable' } })
    const choice = shown.front.review(rest)
    await shown.waitFor('❯ 3 Keep HTTPS')
    expect(shown.text()).not.toContain('Change an answer')
    shown.press('home')
    await shown.waitFor('❯ 1 Disable it')
    shown.press('enter')
    expect(await choice).toBe('run')
    expectGoodFrames(shown, size)
  })

  test('after a rehearsal that passed the cursor is on "Run it"', async () => {
    const shown = await screen(wide)
    void shown.front.review(reviewed({ rehearsed: true })).catch(() => {})
    await shown.waitFor('❯ 1 Run it')
  })

  test.each(sizes)('to lose something the name of the endpoint is typed', async size => {
    const steps = plan.steps.map(step =>
      step.price ? { ...step, price: { ...step.price, loses: 'what 2 pipelines did' } } : step,
    )
    const shown = await screen(size)
    const choice = shown.front.review(reviewed({ plan: { ...plan, steps }, rehearsed: true }))
    await shown.waitFor('❯ 1 Run it')
    shown.press('enter')
    await shown.waitFor('Type fraud-model to agree to losing')
    shown.type('fraud\r')
    await shown.waitFor('✖ This is not fraud-model.')
    shown.type('-model\r')
    expect(await choice).toBe('run')
    expectGoodFrames(shown, size)
  })

  test('4b: e opens the commands, PgDn goes by phase, c copies one of them whole', async () => {
    const shown = await screen(wide)
    void shown.front.review(reviewed()).catch(() => {})
    await shown.waitFor('e commands')
    shown.type('e')
    await shown.waitFor('Check, steps 1 to 2 of 6')
    shown.press('pageDown')
    await shown.waitFor('Prepare, step 3 of 6')
    shown.press('pageDown')
    await shown.waitFor('Change, steps 4 to 6 of 6')
    shown.press('end')
    await shown.waitFor('❯ 6 Start it with TLS')
    expect(shown.text()).toMatch(/❯ 6 Start it with TLS +undo: take it down/)
    shown.type('c')
    const command =
      'sky serve up ~/.local/state/secure-endpoint/endpoints/fraud-model/generations/1/service.yaml -n fraud-model -y'
    // flush left, wrapped by the terminal alone: it can be pasted
    await shown.waitFor(() => shown.written().includes('\u001b]52;'))
    expectCopied(shown, command)
    shown.type('e')
    await shown.waitFor('Shall this run?')
    expectGoodFrames(shown, wide)
  })

  test('4b at 40x12 the answers open with the steps', async () => {
    const shown = await screen(small)
    void shown.front.review(reviewed()).catch(() => {})
    await shown.waitFor('e open')
    shown.type('e')
    await shown.waitFor('Changes')
    const seen = await scrollTo(shown, '❯ 2 Read the service')
    for (const answer of ['Price', 'Domain', 'Certificate', 'Proof', 'Ask sky for its']) {
      expect(seen).toContain(answer)
    }
    expectGoodFrames(shown, small)
  })

  test('c writes the script whole and flush left, and offers it to the clipboard', async () => {
    const shown = await screen(wide)
    const { script } = reviewed()
    void shown.front.review(reviewed()).catch(() => {})
    await shown.waitFor('c copy')
    shown.type('c')
    await shown.waitFor(() => shown.written().includes('\u001b]52;c;'))
    expectCopied(shown, script.trimEnd())
    const base64 = /\u001b\]52;c;([^\u0007]*)\u0007/.exec(shown.written())?.[1] ?? ''
    expect(Buffer.from(base64, 'base64').toString()).toBe(script)
    await shown.waitFor('Shall this run?')
  })
})
