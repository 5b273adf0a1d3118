const magic = 0x184d2204
/** Bytes: settings and maps of thousands of nodes are far below; a damaged length must not fill memory. */
const mostBytes = 64 * 1024 * 1024

/**
 * The content of an LZ4 frame (github.com/lz4/lz4, doc/lz4_Frame_format.md). Its own checksums are
 * passed over: what is read here has one of its own.
 *
 * @throws RangeError where it is no whole frame
 */
export function lz4Content(frame: Buffer): Buffer {
  if (frame.readUInt32LE(0) !== magic) throw new RangeError('no LZ4 frame')
  const flags = frame.readUInt8(4)
  const has = (bit: number) => (flags & (1 << bit)) !== 0
  const out: number[] = []
  // flags, block size, [content size], [dictionary], checksum of the header
  let at = 4 + 2 + (has(3) ? 8 : 0) + (has(0) ? 4 : 0) + 1
  for (;;) {
    const word = frame.readUInt32LE(at)
    at += 4
    if (word === 0) return Buffer.from(out)
    const end = at + (word & 0x7fffffff)
    if (end > frame.length) throw new RangeError('the LZ4 frame is cut off')
    const block = frame.subarray(at, end)
    if (word >>> 31 === 1) for (const byte of block) out.push(byte)
    else unpack(block, out)
    if (out.length > mostBytes) throw new RangeError('the LZ4 frame is too long')
    at = end + (has(4) ? 4 : 0)
  }
}

/** One block: literals, then a copy of what came before, again and again. */
function unpack(block: Buffer, out: number[]): void {
  let at = 0
  const length = (nibble: number) => {
    let sum = nibble
    if (nibble === 15)
      for (let byte = 255; byte === 255; sum += byte) {
        byte = block.readUInt8(at)
        at += 1
      }
    return sum
  }
  while (at < block.length) {
    const token = block.readUInt8(at)
    at += 1
    const literals = length(token >> 4)
    if (at + literals > block.length) throw new RangeError('the LZ4 block is cut off')
    for (const end = at + literals; at < end; at += 1) out.push(block[at] as number)
    if (at >= block.length) return
    const back = block.readUInt16LE(at)
    at += 2
    if (back === 0 || back > out.length) throw new RangeError('the LZ4 block is damaged')
    const copies = length(token & 15) + 4
    for (let each = 0; each < copies; each += 1) out.push(out[out.length - back] as number)
    if (out.length > mostBytes) throw new RangeError('the LZ4 frame is too long')
  }
}
