import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Interview, startInterview } from '../../../src/answers/interview.ts'
import type { Found, Question } from '../../../src/answers/question.ts'
import type { Asking, Home } from '../../../src/front/front.ts'
import { asciiGlyphs, unicodeGlyphs } from '../../../src/front/words/glyphs.ts'
import { span } from '../../../src/front/words/line.ts'
import { family } from '../../support/certificates.ts'
import { type Screen, type Size, screen } from '../../support/screen.tsx'
import { expectGoodFrames, expectLines, sizes } from './expect-frames.ts'
import { questions } from './fixtures.ts'

const wide: Size = { columns: 80, rows: 24 }

const home: Home = {
  version: '1.0.0',
  found: [
    [span('Found here (only looked at, nothing is changed)', 'quiet')],
    [unicodeGlyphs.state('done'), span(' kubectl, helm    3 contexts in ~/.kube/config')],
    [unicodeGlyphs.state('warns'), span(' ais              its login has run out')],
  ],
  rows: [
    { value: 'secure', title: 'Secure an endpoint' },
    {
      value: 'rehearse',
      title: 'Rehearse it first',
      note: 'the whole run on this machine, nothing else is touched',
    },
    {
      value: 'rotate',
      title: 'Rotate',
      impossible: { reason: 'No endpoint is recorded on this machine.', fix: 'Secure one first.' },
    },
  ],
}

describe('home', () => {
  test('at 80x24', async () => {
    const shown = await screen(wide)
    const choice = shown.front.home(home)
    await shown.waitFor('? keys')
    expectLines(shown, [
      '  Found here (only looked at, nothing is changed)',
      '  ✔ kubectl, helm    3 contexts in ~/.kube/config',
      '  ▲ ais              its login has run out',
      '',
      '  What do you want to do?',
      '❯ 1 Secure an endpoint',
      '  2 Rehearse it first   the whole run on this machine, nothing else is touched',
      '  – Rotate              not possible: no endpoint is recorded on this machine',
      '',
      '  ↑↓ or 1–2 · Enter continue · Ctrl-C leave · ? keys',
    ])
    shown.type('2')
    await shown.waitFor('❯ 2')
    shown.press('enter')
    expect(await choice).toBe('rehearse')
    expectGoodFrames(shown, wide)
    // the frame goes
    await shown.waitFor(text => text === '')
  })

  test('at 40x12 shows of what was found only what someone must act on', async () => {
    const size = { columns: 40, rows: 12 }
    const shown = await screen(size)
    void shown.front.home(home).catch(() => {})
    await shown.waitFor('?')
    shown.press('down')
    await shown.waitFor('❯ 2')
    expectLines(shown, [
      '  ▲ ais              its login has ru…',
      '',
      '  What do you want to do?',
      '  1 Secure an endpoint',
      '❯ 2 Rehearse it first',
      '    the whole run on this machine,',
      '    nothing else is touched',
      '  – Rotate',
      '',
      '  1–2 · Enter continue · ?',
    ])
    expectGoodFrames(shown, size)
  })

  test.each(sizes)('tells why a row is not possible, and what to do', async size => {
    const shown = await screen(size)
    void shown.front.home(home).catch(() => {})
    await shown.waitFor('Rotate')
    shown.press('end')
    shown.press('enter')
    await shown.waitFor('Secure one first.')
    expect(shown.text()).toContain('Enter closes')
    expectGoodFrames(shown, size)
  })

  test('? shows the keys that work, any key hides them', async () => {
    const shown = await screen(wide)
    void shown.front.home(home).catch(() => {})
    await shown.waitFor('? keys')
    shown.type('?')
    await shown.waitFor('Keys that work here')
    for (const word of ['↑↓', '1–9', 'Enter', 'Ctrl-C', 'Ctrl-Z'])
      expect(shown.text()).toContain(word)
    shown.type('x')
    await shown.waitFor('What do you want to do?')
  })
})

/** An interview on a screen, with what the machine finds by question id. */
function ask(
  shown: Screen,
  draft: Interview['draft'] = {},
  found: Readonly<Record<string, Found | Promise<Found>>> = {},
) {
  const asking: Asking = {
    questions,
    find: async ({ id }: Question) => found[id] ?? { choices: [] },
  }
  return shown.front.interview(startInterview(draft, questions), asking)
}

