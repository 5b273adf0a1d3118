import { type Problem, problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { keyTypeText, leafKeyOf } from './key-type.ts'
import { type CertificateProfile, type KeyType, keyTypes } from './profile.ts'

/** The problem where a target, or its named clients, cannot use a key type; else undefined. */
export function keyTypeProblem(
  { target, keys }: Pick<CertificateProfile, 'target' | 'keys'>,
  keyType: KeyType,
): Problem | undefined {
  if (isTaken(keys, keyType)) return undefined
  const takes = keyTypes.filter(each => isTaken(keys, each))
  return problem(exitCodes.data, {
    id: 'cert.key-type-target',
    title: `${target} cannot use a key of type ${keyTypeText(keyType)}.`,
    subject: target,
    evidence: `it takes ${takes.join(', ')}`,
    fix: `Choose ${takes[0] ?? 'another one'}.`,
  })
}

function isTaken(keys: CertificateProfile['keys'], keyType: KeyType): boolean {
  const kind = leafKeyOf(keyType)
  return kind !== undefined && keys.includes(kind)
}
