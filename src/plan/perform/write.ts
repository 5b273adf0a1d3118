import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { writeFileAtomic } from '../../record/write.ts'
import { readUserFile } from '../../user-file.ts'
import { editYaml } from '../edit-yaml.ts'
import type { Performing } from '../op.ts'
import type { Content, Text, Write } from '../plan.ts'
import type { Answer } from '../predicate.ts'
import { type Bindings, resolveText } from '../text.ts'

/** Writes a file with the content that the plan describes, atomically and with its mode. */
export async function writeAct(act: Write, ctx: Performing): Promise<Answer> {
  const path = resolveText(act.path, ctx.bindings)
  const content = await contentOf(act.content, ctx)
  await writeFileAtomic(path, content, Number.parseInt(act.mode, 8))
  return { text: content, seen: 'written' }
}

/** Whether the file holds that content already. */
export async function isWritten(act: Write, ctx: Performing): Promise<boolean> {
  const path = resolveText(act.path, ctx.bindings)
  const wanted = await contentOf(act.content, ctx)
  try {
    return (await readFile(path, 'utf8')) === wanted
  } catch {
    return false // not there, or not to be read: the write itself says what is in the way
  }
}

/** The text that a `write` puts into its file. */
export async function contentOf(
  content: Content,
  { bindings, userFolder, world }: Pick<Performing, 'bindings' | 'userFolder' | 'world'>,
): Promise<string> {
  if ('text' in content) return resolveText(content.text, bindings)
  if ('templates' in content) {
    const values = resolved(content.values, bindings)
    const { renderFile } = await import('../render-file.ts')
    return renderFile(content.templates, values, world, content.as)
  }
  const path = resolveText(content.yaml, bindings)
  const absolute = isAbsolute(path) ? path : join(userFolder, path)
  const source = String(await readUserFile(absolute, 'The plan makes its copy from it.'))
  const set = (content.set ?? []).map(({ at, template, values }) => ({
    at,
    template,
    values: resolved(values, bindings),
  }))
  return editYaml(source, { set, remove: content.remove ?? [], name: path }, world)
}

function resolved(values: Record<string, Text>, bindings: Bindings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, resolveText(value, bindings)]),
  )
}
