import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answers, inSandbox, serviceYaml } from '../support/sandbox.ts'
import { scriptsIn } from '../support/script.ts'

const hostile = `it's "x" $(touch owned) \`touch owned\` \\ ; touch owned #`

describe.concurrent('a script of hostile values', () => {
  it('runs none of them, and leads where they say', { timeout: 240_000 }, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      const folder = join(box.folder, hostile)
      mkdirSync(folder)
      writeFileSync(join(folder, `${hostile}.yaml`), `# ${hostile}\n${serviceYaml}`)
      writeFileSync(join(folder, `${hostile}.env`), 'A=$(touch owned)\n')
      const text = answers(box)
        .replace('yaml: ./service.yaml', `yaml: ${JSON.stringify(`./${hostile}.yaml`)}`)
        .replace('kind:', `envFile: ${JSON.stringify(`./${hostile}.env`)}, kind:`)
      writeFileSync(join(folder, 'a.yaml'), text)
      const script = await scripts.plan(['--answers', join(folder, 'a.yaml')])
      const work = join(folder, `work\n$(touch owned)`)
      const env = { HOME: box.folder, YES: '1', WORK: work }
      for (const _time of ['first', 'again']) {
        const run = await scripts.run(script, env)
        expect(run.exit, run.stderr).toBe(0)
      }
      expect(box.double().services['svc-a']).toMatchObject({
        tls: true,
        key: join(work, 'new/key.pem'),
      })
      const yaml = join(work, 'new/service.yaml')
      expect(box.changes()).toEqual([
        ['serve', 'up', yaml, '-n', 'svc-a', '-y', '--env-file', `./${hostile}.env`],
      ])
      expect(readFileSync(yaml, 'utf8')).toContain(`# ${hostile}`)
      for (const place of [box.folder, folder, work, process.cwd()])
        expect(existsSync(join(place, 'owned'))).toBe(false)
    }),
  )

  it('needs no HOME, and makes a folder absolute that is named relatively', async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      box.file('a.yaml', answers(box))
      const script = await scripts.plan(['--answers', 'a.yaml'])
      const run = await scripts.run(script, { YES: '1', WORK: 'work' })
      expect(run.exit, run.stderr).toBe(0)
      const key = join(box.folder, 'work/new/key.pem')
      expect(box.double().services['svc-a']).toMatchObject({ tls: true, key })
    }))
})
