import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a host is, where it is not as it should be. */
interface HostOptions {
  /** What runs in the place of the command that was sent (`$SSH_ORIGINAL_COMMAND`). */
  command?: string
  /** Whether it lets our key in. */
  authorized?: boolean
  /** Which key the client knows it by: its own, none, or that of another host. */
  known?: 'its own' | 'none' | 'another'
  /** Lines of the client's configuration for it. */
  client?: string[]
}

/** Hosts on loopback, each with a real sshd and a host key of its own. */
export interface SshHosts {
  /** Holds `ssh` with a configuration of our own, as a user may have one in front of PATH. */
  bin: string
  /** Starts a host; `ssh ALIAS` leads to it. */
  host(alias: string, options?: HostOptions): Promise<void>
  /** An alias whose port nobody listens at. */
  nowhere(alias: string): Promise<void>
  close(): Promise<void>
}

/** Debian has it where PATH of a user does not lead. */
const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(path => existsSync(path))

/** What keeps the hosts from running here; undefined where nothing does. */
export function noSshd(): string | undefined {
  if (!sshd) return 'there is no sshd here: apt-get install openssh-server'
  const { error } = spawnSync('ssh', ['-V'])
  return error ? 'there is no ssh here: apt-get install openssh-client' : undefined
}

/** @param folder for keys and configurations; it must be there as long as the hosts */
export async function startSshHosts(folder: string): Promise<SshHosts> {
  const own = join(folder, 'sshd')
  const bin = join(own, 'bin')
  mkdirSync(bin, { recursive: true })
  // the privilege separation of a sshd of root wants it; a service manager would have made it
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const real = spawnSync('bash', ['-c', 'command -v ssh'], { encoding: 'utf8' }).stdout.trim()
  const config = join(own, 'config')
  const known = join(own, 'known_hosts')
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec '${real}' -F '${config}' "$@"\n`, {
    mode: 0o755,
  })
  writeFileSync(known, '')
  const client = makeKey(join(own, 'client'))
  const stanzas = [
    `Host *\n  IdentityFile ${join(own, 'client')}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile /dev/null\n`,
  ]
  const children: ChildProcess[] = []
  const add = (alias: string, port: number, more: readonly string[] = []) => {
    const lines = ['HostName 127.0.0.1', `Port ${port}`, `HostKeyAlias ${alias}`, ...more]
    stanzas.unshift(`Host ${alias}\n${lines.map(each => `  ${each}\n`).join('')}`)
    writeFileSync(config, stanzas.join('\n'))
  }
  return {
    bin,
    async host(alias, { command, authorized = true, known: by = 'its own', client: more } = {}) {
      const at = join(own, alias)
      mkdirSync(at)
      const port = await freePort()
      const hostKey = makeKey(join(at, 'host'))
      writeFileSync(join(at, 'authorized'), authorized ? client : '')
      const lines = [
        ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(at, 'host')}`],
        ...[`AuthorizedKeysFile ${join(at, 'authorized')}`, 'StrictModes no', 'PidFile none'],
        ...['UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no'],
        'PermitRootLogin prohibit-password',
        ...(command === undefined ? [] : [`ForceCommand ${command}`]),
      ]
      writeFileSync(join(at, 'sshd_config'), `${lines.join('\n')}\n`)
      const args = ['-D', '-e', '-f', join(at, 'sshd_config')]
      const child = spawn(sshd ?? '', args, { stdio: ['ignore', 'ignore', 'pipe'] })
      children.push(child)
      let said = ''
      child.stderr?.on('data', chunk => {
        said += chunk
      })
      while (!said.includes('Server listening')) {
        if (child.exitCode !== null) throw new Error(`sshd: ${said}`)
        await sleep(20)
      }
      const shown = by === 'another' ? makeKey(join(at, 'another')) : hostKey
      if (by !== 'none') writeFileSync(known, `${readFileSync(known, 'utf8')}${alias} ${shown}`)
      add(alias, port, more)
    },
    async nowhere(alias) {
      add(alias, await freePort())
    },
    async close() {
      for (const child of children) {
        const ended = new Promise(resolve => child.once('exit', resolve))
        if (child.exitCode === null && child.signalCode === null) {
          child.kill('SIGTERM')
          await ended
        }
      }
    },
  }
}

/** @returns the public key, as known_hosts and authorized_keys have it */
function makeKey(path: string): string {
  const { status, stderr } = spawnSync(
    'ssh-keygen',
    ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`)
  return readFileSync(`${path}.pub`, 'utf8')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