const answer = (value: string) => ({ value, from: 'answer' as const })
const uploaded = { domain: answer('a.example.com'), 'certificate.source': answer('uploaded') }
const files: Found = {
  choices: [
    { value: './certs/', title: 'certs/', note: 'folder of certbot with 2 names' },
    {
      value: './fullchain.pem',
      title: 'fullchain.pem',
      note: 'leaf a.example.com, until 2027-02-16',
    },
    {
      value: './key.pem',
      title: 'key.pem',
      impossible: { reason: 'A key (EC P-256), no certificate.', fix: 'It is asked for next.' },
    },
  ],
}
const services: Found = {
  source: 'read with sky, 4.1 s',
  choices: [
    { value: 'fraud-model', title: 'fraud-model', note: 'READY, HTTP, 2 replicas' },
    {
      value: 'old-demo',
      title: 'old-demo',
      impossible: {
        reason: 'It is being taken down (SHUTTING_DOWN).',
        fix: 'Wait until it is gone.',
      },
    },
  ],
}
const beforeService = {
  domain: answer('a.example.com'),
  'certificate.source': answer('self-signed'),
  'certificate.authority': answer('local'),
  'target.kind': answer('skyserve'),
}

describe('a text question', () => {
  test.each(sizes)('is checked while it is typed, and again at Enter', async size => {
    const shown = await screen(size)
    void ask(shown).catch(() => {})
    await shown.waitFor('Domain: ▏')
    expect(shown.text()).toContain('A DNS name or an IP address.')
    shown.type('fraud_model.ml.example.com')
    await shown.waitFor('✖ A host name cannot hold "_". Write')
    expect(shown.text()).not.toContain('A DNS name or an IP address.')
    expect(shown.text().replace(/\s+/g, ' ')).toContain('Write fraud-model.ml.example.com.')
    shown.press('backspace')
    await shown.waitFor(text => !text.includes('✖'))
    shown.press('enter')
    await shown.waitFor('✖ A host name')
    expectGoodFrames(shown, size)
  })

  test('takes a line feed for Enter, as keys come that were typed ahead', async () => {
    const shown = await screen(wide)
    void ask(shown).catch(() => {})
    await shown.waitFor('Domain:')
    shown.type('a.example.com\n')
    await shown.waitFor('Where does the certificate come from?')
  })

  test('takes letters for letters', async () => {
    const shown = await screen(wide)
    void ask(shown).catch(() => {})
    await shown.waitFor('Domain:')
    shown.type('?qerc12')
    await shown.waitFor('Domain: ?qerc12▏')
  })

  test('keeps to its line when it is wider than the terminal', async () => {
    const size = { columns: 40, rows: 12 }
    const shown = await screen(size)
    void ask(shown).catch(() => {})
    await shown.waitFor('Domain:')
    shown.type(`${'a'.repeat(60)}.example.com`)
    await shown.waitFor('.example.com▏')
    expect(shown.text()).toMatch(/Domain: …a+\.example\.com▏/)
    expectGoodFrames(shown, size)
  })
})

describe('a choice', () => {
  test.each(sizes)('keeps the rows that cannot work, and says why', async size => {
    const { 'target.kind': _, ...beforeTarget } = beforeService
    const shown = await screen(size)
    void ask(shown, beforeTarget).catch(() => {})
    await shown.waitFor('Where does the endpoint run?')
    shown.press('end')
    shown.press('enter')
    await shown.waitFor('This version does not drive it')
    shown.press('enter')
    shown.press('home')
    shown.type('1')
    await shown.waitFor('❯ 1 SkyServe')
    shown.press('enter')
    await shown.waitFor('Which service?')
    expectGoodFrames(shown, size)
  })
})

describe('a choice of what was found', () => {
  test('at 80x24 says where it was read', async () => {
    const shown = await screen(wide)
    void ask(shown, beforeService, { 'target.service': services }).catch(() => {})
    await shown.waitFor('old-demo')
    expectLines(shown, [
      '  ✔ Domain           a.example.com',
      '  ✔ Certificate      Self-signed: A local CA',
      '  ✔ Target           SkyServe service',
      '',
      '  Which service?                          read with sky, 4.1 s · r reads again',
      '❯ 1 fraud-model   READY, HTTP, 2 replicas',
      '  – old-demo      not possible: it is being taken down (SHUTTING_DOWN)',
      '  2 Another one …',
      '  The name of a SkyServe service that runs, or of the one to start.',
      '',
      '  ↑↓ or 1–2 · Enter continue · Esc back · r reads again · ? keys',
    ])
  })

  test('shows that it looks, and can be answered meanwhile', async () => {
    const shown = await screen(wide)
    const answered = ask(shown, beforeService, { 'target.service': new Promise(() => {}) })
    void answered.catch(() => {})
    await shown.waitFor('looks what is here')
    shown.type('my-model\r')
    await shown.waitFor('service YAML?')
  })

  test('r reads again', async () => {
    const shown = await screen(wide)
    const asked: (boolean | undefined)[] = []
    const asking: Asking = {
      questions,
      find: async (question, _interview, _typed, again) => {
        if (question.id === 'target.service') asked.push(again)
        return question.id === 'target.service' ? services : { choices: [] }
      },
    }
    void shown.front.interview(startInterview(beforeService, questions), asking).catch(() => {})
    await shown.waitFor('old-demo')
    shown.type('r')
    await shown.waitFor(() => asked.length === 2)
    expect(asked).toEqual([false, true])
  })
})

