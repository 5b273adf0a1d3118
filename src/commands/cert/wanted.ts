import { checkChoice, checkInteger, checkSan } from '../../answers/checks.ts'
import type { Checked } from '../../answers/question.ts'
import { keyTypeProblem } from '../../certificates/key-choice.ts'
import { type CertificateProfile, type KeyType, keyTypes } from '../../certificates/profile.ts'
import { usage } from '../../errors.ts'
import { profileOfTarget } from './target-profile.ts'

export interface WantedOptions {
  keyType?: string
  days?: string
  target?: string
}

/** What a leaf is to be like, as it was typed. */
export interface WantedLeaf {
  names: string[]
  keyType: KeyType
  days: number
  uses: CertificateProfile['extendedKeyUsage']
  /** Of `--target`. */
  profile?: CertificateProfile
}

/** @throws Problem with exit 2 for what is mistyped, 65 for what the target cannot use */
export async function wantedLeaf(
  names: readonly string[],
  options: WantedOptions,
): Promise<WantedLeaf> {
  if (names.length === 0) {
    throw usage('No name is given.', 'Type: secure-endpoint cert issue fraud.ml.example.com')
  }
  const checkedNames = names.map(name => String(checkedValue(checkSan(name), name)))
  const keyType = checkedKeyType(options.keyType)
  const days = Number(checkedValue(checkInteger(1, 3650)(options.days ?? '90'), '--days'))
  const profile =
    options.target === undefined
      ? undefined
      : await profileOfTarget(options.target, checkedNames, { source: 'self-signed' })
  const refused = profile && keyTypeProblem(profile, keyType)
  if (refused) throw refused
  const uses = profile?.extendedKeyUsage ?? ['serverAuth']
  const all = [...new Set([...(profile?.names.filter(Boolean) ?? []), ...checkedNames])]
  return { names: all, keyType, days, uses, ...(profile ? { profile } : {}) }
}

export function checkedKeyType(given = 'ecdsa-p256'): KeyType {
  const choices = keyTypes.map(value => ({ value, title: value }))
  return checkedValue(checkChoice(choices)(given), '--key-type') as KeyType
}

export function checkedValue(checked: Checked, name: string) {
  if ('wrong' in checked) throw usage(`${name}: ${checked.wrong}`, checked.fix)
  return checked.value
}
