import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Sandbox, serviceYaml } from './sandbox.ts'

/** A service that runs over HTTP already: what most people come from. */
export async function startHttpService(box: Sandbox, name = 'svc-a'): Promise<void> {
  box.file('http.yaml', serviceYaml)
  const options = { cwd: box.folder, env: box.env, encoding: 'utf8' } as const
  const up = spawnSync(
    join(box.folder, 'bin/sky'),
    ['serve', 'up', 'http.yaml', '-n', name, '-y'],
    options,
  )
  if (up.status !== 0) throw new Error(up.stderr)
  await sleep(500)
}
