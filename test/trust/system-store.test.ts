import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createScratch, skipped } from '../support/scratch.ts'

const bin = fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))

/** A copy of the system's own store in a mount namespace: nothing of it is left outside. */
const namespace = `
set -e
for each in /etc/ssl/certs /usr/local/share/ca-certificates; do
  mkdir -p "$BASE$each.up" "$BASE$each.work"
  cp -a "$each/." "$BASE$each.up/"
  mount --bind "$BASE$each.up" "$each"
done
se() { "$NODE" "$BIN" "$@"; }
cd "$BASE"
se cert issue svc.test --out one >/dev/null
trusted() { openssl verify one/chain.pem >/dev/null 2>&1 && echo trusted || echo 'not trusted'; }
trusted
se cert trust one/roots.pem --install </dev/null || echo "exit $?"
trusted
se cert trust one/roots.pem --install --yes
trusted
se cert trust one/roots.pem --install --yes
se cert trust one/roots.pem --remove --yes
trusted
ls /usr/local/share/ca-certificates | grep secure-endpoint || true
`

test('a real Debian store takes the root when it is agreed to, and gives it back', {
  timeout: 180_000,
}, () => {
  if (!existsSync('/usr/sbin/update-ca-certificates')) return skipped('this is no Debian')
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) {
    return skipped('a mount namespace needs root: the real store is not touched')
  }
  const scratch = createScratch(onTestFinished)
  const { stdout, stderr, status } = spawnSync('unshare', ['-m', 'bash', '-c', namespace], {
    encoding: 'utf8',
    env: {
      ...scratch.env,
      BASE: scratch.folder,
      BIN: bin,
      NODE: process.execPath,
      XDG_STATE_HOME: join(scratch.folder, 'state'),
    },
  })
  expect(`${stdout}${status === 0 ? '' : stderr}`.split('\n').filter(Boolean)).toEqual([
    'not trusted',
    'exit 2',
    'not trusted',
    '✔ This machine trusts it now.',
    expect.stringMatching(
      /^ {2}undo {2}rm \/usr\/local\/share\/ca-certificates\/secure-endpoint-.*\.crt$/,
    ),
    '        update-ca-certificates --fresh',
    'trusted',
    '✔ This machine trusts it already.',
    '✔ This machine does not trust it any more.',
    'not trusted',
  ])
  expect(stderr).toContain('This is done on this machine:')
})
