import type { Command } from 'commander'
import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Io } from './io.ts'

/** What can be completed: every command with its flags, read off the program itself. */
interface Word {
  path: string
  words: string[]
}

/** Prints a completion script for a shell. */
export async function completion(shell: string, program: Command, io: Io): Promise<ExitCode> {
  const make = { bash, zsh, fish }[shell]
  if (!make) throw usage(`${shell} is no shell that is known here.`, 'Name bash, zsh or fish.')
  io.stdout.write(make(wordsOf(program)))
  return exitCodes.done
}

function wordsOf(program: Command, path = ''): Word[] {
  const flags = program.options.flatMap(({ long }) => long ?? [])
  const words = [...program.commands.map(each => each.name()), ...flags, '--help']
  return [
    { path, words },
    ...program.commands.flatMap(each => wordsOf(each, `${path} ${each.name()}`.trim())),
  ]
}

function bash(words: Word[]): string {
  const cases = words.map(({ path, words: each }) => `    '${path}') words='${each.join(' ')}' ;;`)
  return `# secure-endpoint completion bash >~/.local/share/bash-completion/completions/secure-endpoint
_secure_endpoint() {
  local path='' words='' each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $each == -* ]] || path="\${path:+$path }$each"
  done
  case $path in
${cases.join('\n')}
  esac
  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"); fi
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"); fi
}
complete -F _secure_endpoint secure-endpoint
`
}

function zsh(words: Word[]): string {
  return `#compdef secure-endpoint
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`
}

function fish(words: Word[]): string {
  const lines = words.flatMap(({ path, words: each }) => {
    const when =
      path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ')[0]}`
    return each.map(word =>
      word.startsWith('--')
        ? `complete -c secure-endpoint -n '${when}' -l ${word.slice(2)}`
        : `complete -c secure-endpoint -n '${when}' -a ${word}`,
    )
  })
  return `# secure-endpoint completion fish >~/.config/fish/completions/secure-endpoint.fish\n${lines.join('\n')}\n`
}