describe('a file question', () => {
  test('at 80x24', async () => {
    const shown = await screen(wide)
    void ask(shown, uploaded, { 'certificate.chain': files }).catch(() => {})
    await shown.waitFor('fullchain.pem')
    expectLines(shown, [
      '  ✔ Domain           a.example.com',
      '  ✔ Certificate      Uploaded',
      '',
      '  Which file holds the certificate?',
      '  Path: ▏                                               3 found, 2 can be used',
      '❯ certs/          folder of certbot with 2 names',
      '  fullchain.pem   leaf a.example.com, until 2027-02-16',
      '  – key.pem       a key (EC P-256), no certificate',
      '  PEM, DER, PKCS#7, PKCS#12, a Secret, or a folder of certbot and its like:',
      '  the content counts, not the name.',
      '',
      '  Tab completes · ↑↓ Enter takes it · a pasted PEM is taken too · Esc back',
    ])
  })

  test.each(sizes)('completes, and takes the row', async size => {
    const shown = await screen(size)
    void ask(shown, uploaded, { 'certificate.chain': files }).catch(() => {})
    await shown.waitFor('fullchain.pem')
    shown.type('fu\t')
    await shown.waitFor('Path: ./fullchain.pem▏')
    expect(shown.text()).not.toContain('key.pem')
    shown.press('enter')
    await shown.waitFor('private key?')
    expectGoodFrames(shown, size)
  })

  test('takes a pasted PEM whole, and keeps it where only the user can read it', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'paste-')), 'pasted')
    const shown = await screen(wide, { pasteFolder: folder })
    void ask(shown, uploaded, { 'certificate.chain': files }).catch(() => {})
    await shown.waitFor('fullchain.pem')
    const { pem } = family().leaf
    const bytes = `\u001b[200~${pem.replaceAll('\n', '\r')}\u001b[201~`
    // in two pieces, as a terminal may send it
    shown.type(bytes.slice(0, 400))
    shown.type(bytes.slice(400))
    await shown.waitFor('private key?')
    const path = /(\S*pasted-[0-9a-f]{8}\.pem)/.exec(shown.written())?.[1] ?? ''
    expect(path.startsWith(folder)).toBe(true)
    expect(await readFile(path, 'utf8')).toBe(pem)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  test('says so where a paste cannot be kept', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'paste-')), 'file')
    await writeFile(file, '')
    const shown = await screen(wide, { pasteFolder: join(file, 'below') })
    void ask(shown, uploaded, {}).catch(() => {})
    await shown.waitFor('Path:')
    shown.type(`\u001b[200~${family().leaf.pem}\u001b[201~`)
    await shown.waitFor('✖')
    expect(shown.text()).toContain('Which file holds the certificate?')
  })

  test('types a paste that is no PEM', async () => {
    const shown = await screen(wide)
    void ask(shown, uploaded, {}).catch(() => {})
    await shown.waitFor('Path:')
    shown.type('\u001b[200~/etc/ssl/full.pem\n\u001b[201~')
    await shown.waitFor('Path: /etc/ssl/full.pem▏')
  })
})

