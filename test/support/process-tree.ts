import { readdirSync, readFileSync } from 'node:fs'

/** The ids of a process's children, their children and so on (Linux). */
export function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        // after the name in brackets: state, parent
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(name), parent: Number(parent) }]
      } catch {
        return [] // it has ended meanwhile
      }
    })
  const of = (wanted: number): number[] =>
    parents.filter(({ parent }) => parent === wanted).flatMap(each => [each.pid, ...of(each.pid)])
  return of(pid)
}

/** Ends processes at once; those that are gone already are left alone. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {} // it has ended by itself
  }
}
