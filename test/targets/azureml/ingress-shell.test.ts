import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isThere } from '../../support/scratch.ts'

const functions = new URL('../../../templates/azureml/functions.sh', import.meta.url).pathname
const kube = new URL('../../../templates/kubernetes/functions.sh', import.meta.url).pathname

const labels = {
  'app.kubernetes.io/managed-by': 'secure-endpoint',
  'secure-endpoint.dev/endpoint': 'ml',
}
const object = (spec: object, own: object = labels) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'ml', namespace: 'azureml', labels: own },
  spec,
})
const ours = object({ tls: [{ hosts: ['ml.lab.test'], secretName: 'new' }], rules: [] })
const older = object({ tls: [{ hosts: ['ml.lab.test'], secretName: 'old' }], rules: [] })
const theirs = object({ rules: [{ host: 'shop.lab.test' }] }, { team: 'search' })

// kubectl of one Ingress in a file: it is read, replaced whole by what is written, or deleted
const kubectl = `
STORE=$CASE/there.json
kubectl() {
  shift 4
  case $1 in
    get) [[ -f $STORE ]] && cat "$STORE"; return 0 ;;
    delete) printf 'delete\\n' >>"$CASE/log"; rm -f "$STORE" ;;
    *) printf '%s\\n' "$*" >>"$CASE/log"; cat "\${@: -1}" >"$CASE/in.json" 2>/dev/null || cat >"$CASE/in.json"
       mv "$CASE/in.json" "$STORE" ;;
  esac
}
say() { printf '%s\\n' "$1" >&2; }
answer_json() { jq -c . ; }
`

/** Runs lines of a script where this Ingress stands; what stands there afterwards, and what was said. */
function play(lines: string, there?: object) {
  const folder = mkdtempSync(join(tmpdir(), 'se-sh-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'there.json')
  if (there) writeFileSync(path, JSON.stringify(there))
  writeFileSync(join(folder, 'new.json'), JSON.stringify(ours))
  const script = `. '${kube}'\n. '${functions}'\n${kubectl}\nset -u\nat=(lab azureml '' ml)\n${lines}\n`
  const run = spawnSync('bash', ['-c', script], {
    env: { ...process.env, CASE: folder },
    encoding: 'utf8',
  })
  const log = join(folder, 'log')
  return {
    exit: run.status,
    said: run.stdout + run.stderr,
    there: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined,
    changes: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [],
  }
}

const apply = (adopt = 'no') =>
  `azureml_ingress_apply "\${at[@]}" "$CASE/new.json" "$CASE/before.json" ${adopt}`
const back = `azureml_ingress_back "\${at[@]}" "$CASE/before.json"`
const look = `azureml_ingress "\${at[@]}" "$CASE/new.json"`

describe.runIf(isThere('jq'))('the Ingress in an exported script', () => {
  it.each([
    ['none', undefined, false],
    ['ours', ours, true],
    ['ours with an older pair', older, false],
    ['one of somebody else that says the same', { ...ours, metadata: theirs.metadata }, false],
  ] as const)('is looked at: %s', (_what, there, asWanted) => {
    const seen = play(look, there)
    expect(seen.said, seen.said).toBe(`{"asWanted":${asWanted}}\n`)
  })

  it('of somebody else stops it, and is not deleted when it is taken back', () => {
    const seen = play(`${apply()} || { ${back}; exit 1; }`, theirs)
    expect(seen).toMatchObject({ exit: 1, there: theirs, changes: [] })
    expect(seen.said).toContain('belongs to somebody else')
  })

  it('is put back where it was taken over, or was ours; one that was made goes', () => {
    const both = `${apply('yes')} && ${back}`
    expect(play(both, theirs)).toMatchObject({ exit: 0, there: theirs })
    expect(play(both, theirs).changes.at(-1)).toMatch(/^replace /)
    expect(play(both, older)).toMatchObject({ exit: 0, there: older })
    expect(play(both, older).changes.at(-1)).toMatch(/^apply .*--force-conflicts/)
    const made = play(both)
    expect([made.exit, made.there, made.changes.at(-1)]).toEqual([0, undefined, 'delete'])
  })

  it('that has come since one was made is left alone', () => {
    const other = `printf '%s' '${JSON.stringify(theirs)}' >"$STORE"`
    const seen = play(`${apply()} && ${other} && ${back}`)
    expect(seen).toMatchObject({ exit: 0, there: theirs })
    expect(seen.changes).not.toContain('delete')
  })
})
