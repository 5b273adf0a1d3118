import { type Interrupted, Problem } from '../../../errors.ts'
import { type ExitCode, exitCodes } from '../../../exit-codes.ts'
import { finding } from '../../../findings.ts'
import { oneLine } from '../../../process/plain-text.ts'
import { quoteCommand } from '../../../process/quote.ts'
import type { ToolResult } from '../../../process/tool.ts'
import { tail, toolProblem } from '../../../process/tool-problem.ts'
import { aistoreFindings } from '../findings.ts'
import type { Host } from './destinations.ts'
import { hostFindings } from './findings.ts'

type Id = keyof typeof hostFindings

/** What ssh says where it fails; first match wins. The name in what it says is that of the host. */
const sshWords: readonly { says: RegExp; id: Id; exit: ExitCode; fix: (to: string) => string }[] = [
  {
    says: /IDENTIFICATION HAS CHANGED/,
    id: 'ssh.host-key',
    exit: exitCodes.noPermission,
    fix: to =>
      `Ask whoever runs the host why it has another key. Only where that is right: ssh-keygen -R HOST, and log in once by hand to compare the new one: ${typed(to)}`,
  },
  {
    says: /Host key verification failed|host key is known for/,
    id: 'ssh.host-key',
    exit: exitCodes.noPermission,
    fix: to =>
      `Log in once by hand, and compare the fingerprint with the one that the console of the host shows: ${typed(to)}`,
  },
  {
    says: /Permission denied \(|Too many authentication failures|No more authentication methods/,
    id: 'ssh.denied',
    exit: exitCodes.noPermission,
    fix: to =>
      `See which keys are offered: ssh-add -l; put one there: ssh-copy-id ${quoteCommand([to])}; or name another user: target.ssh: USER@{host}`,
  },
  {
    says: /Could not resolve hostname|Connection refused|timed out|No route to host|Network is unreachable|Connection (?:closed|reset)|kex_exchange_identification|banner exchange|Broken pipe/,
    id: 'ssh.unreachable',
    exit: exitCodes.unavailable,
    fix: to =>
      `See it yourself: ${typed(to)}; where the host has another name or way for ssh: target.ssh: NODE=DESTINATION, or place the files by hand: target.place: manual`,
  },
]

/** What the host itself says is in the way, by the first word of it. */
const hostWords: Readonly<Record<string, { id: Id; exit: ExitCode; fix: (to: string) => string }>> =
  {
    folder: {
      id: 'ssh.folder',
      exit: exitCodes.cannotWrite,
      fix: () =>
        'Let a user in who may write there (target.ssh: ais@{host}), or have sudo write it: target.sudo: yes; or name another folder in target.certFile.',
    },
    full: {
      id: 'ssh.full',
      exit: exitCodes.cannotWrite,
      fix: to => `See what takes the room: ${typed(to)} df -h; then run the same command again.`,
    },
    reader: {
      id: 'ssh.reader',
      exit: exitCodes.noPermission,
      fix: () =>
        'Let the user of aisnode in (target.ssh: ais@{host}), or have sudo give the files to it: target.sudo: yes.',
    },
    tools: {
      id: 'ssh.no-shell',
      exit: exitCodes.unavailable,
      fix: () => 'Install coreutils there, or place the files by hand: target.place: manual.',
    },
    cut: {
      id: 'ssh.cut',
      exit: exitCodes.unavailable,
      fix: () => 'Run the same command again: it looks first what is done already.',
    },
  }

function typed(to: string): string {
  return quoteCommand(['ssh', to])
}

/** What is wrong with a host that has not run to the end what was sent to it. */
export function hostProblem(
  { to }: Host,
  result: ToolResult,
  said: { lines: readonly string[]; sudo: boolean },
): Problem | Interrupted {
  const { outcome, exit } = result
  if (outcome === 'timed-out')
    return one(
      'ssh.unreachable',
      exitCodes.unavailable,
      to,
      'no answer in time',
      `See it yourself: ${typed(to)}`,
    )
  if (outcome !== 'ended') return toolProblem(result, 0)
  const wrong = said.lines.find(line => line.startsWith('wrong '))
  if (wrong !== undefined) return ofHost(to, wrong.slice('wrong '.length))
  if (exit === 255) return ofSsh(to, result)
  const words = tail(result, 3)
  return said.sudo && said.lines.includes('here')
    ? one(
        'ssh.sudo',
        exitCodes.noPermission,
        to,
        evidenceOf(words.replace(/^se: here$/m, '')),
        `Allow it without a password there (visudo: USER ALL=(root) NOPASSWD: /bin/sh), or leave target.sudo out and let a user in who may write: target.ssh: root@{host}`,
      )
    : one(
        'ssh.no-shell',
        exitCodes.unavailable,
        to,
        `exit ${exit}: ${evidenceOf(words)}`,
        `See what it answers: ${typed(to)} sh -c true; or place the files by hand: target.place: manual`,
      )
}

function ofHost(to: string, wrong: string): Problem {
  const [, word = '', rest = ''] = /^(\S+) ?(.*)$/s.exec(wrong) ?? []
  const known = Object.hasOwn(hostWords, word) ? hostWords[word] : undefined
  if (known) return one(known.id, known.exit, to, evidenceOf(rest), known.fix(to))
  if (word === 'foreign')
    return new Problem(exitCodes.data, [
      finding(aistoreFindings, 'aistore.foreign-file', {
        subject: to,
        evidence: evidenceOf(rest),
        fix: 'Move it away, or name another path.',
      }),
    ])
  return one('ssh.failed', exitCodes.failed, to, evidenceOf(wrong), `See it yourself: ${typed(to)}`)
}

function ofSsh(to: string, { stdout, stderr }: ToolResult): Problem {
  const lines = stderr.split('\n').map(oneLine).filter(Boolean)
  for (const { says, id, exit, fix } of sshWords) {
    const line = lines.find(each => says.test(each))
    if (line !== undefined) return one(id, exit, to, evidenceOf(line), fix(to))
  }
  const words = evidenceOf(tail({ stdout, stderr }, 3)) || 'ssh ended with 255 and said nothing'
  return one('ssh.failed', exitCodes.failed, to, words, `See it yourself: ${typed(to)}`)
}

function evidenceOf(words: string): string {
  return oneLine(words.replace(/@{5,}/g, '')).slice(0, 300)
}

function one(id: Id, exit: ExitCode, to: string, evidence: string, fix: string): Problem {
  return new Problem(exit, [finding(hostFindings, id, { subject: to, evidence, fix })])
}
