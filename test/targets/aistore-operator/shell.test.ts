import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { make } from '../../support/certificates.ts'
import { isThere } from '../../support/scratch.ts'

const functions = new URL('../../../templates/aistore-operator/functions.sh', import.meta.url)
  .pathname
const proof = new URL('../../../templates/shell/proof.sh', import.meta.url).pathname

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
  const script = `. '${proof}'\n. '${functions}'\nset -uo pipefail\n${doubles}\n${lines}\n`
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

const startable = `
kube() { case $5 in secret) cat "$CASE/secret.json" ;; *) cat "$CASE/resource.json" ;; esac; }
aisop_startable lab ais '' ais ais-tls "$OLD/chain.pem" "$OLD/roots.pem" "$NEW/chain.pem"
`

describe.runIf(isThere('openssl') && isThere('jq'))(
  'AIStore that the operator runs, in an exported script',
  () => {
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

    it('writes nothing over a pair that somebody has put into the Secret, and takes its own for none', () => {
      const [before, fresh, strange] = [make(), make(), make()].map(made => made.pem)
      const mounted = (chain = '', roots = '', note = '') => {
        const encoded = (each: string) => Buffer.from(each).toString('base64')
        const data = { 'tls.crt': encoded(chain), 'ca.crt': encoded(roots) }
        const annotations = { 'secure-endpoint.dev/started-with': note }
        const seen = play(startable, {
          'old/chain.pem': before ?? '',
          'old/roots.pem': pem,
          'new/chain.pem': fresh ?? '',
          'secret.json': chain === '' ? '' : JSON.stringify({ data }),
          'resource.json': JSON.stringify({ spec: { proxySpec: { annotations } } }),
        })
        return seen.exit
      }
      const leaf = new X509Certificate(fresh ?? '').fingerprint256
      expect([mounted(before, pem), mounted(before, `${strange}${pem}`)]).toEqual([0, 0])
      expect([mounted(before), mounted(), mounted(fresh, pem, leaf)]).toEqual([0, 0, 0])
      expect([mounted(before, strange), mounted(strange, pem)]).toEqual([65, 65])
      expect([mounted(fresh, pem), mounted(fresh, pem, 'another')]).toEqual([65, 65])
    })
  },
)
