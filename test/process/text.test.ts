import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capped, lineSplitter } from '../../src/process/capped.ts'
import { withoutKeyBodies } from '../../src/process/key-lines.ts'
import { oneLine, plainText } from '../../src/process/plain-text.ts'
import { quoteCommand, quoteWord } from '../../src/process/quote.ts'
import { createRedact } from '../../src/process/redact.ts'

/** Any text that a file name or argument can hold. */
const argument = fc.string({ unit: 'binary', maxLength: 30 }).map(text => text.replaceAll('\0', ''))

const nasty = fc.constantFrom(
  "it's",
  '"double"',
  '$(touch x)',
  '`id`',
  '$HOME',
  'a\nb',
  '\\',
  "'\\''",
  '*',
  '~',
  '-n',
  '!!',
  ' ',
  '',
  '#',
  '\u{1f916}',
  'é',
  'x'.repeat(300),
)

describe('a quoted word', () => {
  it('is read by sh as exactly what it was', () => {
    const words = fc.array(fc.oneof(nasty, argument), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(words, all => {
        // sh is given the program on stdin, so that only the quoting stands between it and the words
        const input = `set -eu\nset -- ${all.map(quoteWord).join(' ')}\nprintf '%s\\0' "$@"\n`
        const { status, stdout } = spawnSync('sh', [], { input, env: { HOME: '/nowhere' } })
        expect(status).toBe(0)
        expect(stdout.toString('utf8').split('\0').slice(0, -1)).toEqual(all)
      }),
      { numRuns: 60 },
    )
  })

  it('stays bare where it is harmless, so that a command can be read', () => {
    expect(quoteCommand(['sky', 'serve', 'up', './a.yaml', '-n', 'svc-a', '-y'])).toBe(
      'sky serve up ./a.yaml -n svc-a -y',
    )
    expect(quoteCommand(['curl', "it's"])).toBe("curl 'it'\\''s'")
    expect(quoteWord('')).toBe("''")
  })
})

describe('plain text', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      '\u001b[31m',
      '\u001b]52;c;cm0gLXJmIH4=\u0007',
      '\u001b]8;;http://x\u001b\\',
      '\u009b1m',
      '\u202e',
      '\u2066',
      '\u200b',
      '\ufeff',
      '\u0007',
      '\r',
      '\r\n',
      '\t',
      '\ud800',
      '\udc00',
      '\u001b',
      'ok',
    ),
  )
  const text = fc.array(pieces, { maxLength: 20 }).map(parts => parts.join(''))

  it('holds nothing that a terminal acts on, whatever came in', () => {
    fc.assert(
      fc.property(text, raw => {
        const plain = plainText(raw)
        expect(plain).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
        expect(Buffer.from(plain).toString()).toBe(plain) // no half of a surrogate pair
        expect(plainText(plain)).toBe(plain)
        expect(oneLine(raw)).not.toMatch(/[\n\t]/)
      }),
      { numRuns: 500 },
    )
  })

  it('leaves what people write as it is', () => {
    const words = 'naïve 日本語 עברית 🤖 a\tb\nc'
    expect(plainText(words)).toBe(words)
    expect(plainText('progress 10%\rprogress 20%\r\ndone')).toBe('progress 10%\nprogress 20%\ndone')
  })

  it('drops a clipboard write and a title with all that they carry', () => {
    expect(plainText('a\u001b]52;c;ZXZpbA==\u0007b')).toBe('ab')
    expect(plainText('a\u001b]0;root@prod\u0007b')).toBe('ab')
  })
})

const body = 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg'
const pem = `-----BEGIN PRIVATE KEY-----\n${body}\n${body}\n-----END PRIVATE KEY-----`

