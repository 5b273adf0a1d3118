import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkChoice, checkInteger, checkSan } from '../../answers/checks.ts'
import { findAuthority, keepAuthority } from '../../certificates/authority.ts'
import { issueAuthority, issueLeaf } from '../../certificates/issue.ts'
import { keyPem } from '../../certificates/private-key.ts'
import { type KeyType, keyTypes } from '../../certificates/profile.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { problem, usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { span } from '../../front/words/line.ts'
import { makeFolder, writeFileAtomic } from '../../record/write.ts'
import { type Io, printJson, printOut } from '../io.ts'

export interface IssueOptions {
  keyType?: string
  days?: string
  authority?: string
  out?: string
  json?: boolean
}

/** Makes a self-signed certificate, as `init` does: `chain.pem`, `key.pem` (0600) and `roots.pem`. */
export async function issue(names: string[], options: IssueOptions, io: Io): Promise<ExitCode> {
  const { world } = io
  const folder = resolve(world.cwd, options.out ?? '.')
  const files = ['chain.pem', 'key.pem', 'roots.pem'].map(name => join(folder, name))
  const taken = files.find(existsSync)
  if (taken) {
    throw problem(exitCodes.cannotWrite, {
      id: 'cert.file-taken',
      title: `${taken} is there already.`,
      subject: taken,
      evidence: '',
      why: 'A key that is in use must not be written over.',
      fix: 'Name another folder with --out FOLDER.',
    })
  }
  const now = world.clock.now()
  const surroundings = { now, random: world.random }
  const { signedBy, ...wanted } = wantedOf(names, options)
  const authority =
    signedBy === 'none'
      ? undefined
      : ((await findAuthority(
          world.stateFolder,
          wanted.names,
          now,
          now + wanted.days * 86_400_000,
        )) ??
        (await keepAuthority(
          world.stateFolder,
          await issueAuthority({ ...wanted, ...surroundings }),
          wanted.names,
          surroundings,
        )))
  const leaf = await issueLeaf({
    ...wanted,
    extendedKeyUsage: ['serverAuth'],
    ...surroundings,
    ...(authority ? { authority } : {}),
  })
  await makeFolder(folder)
  const [chain = '', key = '', roots = ''] = files
  await writeFileAtomic(key, keyPem(leaf.key))
  await writeFileAtomic(chain, leaf.certificate.pem, 0o644)
  await writeFileAtomic(roots, (authority ?? leaf).certificate.pem, 0o644)
  const summary = leafSummary(leaf.certificate)
  if (options.json)
    printJson(io, { schema: 'secure-endpoint/issued@1', chain, key, roots, leaf: summary })
  else {
    printOut(io, [
      [
        io.glyphs.state('done'),
        span(` ${summary.names.join(', ')}`, 'bold'),
        span(`  ${summary.fingerprint.slice(0, 11)}, until ${summary.notAfter.slice(0, 10)}`),
      ],
      [span('  chain  ', 'quiet'), span(chain)],
      [span('  key    ', 'quiet'), span(`${key} (readable by you alone)`)],
      [span('  roots  ', 'quiet'), span(`${roots} (clients must trust it)`)],
    ])
  }
  return exitCodes.done
}

function wantedOf(names: string[], options: IssueOptions) {
  if (names.length === 0)
    throw usage('No name is given.', 'Type: secure-endpoint cert issue fraud.ml.example.com')
  const checkedNames = names.map(name => checkedValue(checkSan(name), name))
  const choices = keyTypes.map(value => ({ value, title: value }))
  return {
    names: checkedNames.map(String),
    keyType: checkedValue(
      checkChoice(choices)(options.keyType ?? 'ecdsa-p256'),
      '--key-type',
    ) as KeyType,
    days: Number(checkedValue(checkInteger(1, 3650)(options.days ?? '90'), '--days')),
    signedBy: String(
      checkedValue(
        checkChoice([
          { value: 'local', title: '' },
          { value: 'none', title: '' },
        ])(options.authority ?? 'local'),
        '--authority',
      ),
    ),
  }
}

function checkedValue(checked: ReturnType<typeof checkSan>, name: string) {
  if ('wrong' in checked) throw usage(`${name}: ${checked.wrong}`, checked.fix)
  return checked.value
}
