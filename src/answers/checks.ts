import { domainToASCII } from 'node:url'
import { parseDuration } from '../duration.ts'
import { parseAddress } from '../net/address.ts'
import { isIP } from '../net/is-ip.ts'
import type { Check, Checked, Choice } from './question.ts'

function wrong(text: string, fix: string): Checked {
  return { wrong: text, fix }
}

function textOnly(check: (text: string) => Checked): Check {
  return value =>
    typeof value === 'string' ? check(value.trim()) : wrong('This is no text.', 'Write one value.')
}

/**
 * A name or IP address that clients use. IDN is stored as its A-label, a trailing dot and capitals go.
 */
export const checkDomain = textOnly(text => {
  if (text === '') return wrong('A name is needed.', 'Write for example fraud.ml.example.com.')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return wrong(
      'This is a URL.',
      `Write only the name: ${safely(hostOf(text)) || 'host.example.com'}.`,
    )
  }
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare)) return { value: bare.toLowerCase() }
  if (/^[\d.]+$/.test(text) || text.includes(':')) {
    return wrong(
      'This is no IP address and no name.',
      'Write 203.0.113.17, 2001:db8::17 or a name; no port.',
    )
  }
  return checkHostName(text.replace(/\.$/, ''), 'A host name')
})

/** A SAN of a certificate: like a domain, and `*.` may stand at the front. */
export const checkSan = textOnly(text => {
  if (!text.startsWith('*.')) return checkDomain(text)
  const rest = checkHostName(text.slice(2), 'A wildcard name')
  return 'value' in rest ? { value: `*.${String(rest.value)}` } : rest
})

function checkHostName(text: string, what: string): Checked {
  const label = /[\s_'"`$\\/@!#%&*(){}<>|;,?=+~^[\]]/u.exec(text)?.[0]
  if (label) {
    const written = label.trim() === '' ? 'white space' : `"${label}"`
    return wrong(`${what} cannot hold ${written}.`, `Write ${suggestHost(text)}.`)
  }
  const ascii = domainToASCII(text)
  if (ascii === '') return wrong('This is no host name.', 'Write for example fraud.ml.example.com.')
  const labels = ascii.split('.')
  if (ascii.length > 253)
    return wrong('A host name has at most 253 characters.', 'Write a shorter one.')
  if (labels.some(each => each.length > 63)) {
    return wrong('A part between dots has at most 63 characters.', 'Write a shorter one.')
  }
  if (labels.some(each => !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(each))) {
    return wrong(
      'Each part between dots starts and ends with a letter or digit.',
      `Write ${suggestHost(text)}.`,
    )
  }
  return { value: ascii }
}

function suggestHost(text: string): string {
  const parts = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .split('.')
    .map(part => part.replace(/^-+|-+$/g, '').slice(0, 63))
  return parts.filter(Boolean).join('.').slice(0, 253) || 'fraud.ml.example.com'
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname
  } catch {
    return ''
  }
}

function safely(text: string): string {
  return text.replace(/[^A-Za-z0-9.:-]/g, '')
}

/** The IP address of a DNS server, with its port where that is not 53. */
export const checkDnsServer: Check = value => {
  const text = String(value)
  const host = parseAddress(text)?.host ?? text
  return isIP(host)
    ? { value: text }
    : wrong('This is no address of a DNS server.', 'Write for example 10.0.0.2.')
}

/** The record's name, as `formats` decided it. */
export const checkEndpointName = textOnly(text => {
  if (text.length > 63)
    return wrong('A record name has at most 63 characters.', 'Write a shorter one.')
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return wrong(
      'A record name holds small letters, digits and "-", and starts and ends without "-".',
      `Write ${endpointNameFrom(text)}.`,
    )
  }
  return { value: text }
})

/** A record name made of any text. */
export function endpointNameFrom(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return name.slice(0, 63).replace(/^-+|-+$/g, '') || 'endpoint'
}

