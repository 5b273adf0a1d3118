import type { Certificate } from '../../certificates/certificate.ts'
import { day } from '../../certificates/dates.ts'
import { labelOf, shortFingerprint } from '../../certificates/summary.ts'
import { type Line, span } from '../../front/words/line.ts'
import type { TrustFiles } from '../../trust/trust-files.ts'
import type { TrustWay } from '../../trust/ways.ts'

export interface TrustScreen {
  /** As the user named it. */
  what: string
  roots: readonly Certificate[]
  files: TrustFiles
  ways: readonly TrustWay[]
  /** Ids of `--for`. */
  wanted: readonly string[] | undefined
  /** The store of this machine. */
  here: string | undefined
}

/** The roots, the files, and each way with what it does, its commands and its undo. */
export function trustLines({ what, roots, files, ways, wanted, here }: TrustScreen): Line[] {
  const foreign = ({ kind, id }: TrustWay) => kind === 'system' && here !== undefined && id !== here
  const shown = ways.filter(way => wanted?.includes(way.id) ?? !foreign(way))
  const others = wanted ? [] : ways.filter(foreign)
  const many = roots.length > 1
  return [
    [span(`${what}: clients must trust ${many ? `${roots.length} roots` : 'its root'}`, 'bold')],
    ...(many
      ? [[span('  Its CA is being replaced: both are needed until that is over.')] as Line]
      : []),
    ...roots.map(
      (root): Line => [
        span(`  ${labelOf(root)}`),
        span(`  ${shortFingerprint(root.fingerprint)}, until ${day(root.notAfter)}`, 'quiet'),
      ],
    ),
    [span('  files  ', 'quiet'), span(files.folder)],
    [span('         readable by you alone there; --out FOLDER puts them elsewhere', 'quiet')],
    ...shown.flatMap(way => wayLines(way, way.id === here)),
    ...(others.length > 0
      ? [
          [span('')] as Line,
          [
            span('Other systems  ', 'quiet'),
            span(`--for ${others.map(({ id }) => id).join(' ')}`),
          ] as Line,
        ]
      : []),
    ...(here === undefined
      ? []
      : [
          [
            span('Do it here     ', 'quiet'),
            span(`secure-endpoint cert trust ${what} --install`),
          ] as Line,
        ]),
  ]
}

function wayLines({ title, text, commands, undo }: TrustWay, isHere: boolean): Line[] {
  return [
    [span('')],
    [span(title, 'bold'), span(isHere ? '  (this machine)' : '', 'quiet')],
    [span(`  ${text}`)],
    ...commands.map((command): Line => [span(command)]),
    ...undo.map(
      (command, index): Line => [
        span(index === 0 ? '  undo  ' : '        ', 'quiet'),
        span(command, 'quiet'),
      ],
    ),
  ]
}
