import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { Problem } from '../../src/errors.ts'
import { createRunTool } from '../../src/process/run-tool.ts'
import { installTrust, mustBeAllowed, removeTrust, storeHere } from '../../src/trust/install.ts'
import type { SystemStore } from '../../src/trust/system-stores.ts'
import { trustFiles, writeTrustFiles } from '../../src/trust/trust-files.ts'
import { trustWays } from '../../src/trust/ways.ts'
import { make, runTool } from '../support/certificates.ts'
import { createScratch, type Scratch, skipped } from '../support/scratch.ts'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch(onTestFinished)
})

const one = make({ ca: true, cn: 'Root One', at: Date.now() })
const two = make({ ca: true, cn: 'Root Two', at: Date.now() })
const public_ = make({ ca: true, cn: 'Public Root', at: Date.now() })

async function written(roots = [one, two], what = 'fraud-model') {
  const certificates = roots.map(({ certificate }) => certificate)
  const files = trustFiles(join(scratch.folder, 'trust'), what, certificates)
  await writeTrustFiles(files, certificates, [public_.pem, one.pem])
  return files
}

describe('the files', () => {
  test('hold both roots, and the bundle the public ones, too, each once', async () => {
    const files = await written()
    expect(readFileSync(files.roots, 'utf8')).toBe(one.pem + two.pem)
    expect(readFileSync(files.bundle, 'utf8')).toBe(public_.pem + one.pem + two.pem)
    expect(files.singles.map(({ path }) => readFileSync(path, 'utf8'))).toEqual([one.pem, two.pem])
    expect(statSync(files.bundle).mode & 0o777).toBe(0o644)
  })

  test('of a root that is over go, those of another endpoint stay', async () => {
    const files = await written()
    const foreign = scratch.file('trust/secure-endpoint-fraud-model-b-12345678.crt', one.pem)
    await written([two])
    expect(existsSync(files.singles[0]?.path ?? '')).toBe(false)
    expect(existsSync(files.singles[1]?.path ?? '')).toBe(true)
    expect(existsSync(foreign)).toBe(true)
  })

  test('fit where names are narrow', async () => {
    const { slug, configMap } = await written([one], '*.Büro / ../x')
    expect(slug).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
    const map = parse(readFileSync(configMap, 'utf8'))
    expect(map).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${slug}-roots` },
      data: { 'roots.pem': one.pem },
    })
  })
})

describe('the ways', () => {
  test('name a bundle where a variable replaces, and the roots alone where it adds', async () => {
    const files = await written()
    const of = (id: string) =>
      trustWays(files)
        .find(each => each.id === id)
        ?.commands.join('\n') ?? ''
    expect(of('openssl')).toBe(`export SSL_CERT_FILE=${files.bundle}`)
    expect(of('requests')).toBe(`export REQUESTS_CA_BUNDLE=${files.bundle}`)
    expect(of('node')).toBe(`export NODE_EXTRA_CA_CERTS=${files.roots}`)
    for (const { commands, undo } of trustWays(files)) {
      expect([commands.length > 0, undo.length > 0]).toEqual([true, true])
    }
  })

  test('work in OpenSSL, Node and Python as they are printed', async () => {
    const leaf = make({ issuer: one, at: Date.now() })
    const path = scratch.file('leaf.pem', leaf.pem)
    const files = await written()
    const shell = (id: string, command: string) => {
      const way = trustWays(files).find(each => each.id === id)
      const script = `${way?.commands[0]}\n${command}\n${way?.undo[0]}\n${command}`
      return runTool('bash', ['-c', script]).said
    }
    const verify = `openssl verify -no-CApath '${path}' 2>&1 | tail -1`
    if (runTool('openssl', ['version']).status === null) skipped('openssl is not here')
    else expect(shell('openssl', verify)).toMatch(/leaf\.pem: OK\n.*(error|failed)/s)
    const count = (module: string) =>
      `node -p "require('tls').getCACertificates?.('extra').length ?? '${module}'"`
    expect(shell('node', count('old Node'))).toMatch(/^(2\n0|old Node\nold Node)\n$/)
    const python = `python3 -c "import ssl; c = ssl.create_default_context(); print('Root Two' in str(c.get_ca_certs()))"`
    if (runTool('python3', ['-c', '0']).status === null) skipped('python3 is not here')
    else expect(shell('openssl', python)).toBe('True\nFalse\n')
  })

  test('work in Java as they are printed, and are undone', { timeout: 240_000 }, async () => {
    if (runTool('keytool', ['-help']).status === null) return skipped('keytool is not here')
    const files = await written()
    const way = trustWays(files).find(({ id }) => id === 'java')
    const store = join(scratch.folder, 'store.p12')
    const run = (commands: readonly string[]) =>
      // a store of the test's own in the place of the JDK's
      runTool('bash', ['-c', commands.join('\n').replaceAll('-cacerts', `-keystore '${store}'`)])
    expect(run(way?.commands ?? []).status).toBe(0)
    const listed = () =>
      runTool('keytool', ['-list', '-keystore', store, '-storepass', 'changeit']).said
    expect(listed().match(/trustedCertEntry/g)).toHaveLength(2)
    expect(run(way?.undo ?? []).status).toBe(0)
    expect(listed()).not.toContain('trustedCertEntry')
  })
})

describe('the store of a system', () => {
  /** As Debian's: files go into a folder, and a command makes a bundle of them. */
  function store(body = `cat ${scratch.folder}/anchors/*.crt > ${scratch.folder}/system.pem`) {
    scratch.tool('update-it', body)
    scratch.file('anchors/other.crt', public_.pem)
    const command = ['update-it'] as [string, ...string[]]
    const folder = join(scratch.folder, 'anchors')
    const made: SystemStore = {
      id: 'debian',
      title: 'A system',
      folder,
      update: command,
      updateAfterRemoval: command,
    }
    return made
  }
  const anchors = () => readdirSync(join(scratch.folder, 'anchors')).sort()
  const world = () => ({
    env: { ...scratch.env },
    run: createRunTool(scratch.env),
    which: async (name: string) => join(scratch.bin, name),
  })

  test('is told by its folder and its command', async () => {
    const made = store()
    expect(await storeHere(world(), [made])).toBe(made)
    expect(await storeHere({ which: async () => undefined }, [made])).toBeUndefined()
    expect(await storeHere(world(), [{ ...made, folder: '/nowhere' }])).toBeUndefined()
  })

  test('that does not trust the root afterwards is left as it was', async () => {
    const files = await written()
    // its command ends well, but the system's real bundle is another
    const error = await installTrust(store(), files, world()).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(Problem)
    expect((error as Problem).findings[0]).toMatchObject({ id: 'trust.failed' })
    expect(anchors()).toEqual(['other.crt'])
  })

  test('whose command fails says what it said', async () => {
    const error = await installTrust(
      store('echo broken >&2; exit 3'),
      await written(),
      world(),
    ).catch((each: unknown) => each)
    expect((error as Problem).exit).toBe(69)
    expect((error as Problem).findings[0]?.evidence).toBe('broken')
    expect(anchors()).toEqual(['other.crt'])
  })

  test('that this user may not change is shown instead', async () => {
    const gone = { ...store(), folder: join(scratch.folder, 'nowhere') }
    const error = await mustBeAllowed(gone, ['sudo install x', 'sudo update-it']).catch(
      (each: unknown) => each,
    )
    expect((error as Problem).exit).toBe(77)
    expect((error as Problem).findings[0]?.fix).toBe('sudo install x\nsudo update-it')
  })

  test('loses ours alone when it is taken back', async () => {
    const files = await written()
    for (const { name } of files.singles) scratch.file(`anchors/${name}.crt`, one.pem)
    expect(await removeTrust(store(), files, world())).toHaveLength(2)
    expect(anchors()).toEqual(['other.crt'])
    expect(await removeTrust(store(), files, world())).toEqual([])
  })
})
