import type { Json } from '../../plan/plan.ts'

type Members = { [key: string]: Json }

function isObject(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Applies a merge patch (RFC 7386): null takes a member away. */
export function mergePatch(into: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const whole: Members = isObject(into) ? { ...into } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete whole[key]
    else whole[key] = mergePatch(whole[key], value)
  }
  return whole
}

/** The merge patch that makes one value of another. */
export function patchBetween(from: Json | undefined, to: Json): Json {
  if (!isObject(from) || !isObject(to)) return to
  const keys = new Set([...Object.keys(from), ...Object.keys(to)])
  return Object.fromEntries(
    [...keys].map(key => [key, to[key] === undefined ? null : patchBetween(from[key], to[key])]),
  )
}
