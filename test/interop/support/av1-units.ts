const rtpHeaderBytes = 12
/** OBU of type temporal delimiter, with its size 0 (AV1 section 5.9.1). */
const temporalDelimiter = Buffer.from([0x12, 0x00])
/** Bit of an OBU header: the size follows. */
const hasSize = 0x02
const hasExtension = 0x04

/** Joins RTP packets to temporal units of AV1, for a decoder that knows files only. */
export class Av1Units {
  /** RTP timestamp of each unit. */
  readonly timestamps: number[] = []
  readonly #units: Buffer[] = []
  #elements: Buffer[] = []
  #open: Buffer | undefined

  /** Number of whole units from the first key frame on. */
  get count(): number {
    return this.#units.length
  }

  /** Returns the units as a stream of OBUs with sizes, which `ffmpeg -f obu` reads. */
  stream(): Buffer {
    return Buffer.concat(this.#units)
  }

  /** Reads a packet without header extension (RTP payload format for AV1, section 4.3). */
  push(packet: Buffer): void {
    const header = packet[rtpHeaderBytes] ?? 0
    const isFirstOfSequence = (header & 0x08) !== 0
    const hasBegun = this.#units.length > 0 || this.#elements.length > 0 || isFirstOfSequence
    if (!hasBegun) return
    const pieces = piecesOf(packet, (header >> 4) & 3)
    if (this.#open && pieces[0]) pieces[0] = Buffer.concat([this.#open, pieces[0]])
    this.#open = header & 0x40 ? pieces.pop() : undefined
    this.#elements.push(...pieces)
    const isLast = ((packet[1] ?? 0) & 0x80) !== 0
    if (!isLast) return
    this.#units.push(Buffer.concat([temporalDelimiter, ...this.#elements.map(withSize)]))
    this.timestamps.push(packet.readUInt32BE(4))
    this.#elements = []
  }
}

function piecesOf(packet: Buffer, count: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = rtpHeaderBytes + 1; at < packet.length; ) {
    let size = packet.length - at
    if (count === 0 || pieces.length < count - 1) {
      const read = leb128(packet, at)
      at += read.bytes
      size = read.value
    }
    pieces.push(packet.subarray(at, at + size))
    at += size
  }
  return pieces
}

function leb128(bytes: Buffer, start: number): { readonly value: number; readonly bytes: number } {
  let value = 0
  for (let at = 0; ; at++) {
    const byte = bytes[start + at] ?? 0
    value |= (byte & 0x7f) << (7 * at)
    if (byte < 0x80) return { value, bytes: at + 1 }
  }
}

/** Adds the size to an OBU, which RTP leaves out. */
function withSize(obu: Buffer): Buffer {
  const [first = 0] = obu
  if (first & hasSize) return obu
  const headBytes = first & hasExtension ? 2 : 1
  const size: number[] = []
  let rest = obu.length - headBytes
  do {
    size.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.concat([
    Buffer.from([first | hasSize]),
    obu.subarray(1, headBytes),
    Buffer.from(size),
    obu.subarray(headBytes),
  ])
}
