import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { packageFolder } from '../../../package-files.ts'
import { oneLine } from '../../../process/plain-text.ts'
import { quoteCommand, quoteWord } from '../../../process/quote.ts'
import type { Host } from '../hosts/destinations.ts'
import { type Files, targetsOf } from '../ops-files.ts'

/** Whether a node runs on this machine, so that its files can be looked at here. */
export function isHere({ to }: Pick<Host, 'to'>): boolean {
  return to === 'localhost' || to === '::1' || /^127\.\d+\.\d+\.\d+$/.test(to)
}

/**
 * What a person types here to put a pair onto one host and have it checked there: copies in a folder of
 * their own, then in one session each file beside the old one and renamed, the key first, and the check,
 * whose line goes to `said`. There are two connections, as sudo asks on a terminal, which carries no files.
 *
 * @param said the file that the line of the check is appended to
 */
export function commandsFor(host: Host, files: Files, said: string): string[] {
  const all = targetsOf(files)
  const check = join(packageFolder(), 'templates', 'aistore', 'check-files.sh')
  const local = isHere(host)
  const folder = folderFor(files)
  const from = (path: string) => (local ? path : `${folder}/${basename(path)}`)
  const put = all.map(({ from: path, to, mode }) => {
    const fresh = `${to}.new`
    const install = `sudo install -D -o "$u" -m ${mode.toString(8).padStart(4, '0')}`
    return `${install} ${quoteCommand([from(path), fresh])} && sudo mv ${quoteCommand([fresh, to])}`
  })
  const there = [
    // however it ends, no copy of a key stays behind
    ...(local ? [] : [`trap "rm -rf ${folder}" EXIT`, 'trap "exit 1" HUP INT TERM']),
    ...userOf(files.keyFile),
    put.join(' && '),
    // also where that has failed: it says what is wrong
    `sudo -u "#$u" sh -s ${quoteCommand(wordsOf(host, files))} <${quoteWord(from(check))}`,
  ].join('; ')
  const kept = `tee -a ${quoteWord(said)}`
  // from here on nothing counts that was said of the host before
  const begun = `${quoteCommand(['echo', `secure-endpoint-begun ${host.to}`])} >>${quoteWord(said)}`
  if (local) return [`${begun} && (${there}) | ${kept}`].map(oneLine)
  const copies = quoteCommand(packed([...all.map(each => each.from), check]))
  const take = `umask 077; rm -rf ${folder} && mkdir ${folder} && { tar -xf - -C ${folder} || { rm -rf ${folder}; exit 1; }; }`
  return [
    `${copies} | ${quoteCommand(['ssh', '--', host.to, take])}`,
    `${begun} && ${quoteCommand(['ssh', '-t', '--', host.to, there])} | ${kept}`,
  ].map(oneLine)
}

/** In the home of whoever logs in; the same for each try, so that the next one ends what was cut off. */
function folderFor({ certFile, keyFile }: Files): string {
  const digest = createHash('sha256').update([certFile, keyFile].join('\n')).digest('hex')
  return `.secure-endpoint-${digest.slice(0, 12)}`
}

/** An archive of files by their names alone, on stdout. */
function packed(paths: readonly string[]): string[] {
  const words = paths.flatMap((path, index) =>
    dirname(path) === dirname(paths[index - 1] ?? '')
      ? [basename(path)]
      : ['-C', dirname(path), basename(path)],
  )
  return ['tar', '-cf', '-', ...words]
}

/** What the check is given: the host's name, as the file with its line has it, and the paths. */
function wordsOf({ to }: Host, { certFile, keyFile, caFile, roots }: Files): string[] {
  return [to, certFile, keyFile, ...(roots === undefined ? [] : [caFile])]
}

/**
 * Who runs aisnode there. Where nobody does: whoever owns the key that lies there, or else its folder; what
 * is root's may only have been made so. Of a folder that is not there yet nobody can say whose it will be.
 */
function userOf(keyFile: string): string[] {
  const [key, folder] = [keyFile, dirname(keyFile)].map(
    path => `sudo stat -L -c %u -- ${quoteWord(path)}`,
  )
  const first = `awk '{u=$1} u{exit} END{print u}'`
  return [
    `u=$(grep -lsx 'aisnode.*' /proc/[0-9]*/comm | xargs -r stat -c %u | head -n 1)`,
    `u=\${u:-$({ ${key} 2>/dev/null; ${folder}; } | ${first})}`,
    `: "\${u:?no aisnode runs here: make the folder of the key first, owned by the user that will run it}"`,
  ]
}