/** A path: any text of at most 4,096 characters that the system can open; it is not opened here. */
export const checkPath = textOnly(text => {
  if (text === '') return wrong('A path is needed.', 'Write for example ./certs/fullchain.pem.')
  if (text.includes('\0') || /[\n\r]/.test(text)) {
    return wrong('A path here is one line.', 'Write the path of a file.')
  }
  if (text.length > 4096)
    return wrong('A path has at most 4,096 characters.', 'Write a shorter one.')
  return { value: text }
})

/** The name of a resource group or subscription of Azure: nothing that would be read as an option. */
export const checkAzureName = textOnly(text =>
  /^[\w(][-\w.()]{0,88}$/.test(text) && !text.endsWith('.')
    ? { value: text }
    : wrong('This is no name that Azure gives.', 'Write for example dns-prod.'),
)

/** One of the choices; one that cannot work gives its reason. */
export function checkChoice(choices: readonly Choice[]): Check {
  return value => {
    const choice = choices.find(each => each.value === value)
    if (choice?.impossible) return wrong(choice.impossible.reason, choice.impossible.fix)
    if (choice) return { value: choice.value }
    const possible = choices.filter(each => !each.impossible).map(each => each.value)
    const meant = typeof value === 'string' ? didYouMean(value, possible) : undefined
    return wrong(
      `This is none of ${listed(possible)}.`,
      meant ? `Did you mean ${meant}?` : `Write one of ${listed(possible)}.`,
    )
  }
}

export function checkInteger(least: number, most: number): Check {
  return value => {
    const number =
      typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      return wrong('This is no whole number.', `Write a number from ${least} to ${most}.`)
    }
    if (number < least || number > most) {
      return wrong(
        `This is not between ${least} and ${most}.`,
        `Write a number from ${least} to ${most}.`,
      )
    }
    return { value: number }
  }
}

export const checkDuration = textOnly(text => {
  const ms = parseDuration(text)
  if (ms === undefined)
    return wrong('This is no duration.', 'Write for example 90s, 10m, 6h or 30d.')
  if (ms === 0 || ms > 30 * 86_400_000) {
    return wrong('A wait lasts from 1s to 30d.', 'Write for example 10m.')
  }
  return { value: text }
})

/** A list, typed as words with commas or written as a YAML list; each entry by its own check. */
export function checkList(check: Check, most: number): Check {
  return value => {
    const entries = typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : value
    if (!Array.isArray(entries)) return wrong('This is no list.', 'Write a list: [one, two].')
    if (entries.length > most) return wrong(`At most ${most} entries fit here.`, 'Write fewer.')
    const checked = entries.map(check)
    const bad = checked.find(each => 'wrong' in each)
    if (bad) return bad
    const values = checked.flatMap(each => ('value' in each ? [each.value] : []))
    return { value: [...new Set(values)] }
  }
}

/** `{file: PATH}` or `{fd: N}`: a secret itself must not stand in an answer. */
export const checkSecret: Check = value => {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const keys = Object.keys(value)
    if (keys.length === 1 && typeof value.file === 'string') {
      const path = checkPath(value.file)
      return 'value' in path ? { value: { file: path.value } } : path
    }
    if (keys.length === 1 && Number.isInteger(value.fd) && Number(value.fd) >= 3) {
      return { value: { fd: Number(value.fd) } }
    }
  }
  return wrong('A secret must not stand in the file.', 'Write {file: ./pass} or {fd: 3}.')
}

/** `a, b or c`. */
function listed(values: readonly string[]): string {
  return values.length < 2
    ? (values[0] ?? '')
    : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}

/** The closest of some words, when it is close enough to have been meant. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map(each => ({ each, distance: editDistance(word.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.each : undefined
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 80) return 99
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...a].entries()) {
    const next = [row + 1]
    for (const [column, other] of [...b].entries()) {
      const swap = (previous[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(swap, (previous[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    previous = next
  }
  return previous.at(-1) ?? 99
}
