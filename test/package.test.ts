import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'bin/secure-endpoint.cjs')
const folder = mkdtempSync(join(tmpdir(), 'se-package-'))
const unpacked = join(folder, 'package')
const empty = join(folder, 'empty')
let tarball: string
let files: string[]

/** No settings and no state of whoever runs the tests. */
const env = {
  PATH: process.env.PATH,
  HOME: join(folder, 'home'),
  npm_config_cache: join(folder, 'npm-cache'),
  npm_config_update_notifier: 'false',
}

function run(command: string, args: string[], cwd = empty) {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8' })
}

const packed = (...args: string[]) =>
  run(process.execPath, [join(unpacked, 'bin/secure-endpoint.cjs'), ...args])

beforeAll(() => {
  for (const path of ['home', 'empty']) mkdirSync(join(folder, path))
  // what is in dist is packed as it is: other tests run it meanwhile
  const args = ['pack', '--offline', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { status, stdout, stderr } = run('npm', args, root)
  if (status !== 0) throw new Error(stderr)
  const [pack] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  tarball = join(folder, pack.filename)
  files = pack.files.map(({ path }) => path)
  const tar = run('tar', ['-xzf', tarball, '-C', folder])
  if (tar.status !== 0) throw new Error(tar.stderr)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const manifest = () => JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))

describe('the packed package', () => {
  it('holds what a user needs, and nothing else', () => {
    const expected =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/[\w-]+\.cjs|dist\/(chunks\/)?[\w.-]+\.(js|txt)|docs\/[\w-]+\.md|examples\/[\w-]+\.yaml|templates\/.+\.(sh|yaml))$/
    expect(files.filter(path => !expected.test(path))).toEqual([])
    for (const path of ['LICENSE', 'bin/secure-endpoint.cjs', 'dist/THIRD-PARTY-NOTICES.txt'])
      expect(files).toContain(path)
    expect(Object.values(manifest().bin).every(path => files.includes(String(path)))).toBe(true)
  })

  it('brings everything with it', () => {
    const { dependencies, optionalDependencies, peerDependencies, scripts } = manifest()
    expect([dependencies, optionalDependencies, peerDependencies]).toEqual(Array(3).fill(undefined))
    for (const name of ['preinstall', 'install', 'postinstall'])
      expect(scripts?.[name]).toBe(undefined)
  })

  it('says nothing of the machine that it was made on', () => {
    const places = [root, dirname(root), folder].filter(path => path.length > 5)
    for (const path of files) {
      const text = readFileSync(join(unpacked, path), 'utf8')
      expect(
        places.filter(place => text.includes(place)),
        path,
      ).toEqual([])
    }
  })

  it('runs from an empty folder', () => {
    expect(packed('--version').stdout).toBe(`${manifest().version}\n`)
    const help = packed('--help')
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toContain('Exit codes:')
    expect(packed('schema').stdout).toContain('"$schema"')
    expect(readdirSync(empty)).toEqual([])
  })

  it('runs by npx from its tarball, without the network', () => {
    const file = `../${basename(tarball)}`
    const { status, stdout, stderr } = run('npx', ['--yes', '--offline', file, '--version'])
    expect(status, stderr).toBe(0)
    expect(stdout).toBe(`${manifest().version}\n`)
  })

  it('rehearses each of its examples', () => {
    const examples = files.filter(
      path => path.startsWith('examples/') && !path.endsWith('-service.yaml'),
    )
    expect(examples.length).toBeGreaterThan(1)
    for (const path of examples) {
      const { status, stderr } = packed('init', '--rehearse', '--answers', join(unpacked, path))
      expect(status, `${path}\n${stderr}`).toBe(0)
      expect(stderr).toMatch(/the rehearsal of \S+ has passed/)
    }
    expect(readdirSync(empty)).toEqual([])
    expect(readdirSync(env.HOME)).toEqual([])
  })
})

describe('the notices of what is bundled', () => {
  it('name each package that is in the bundle, with its version and licence', () => {
    const notices = readFileSync(join(unpacked, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8')
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const direct = ['commander', 'dns-packet', 'execa', 'ink', 'liquidjs', 'node-forge', 'react']
    for (const name of [...direct, '@inquirer/input', 'yaml', 'yoga-layout']) {
      const { version } = lock.packages[`node_modules/${name}`]
      expect(notices).toMatch(new RegExp(`^${name} ${version} \\(.+\\)$`, 'm'))
    }
    for (const name of ['typescript', 'vitest', 'rolldown', '@biomejs/biome']) {
      expect(devDependencies).toHaveProperty([name])
      expect(notices).not.toMatch(new RegExp(`^${name} `, 'm'))
    }
    const parts = notices.split(/\n\n-{80}\n\n/).slice(1)
    expect(parts.filter(part => !/^\S+ \d+\.\d+\.\d+\S* \([^)]/.test(part))).toEqual([])
    expect(new Set(parts).size).toBe(parts.length)
    expect(parts.filter(part => /permission|licen[cs]e/i.test(part)).length).toBe(parts.length)
  })
})

describe('an old Node', () => {
  /** Runs the entry as if this were another version. */
  function asNode(version: string) {
    const fake = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    const args = ['-e', `${fake}; require(${JSON.stringify(bin)})`, 'secure-endpoint', '--version']
    return run(process.execPath, args)
  }

  it.each(['8.17.0', '18.20.8', '19.9.0', '20.18.3', '20.9.0'])(
    '%s is told in one sentence',
    version => {
      const { status, stdout, stderr } = asNode(version)
      expect([status, stdout]).toEqual([69, ''])
      expect(stderr).toBe(
        `secure-endpoint needs Node 20.19 or newer; this is Node ${version} (${process.execPath}).\n`,
      )
    },
  )

  it.each(['20.19.0', '20.20.2', '22.0.0', '100.1.0'])('%s is none', version => {
    const { status, stderr } = asNode(version)
    expect([status, stderr]).toEqual([0, ''])
  })
})