describe('redaction', () => {
  const redact = createRedact(['hunter2-hunter2', 'pa"ss\\word\u00e9', 'abc'])

  it.each([
    ['a private key', pem],
    ['an encrypted one', pem.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')],
    ['one of openssl 1', pem.replaceAll('PRIVATE', 'RSA PRIVATE')],
    ['one inside JSON', JSON.stringify(`${pem}\n`).slice(1)],
    ['one with CRLF', pem.replaceAll('\n', '\r\n')],
    ['one that is cut off', pem.slice(0, -40)],
  ])('shows nothing of %s', (_name, text) => {
    expect(redact(`before ${text}`)).not.toContain(body.slice(0, 12))
    expect(redact(`before ${text}`)).toContain('before (private key not shown)')
  })

  it('leaves what follows a key', () => {
    expect(redact(`${pem}\nafter`)).toBe('(private key not shown)\nafter')
    expect(redact(JSON.stringify([pem, 'after']))).toBe('["(private key not shown)","after"]')
  })

  it('shows no line of a key that comes line by line, but digests and names', () => {
    const line = `${body}${body}`.slice(0, 64)
    expect(redact(line)).toBe('(base64 not shown)')
    expect(redact(JSON.stringify({ seen: `x\n${line}\ny` }))).not.toContain(line)
    const digest = 'a3'.repeat(32)
    expect(redact(`plan ${digest}`)).toBe(`plan ${digest}`)
    expect(redact(digest.toUpperCase())).toBe(digest.toUpperCase())
    expect(redact(`./${'aB3'.repeat(30)}`)).toBe(`./${'aB3'.repeat(30)}`)
  })

  it('shows no last, short line of a key whose beginning was cut off', () => {
    const tail = `said\n${body}${body}`
      .slice(0, 69)
      .concat('\nAbCdEf12+/==\n-----END PRIVATE KEY-----\nafter')
    for (const text of [tail, tail.replaceAll('\n', '\r\n'), JSON.stringify({ evidence: tail })]) {
      expect(redact(text)).not.toContain('AbCdEf12')
      expect(redact(text)).toContain('after')
      expect(redact(text)).toContain('said')
    }
    expect(redact(JSON.stringify(['AbCdEf12', '-----END RSA PRIVATE KEY-----']))).not.toContain(
      'AbCd',
    )
    expect(redact('done\n-----END CERTIFICATE-----')).toContain('done')
  })

  it('shows no line of a key that is told line by line, whatever stands in between', () => {
    const told: string[] = []
    const tell = withoutKeyBodies(line => told.push(line))
    const lines = [
      'before',
      '-----BEGIN EC PRIVATE KEY-----',
      'MHcCAQEEIA',
      'on stderr: late',
      'AbCd==',
    ]
    for (const line of [...lines, '-----END EC PRIVATE KEY-----', 'after']) tell(line)
    expect(told.join('\n')).not.toMatch(/MHcC|AbCd/)
    expect(told).toContain('on stderr: late')
    expect([told[0], told.at(-1)]).toEqual(['before', 'after'])
  })

  it('shows no secret that was given, also inside JSON', () => {
    expect(redact('it is hunter2-hunter2.')).toBe('it is (not shown).')
    expect(redact('pa"ss\\word\u00e9')).toBe('(not shown)')
    expect(redact(JSON.stringify({ said: 'wrong: pa"ss\\word\u00e9' }))).toBe(
      '{"said":"wrong: (not shown)"}',
    )
  })

  it('shows no token and no password of a URL', () => {
    expect(redact('Authorization: Bearer abcdefgh12345')).toBe('Authorization: Bearer (not shown)')
    expect(redact('https://ana:secret@sky.example.com/x')).toBe('https://sky.example.com/x')
    expect(redact('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc')).toBe('(token not shown)')
  })

  it('leaves JSON whole, whatever stands in it', () => {
    const parts = fc.constantFrom(
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      body,
      'https://',
      'https://localhost:30001',
      'ana@jump1',
      '@',
      ':',
      '"',
      '\\',
      '\n',
      ' ',
      'Bearer ',
      'hunter2-hunter2',
      'pa"ss\\word\u00e9',
    )
    const strings = fc.array(fc.array(parts, { maxLength: 6 }).map(each => each.join('')))
    fc.assert(
      fc.property(strings, values => {
        const event = { type: 'step.done', values, last: { seen: values.join(''), took: 1 } }
        const seen = JSON.parse(redact(JSON.stringify(event)))
        expect(seen).toMatchObject({ type: 'step.done', last: { took: 1 } })
        expect(seen.values).toHaveLength(values.length)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes the longer of two secrets that overlap first', () => {
    const both = createRedact(['passphrase', 'passphrase-of-prod'])
    expect(both('passphrase-of-prod')).toBe('(not shown)')
  })
})

describe('collected output', () => {
  it('counts what it drops, and cuts no character of a line in two', () => {
    const output = capped(10)
    for (const chunk of ['12345', '67890', 'abc']) output.add(Buffer.from(chunk))
    expect([output.text(), output.dropped()]).toEqual(['1234567890', 3])
    const lines: string[] = []
    const splitter = lineSplitter(line => lines.push(line))
    const bytes = Buffer.from('grün\nrot\r\n\n')
    for (const byte of bytes) splitter.add(Buffer.from([byte]))
    splitter.end()
    expect(lines).toEqual(['grün', 'rot'])
  })

  it('gives the same lines however it is cut into chunks', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '\n', '\r', '\u{1f916}'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (all, cuts) => {
        const lines: string[] = []
        const splitter = lineSplitter(line => lines.push(line))
        const bytes = Buffer.from(all)
        for (let at = 0, index = 0; at < bytes.length; index += 1) {
          const size = cuts[index % cuts.length] ?? 1
          splitter.add(bytes.subarray(at, at + size))
          at += size
        }
        splitter.end()
        expect(lines).toEqual(all.split(/[\r\n]+/).filter(line => line.trim() !== ''))
      }),
    )
  })
})
