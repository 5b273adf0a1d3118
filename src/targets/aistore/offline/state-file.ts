import type { Json } from '../../../plan/plan.ts'
import { lz4Content } from './lz4.ts'
import { xxhash64 } from './xxhash64.ts'

const signature = 'aistore'
/** Signature and version of the format, version of the content, flags (cmn/jsp/io.go, 4.9 and 5.0). */
const headerBytes = 16
const sumBytes = 8
const compressed = 1
const summed = 2

/** What a node keeps in `.ais.conf` or `.ais.smap`. */
export interface StateFile {
  header: Buffer
  /** JSON as the node has written it. */
  text: string
  content: Json
}

/**
 * Reads a file of a node's state.
 *
 * @throws RangeError, SyntaxError where it is damaged or of another format
 */
export function readStateFile(bytes: Buffer): StateFile {
  const header = Buffer.from(bytes.subarray(0, headerBytes))
  if (header.length < headerBytes || header.subarray(0, 7).toString('latin1') !== signature)
    throw new RangeError('no file of an AIStore node')
  if (header.readUInt8(7) !== 3) throw new RangeError('written by an AIStore of another time')
  const flags = header.readUInt32BE(12)
  const has = (flag: number) => (flags & flag) !== 0
  const body = bytes.subarray(headerBytes + (has(summed) ? sumBytes : 0))
  const plain = has(compressed) ? lz4Content(body) : body
  if (has(summed) && bytes.readBigUInt64BE(headerBytes) !== xxhash64(plain))
    throw new RangeError('its checksum does not fit')
  const text = plain.toString('utf8')
  return { header, text, content: JSON.parse(text) as Json }
}

/** The same file with other content, not compressed: its flags say so, and the node reads by them. */
export function stateFileWith({ header }: Pick<StateFile, 'header'>, content: Json): Buffer {
  const body = Buffer.from(`${JSON.stringify(content)}\n`, 'utf8')
  const head = Buffer.from(header)
  head.writeUInt32BE(summed, 12)
  const sum = Buffer.alloc(sumBytes)
  sum.writeBigUInt64BE(xxhash64(body))
  return Buffer.concat([head, sum, body])
}

/** Whether JSON here says what it said there: a number that does not fit into a double must not change. */
export function keepsContent({ text, content }: StateFile): boolean {
  return JSON.stringify(content) === text.trimEnd()
}
