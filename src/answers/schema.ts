import type { Json } from '../plan/plan.ts'
import type { Condition, Question } from './question.ts'

type Schema = { [key: string]: Json }

/** The JSON Schema (draft 2020-12) of an answers file, made from the questions. */
export function answersSchema(questions: readonly Question[]): Schema {
  const root = group([])
  put(root, ['version'], { const: 1, description: 'The version of this format.' })
  put(root, ['$schema'], { type: 'string' })
  for (const question of questions) put(root, question.id.split('.'), valueSchema(question))
  const needed = questions.filter(({ fallback, when }) => !fallback && !when)
  for (const { id } of needed) need(root, id.split('.'))
  need(root, ['version'])
  const rules = questions
    .filter(({ fallback, when }) => !fallback && when)
    .map(({ id, when }) => ({
      anyOf: [{ not: condition(when ?? []) }, requirement(id.split('.'))],
    }))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Answers of secure-endpoint',
    ...root,
    allOf: rules,
  }
}

function group(required: string[]): Schema {
  return { type: 'object', properties: {}, required, additionalProperties: false }
}

function put(into: Schema, [key = '', ...rest]: string[], schema: Schema): void {
  const properties = into.properties as Record<string, Schema>
  if (rest.length === 0) properties[key] = schema
  else {
    properties[key] ??= group([])
    put(properties[key], rest, schema)
  }
}

function need(into: Schema, [key = '', ...rest]: string[]): void {
  const required = into.required as string[]
  if (!required.includes(key)) required.push(key)
  const next = (into.properties as Record<string, Schema>)[key]
  if (rest.length > 0 && next) need(next, rest)
}

function valueSchema(question: Question): Schema {
  const description = `${question.text} ${question.help}`
  const values = question.choices?.filter(each => !each.impossible).map(each => each.value)
  const fallback = question.fallback?.({})
  const extra = {
    description,
    ...(fallback === undefined || question.id === 'endpoint' ? {} : { default: fallback }),
  }
  if (question.kind === 'integer') return { type: 'integer', ...extra }
  if (question.kind === 'duration')
    return { type: 'string', pattern: '^[0-9]{1,6}[smhd]$', ...extra }
  if (question.kind === 'codes') return { type: 'array', items: { type: 'integer' }, ...extra }
  if (question.kind === 'list') {
    // the loader takes one word, or words with commas, as well
    return values
      ? { type: 'array', items: { enum: values }, ...extra }
      : { type: ['array', 'string'], items: { type: 'string' }, ...extra }
  }
  if (question.kind === 'secret') {
    const one = (key: string, type: string): Schema => ({
      type: 'object',
      properties: { [key]: { type } },
      required: [key],
      additionalProperties: false,
    })
    return { oneOf: [one('file', 'string'), one('fd', 'integer')], ...extra }
  }
  return values ? { enum: values, ...extra } : { type: 'string', minLength: 1, ...extra }
}

function condition(when: readonly Condition[]): Schema {
  return { allOf: when.map(({ id, is }) => nested(id.split('.'), { enum: [...is] }, true)) }
}

function requirement(path: string[]): Schema {
  return nested(path, {}, true)
}

function nested([key = '', ...rest]: string[], leaf: Schema, required: boolean): Schema {
  return {
    properties: { [key]: rest.length > 0 ? nested(rest, leaf, required) : leaf },
    ...(required ? { required: [key] } : {}),
  }
}
