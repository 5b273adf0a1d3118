/**
 * Bits of a node's state (cmn/cos/node_state.go of AIStore 4.9 and 5.0). Others may be set beside
 * them, as 2097152 for a busy machine: a bit is tested, never the whole.
 */
const started = 2 | 4

const certificateBits = [
  { bit: 131_072, alert: 'tls-cert-expired' },
  { bit: 262_144, alert: 'tls-cert-invalid' },
  { bit: 65_536, alert: 'tls-cert-will-soon-expire' },
] as const

export type NodeAlert = (typeof certificateBits)[number]['alert']

/** Whether node and cluster have started; health answers seconds before that. */
export function hasStarted(flags: number): boolean {
  return (flags & started) === started
}

/** What a node says of its certificate, worst first. */
export function alertsIn(flags: number): NodeAlert[] {
  return certificateBits.flatMap(({ bit, alert }) => ((flags & bit) === bit ? [alert] : []))
}