describe('Escape', () => {
  test.each(sizes)(
    'goes back, marks what comes after, and loses nothing that was typed',
    async size => {
      const shown = await screen(size)
      void ask(shown, {
        domain: answer('a.example.com'),
        'certificate.source': answer('uploaded'),
        'certificate.chain': answer('./fullchain.pem'),
        'certificate.key': answer('./key.pem'),
        'target.kind': answer('skyserve'),
        'target.service': answer('fraud-model'),
      }).catch(() => {})
      await shown.waitFor('Path:')
      shown.type('./half-typed')
      await shown.waitFor('half-typed')
      shown.press('escape')
      await shown.waitFor('Which service?')
      shown.press('escape')
      await shown.waitFor('Where does the endpoint run?')
      expect(shown.text()).toContain('❯ ✔ Target')
      if (size.columns === 80) {
        expect(shown.text()).toMatch(/❯ ✔ Target +SkyServe service +Enter keeps it/)
        expect(shown.text()).toMatch(/○ Service +fraud-model +kept, is checked again/)
      }
      shown.press('enter')
      await shown.waitFor('./half-typed▏')
      expectGoodFrames(shown, size)
    },
  )

  test('at the first question leaves the interview, what was typed is there next time', async () => {
    const shown = await screen(wide)
    const left = ask(shown)
    await shown.waitFor('Domain:')
    shown.type('half')
    await shown.waitFor('half▏')
    shown.press('escape')
    expect(await left).toBeUndefined()
    void ask(shown).catch(() => {})
    await shown.waitFor('Domain: half▏')
  })
})

test('an interview without an open question asks nothing', async () => {
  const shown = await screen(wide)
  const whole = { draft: {} }
  expect(
    await shown.front.interview(whole, { questions, find: async () => ({ choices: [] }) }),
  ).toBe(whole)
  expect(shown.written()).toBe('')
})

describe('a passphrase', () => {
  test.each(sizes)('is never drawn, nor its length', async size => {
    const shown = await screen(size)
    const given = shown.front.passphrase('fraud.p12', 'This passphrase does not open it.')
    await shown.waitFor('✖ This passphrase does not open it.')
    shown.type('zq')
    await shown.waitFor('••••••••')
    shown.type('7cret word\u007f\u007f')
    shown.press('enter')
    expect(await given).toBe('zq7cret wo')
    expect(shown.written()).not.toContain('zq')
    const dots = shown.frames().map(frame => frame.join('').match(/•/g)?.length ?? 0)
    expect(new Set(dots)).toEqual(new Set([0, 8]))
    expectGoodFrames(shown, size)
  })

  test('Escape gives none', async () => {
    const shown = await screen(wide)
    const given = shown.front.passphrase('fraud.p12', undefined)
    await shown.waitFor('Passphrase:')
    shown.press('escape')
    expect(await given).toBeUndefined()
  })
})

test('a line is checked and trimmed', async () => {
  const shown = await screen(wide)
  const given = shown.front.line('Which endpoint shall be checked?', 'Address', text =>
    text.startsWith('https://') ? undefined : 'Write https://host:port.',
  )
  await shown.waitFor('Address:')
  shown.type('example.com\r')
  await shown.waitFor('✖ Write https://host:port.')
  for (let left = 0; left < 11; left += 1) shown.press('backspace')
  shown.type(' https://example.com \r')
  expect(await given).toBe('https://example.com')
})

test('answers to change are listed with where they came from', async () => {
  const shown = await screen(wide)
  const changed = shown.front.change({ draft: { domain: answer('a.example.com') } }, questions)
  await shown.waitFor('Which answer shall be another one?')
  expect(shown.text()).toMatch(/1 Domain +a\.example\.com \(typed\)/)
  expect(shown.text()).toMatch(/DNS wait +10m \(default\)/)
  shown.press('enter')
  expect(await changed).toBe('domain')
})

test('in ASCII only ASCII is drawn', async () => {
  const shown = await screen(wide, { glyphs: asciiGlyphs })
  void ask(shown, beforeService, { 'target.service': services }).catch(() => {})
  await shown.waitFor('old-demo')
  expect(shown.text()).toMatch(/^[\x20-\x7e\n]*$/)
  expect(shown.text()).toContain('> 1 fraud-model')
})

test('colours are those that the caller asked for, and no others', async () => {
  const plain = await screen(wide)
  void ask(plain, { domain: answer('a.example.com') }).catch(() => {})
  await plain.waitFor('? keys')
  expect(plain.written()).not.toMatch(/\u001b\[[0-9;]*m/)
  const coloured = await screen(wide, { colour: true })
  void ask(coloured, { domain: answer('a.example.com') }).catch(() => {})
  await coloured.waitFor('? keys')
  const codes = new Set(coloured.written().match(/\u001b\[[0-9;]*m/g))
  for (const code of codes) expect(code).toMatch(/^\u001b\[(?:1|2|22|3[1236]|39|0)m$/)
  expect(codes.size).toBeGreaterThan(3)
})
