const mask = (1n << 64n) - 1n
const [p1, p2, p3, p4, p5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const

const times = (a: bigint, b: bigint) => (a * b) & mask
const plus = (...all: bigint[]) => all.reduce((sum, each) => (sum + each) & mask, 0n)
const turn = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & mask
const round = (sum: bigint, lane: bigint) => times(turn(plus(sum, times(lane, p2)), 31n), p1)
const merge = (sum: bigint, lane: bigint) => plus(times(sum ^ round(0n, lane), p1), p4)

/** XXH64 with seed 0 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): what AIStore sums its files with. */
export function xxhash64(bytes: Buffer): bigint {
  let at = 0
  let sum: bigint = p5
  if (bytes.length >= 32) {
    const lanes = [plus(p1, p2), p2, 0n, (-p1 & mask) as bigint]
    for (; at + 32 <= bytes.length; at += 32)
      lanes.forEach((lane, index) => {
        lanes[index] = round(lane, bytes.readBigUInt64LE(at + index * 8))
      })
    sum = plus(...lanes.map((lane, index) => turn(lane, [1n, 7n, 12n, 18n][index] as bigint)))
    sum = lanes.reduce(merge, sum)
  }
  sum = plus(sum, BigInt(bytes.length))
  for (; at + 8 <= bytes.length; at += 8)
    sum = plus(times(turn(sum ^ round(0n, bytes.readBigUInt64LE(at)), 27n), p1), p4)
  if (at + 4 <= bytes.length) {
    sum = plus(times(turn(sum ^ times(BigInt(bytes.readUInt32LE(at)), p1), 23n), p2), p3)
    at += 4
  }
  for (; at < bytes.length; at += 1)
    sum = times(turn(sum ^ times(BigInt(bytes[at] as number), p5), 11n), p1)
  sum = times(sum ^ (sum >> 33n), p2)
  sum = times(sum ^ (sum >> 29n), p3)
  return sum ^ (sum >> 32n)
}
