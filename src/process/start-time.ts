import { readFileSync } from 'node:fs'

/**
 * What tells a process from a later one with the same id: its start time as the kernel says it
 * (field 22 of /proc/PID/stat, in clock ticks since boot). undefined when there is no such process,
 * '' where the system does not say (not Linux) but the process is alive.
 */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return process.platform !== 'linux' && answersSignal(pid) ? '' : undefined
  }
}

/** Whether the process that was recorded with this id and start time still runs. */
export function stillRuns(pid: number, start: string): boolean {
  const now = startTime(pid)
  return now !== undefined && (now === start || now === '' || start === '')
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
