/** A value of ASN.1 as it was read: its shape is node-forge's, its bytes are those of the file. */
export class DerNode {
  readonly tag: number
  /** With tag and length. */
  readonly raw: Buffer
  readonly #content: Buffer
  readonly #children: DerNode[] | undefined

  constructor(tag: number, raw: Buffer, content: Buffer, children?: DerNode[]) {
    this.tag = tag
    this.raw = raw
    this.#content = content
    this.#children = children
  }

  get tagClass(): number {
    return this.tag & 0xc0
  }

  get type(): number {
    return this.tag & 0x1f
  }

  get constructed(): boolean {
    return (this.tag & 0x20) !== 0
  }

  /** The parts of something constructed; else one character a byte. */
  get value(): string | DerNode[] {
    return this.#children ?? this.#content.toString('latin1')
  }
}

/**
 * Reads one value and all that it is made of, with nothing behind it. Lengths may be longer than DER
 * wants them, as OpenSSL takes them; they may not be open.
 *
 * @param levels how deep values may lie in each other
 * @returns undefined for anything else
 */
export function parseDer(bytes: Buffer, levels: number): DerNode | undefined {
  const node = readNode(bytes, 0, levels)
  return node?.raw.length === bytes.length ? node : undefined
}

function readNode(bytes: Buffer, at: number, levels: number): DerNode | undefined {
  const tag = bytes[at]
  const length = bytes[at + 1]
  // tags over 30 take more bytes; no field that is read here has one
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f || levels === 0) {
    return undefined
  }
  const more = length < 0x80 ? 0 : length & 0x7f
  if (length === 0x80 || more > 4 || at + 2 + more > bytes.length) return undefined
  const start = at + 2 + more
  const end = start + (more === 0 ? length : bytes.readUIntBE(at + 2, more))
  if (end > bytes.length) return undefined
  const raw = bytes.subarray(at, end)
  const content = bytes.subarray(start, end)
  if ((tag & 0x20) === 0) return new DerNode(tag, raw, content)
  const children: DerNode[] = []
  for (let next = 0; next < content.length; ) {
    const child = readNode(content, next, levels - 1)
    if (!child) return undefined
    children.push(child)
    next += child.raw.length
  }
  return new DerNode(tag, raw, content, children)
}
