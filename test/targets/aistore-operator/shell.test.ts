import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { make } from '../../support/certificates.ts'
import { isThere } from '../../support/scratch.ts'

const functions = new URL('../../../templates/aistore-operator/functions.sh', import.meta.url)
  .pathname

const doubles = `
NEW=$CASE/new OLD=$CASE/old FOUND=$CASE/found RUN=$CASE
say() { printf '%s\\n' "$@"; }
sleep() { :; }
`

/** Runs lines of a script among these files. */
function play(lines: string, files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'se-sh-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['new', 'old', 'found']) mkdirSync(join(folder, name))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const script = `. '${functions}'\nset -uo pipefail\n${doubles}\n${lines}\n`
  const env = { ...process.env, CASE: folder }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' })
  return { exit: status, said: (stdout + stderr).trim().split('\n') }
}

// one pod, which serves the new pair once it was asked to by somebody who trusts it
const cluster = (trusted: string) => `
kube_pods() { echo ais-proxy-0; }
with_forward() { "\${@:6}" 4433; }
leaf_is() { [[ -e $RUN/loaded ]]; }
curl() {
  local seen=own
  if [[ " $* " == *" --cacert "* ]]; then seen=given; fi
  echo "asked by $seen roots"
  if [[ $seen == ${trusted} ]]; then : >"$RUN/loaded"; else return 60; fi
}
aisop_load lab ais '' "$NEW/chain.pem" ais.test 9 statefulset/ais-proxy 51080
`

describe.runIf(isThere('openssl'))('AIStore that the operator runs, in an exported script', () => {
  const { pem } = make()
  it('has pods load a pair of a root that this machine trusts: none is kept beside it', () => {
    expect(play(cluster('own'), { 'new/chain.pem': pem })).toEqual({
      exit: 0,
      said: ['asked by own roots'],
    })
  })

  it('has pods load whichever pair is of such a root, the new one or that of before', () => {
    const files = { 'new/chain.pem': pem, 'old/roots.pem': pem }
    expect(play(cluster('given'), files)).toEqual({ exit: 0, said: ['asked by given roots'] })
    expect(play(cluster('own'), files)).toEqual({
      exit: 0,
      said: ['asked by given roots', 'asked by own roots'],
    })
  })
})
