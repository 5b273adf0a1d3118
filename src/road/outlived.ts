import { stillRuns } from '../process/start-time.ts'
import { readJournal } from '../record/journal.ts'
import type { RecordPaths } from '../record/paths.ts'
import type { World } from '../world.ts'

/** How often a tool that outlived its run is looked at again. Milliseconds. */
const everyMs = 500

/**
 * Waits for tools that an earlier, killed run of this endpoint has started and that still work: what
 * they do must be over before anybody looks at the world.
 */
export async function waitForOutlived(
  paths: RecordPaths,
  { clock }: Pick<World, 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  const started = (await readJournal(paths.journal)).filter(({ type }) => type === 'tool.started')
  for (const { pid, start, lasting } of started) {
    // a port-forward or watch of ours never ends by itself, and nobody listens to it any more
    if (lasting === true && typeof pid === 'number' && stillRuns(pid, String(start))) endTree(pid)
  }
  const alive = () =>
    started
      .slice(-20)
      .some(({ pid, start }) => typeof pid === 'number' && stillRuns(pid, String(start)))
  while (alive()) await clock.sleep(everyMs, signal)
}

function endTree(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGTERM')
  } catch {
    // it has ended meanwhile
  }
}
