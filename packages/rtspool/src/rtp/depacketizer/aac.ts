import { parseAdtsHeader } from '../codec/aac.js'
import { Fragments } from './fragments.js'
import { type Frame, type FrameReader, noFrames } from './frame-depacketizer.js'

const ticksPerUnit = 1024
const headersLengthBytes = 2
/** Maximum size in bits of a field in the AU headers of a packet: 16 bits fit in three bytes at any offset. */
const maxFieldBits = 16

interface AacLayout {
  readonly sizeBits: number
  readonly indexBits: number
  readonly indexDeltaBits: number
  /** Duration of an access unit, in ticks of the RTP clock. */
  readonly ticks: number
}

/**
 * Reads the access units of AAC in the modes AAC-hbr and AAC-lbr (RFC 3640). A packet with
 * interleaved units counts as malformed.
 */
export class AacReader implements FrameReader {
  readonly #layout: AacLayout
  readonly #fragments = new Fragments()
  #timestamp = 0

  /**
   * Creates a reader of payloads for one AAC stream, with the sizes of the header fields that the description states.
   *
   * @param parameters - Value of `a=fmtp`; `undefined` without one.
   */
  constructor(parameters: string | undefined) {
    this.#layout = layoutOf(parameters ?? '')
  }

  get isOpen(): boolean {
    return this.#fragments.isOpen
  }

  read(payload: Buffer, timestamp: number, hasMarker: boolean): readonly Frame[] | undefined {
    if (this.#layout.sizeBits === 0) return [{ data: payload, timestamp }]
    const sizes = this.#sizesOf(payload)
    const [size] = sizes ?? []
    if (!sizes || size === undefined) return undefined
    const headersBits = payload.readUInt16BE(0)
    const data = payload.subarray(headersLengthBytes + Math.ceil(headersBits / 8))
    if (this.isOpen && timestamp !== this.#timestamp) return undefined
    if (sizes.length === 1 && (this.isOpen || data.length < size)) {
      return this.#readFragment(data, size, timestamp, hasMarker)
    }
    return this.isOpen ? undefined : this.#split(data, sizes, timestamp)
  }

  flush(): readonly Frame[] {
    return noFrames
  }

  reset(): void {
    this.#fragments.reset()
  }

  #readFragment(
    data: Buffer,
    size: number,
    timestamp: number,
    hasMarker: boolean,
  ): readonly Frame[] | undefined {
    this.#timestamp = timestamp
    this.#fragments.add(data)
    const { sizeBytes } = this.#fragments
    if (sizeBytes > size || (hasMarker && sizeBytes < size)) return undefined
    return sizeBytes === size
      ? [{ data: withoutAdts(this.#fragments.join()), timestamp }]
      : noFrames
  }

  #split(data: Buffer, sizes: readonly number[], timestamp: number): Frame[] | undefined {
    const frames: Frame[] = []
    let start = 0
    for (const [index, size] of sizes.entries()) {
      const end = start + size
      if (end > data.length) return undefined
      const at = (timestamp + index * this.#layout.ticks) >>> 0
      if (size > 0) frames.push({ data: withoutAdts(data.subarray(start, end)), timestamp: at })
      start = end
    }
    return frames
  }

  /**
   * Reads the sizes of the access units from the AU headers; `undefined` if the headers are
   * malformed.
   */
  #sizesOf(payload: Buffer): number[] | undefined {
    if (payload.length < headersLengthBytes) return undefined
    const { sizeBits, indexBits, indexDeltaBits } = this.#layout
    const bits = payload.readUInt16BE(0)
    if (headersLengthBytes + Math.ceil(bits / 8) > payload.length) return undefined
    const headers = payload.subarray(headersLengthBytes)
    const sizes: number[] = []
    for (let offset = 0; offset < bits; ) {
      const ownIndexBits = sizes.length === 0 ? indexBits : indexDeltaBits
      const next = offset + sizeBits + ownIndexBits
      if (next > bits) return undefined
      sizes.push(readBits(headers, offset, sizeBits))
      // Any other index means that access units are interleaved.
      if (readBits(headers, offset + sizeBits, ownIndexBits) !== 0) return undefined
      offset = next
    }
    return sizes
  }
}

/** Removes the ADTS header that some cameras put in front of an access unit. */
function withoutAdts(unit: Buffer): Buffer {
  const header = parseAdtsHeader(unit)
  return header?.frameBytes === unit.length ? unit.subarray(header.sizeBytes) : unit
}

function readBits(bytes: Buffer, offset: number, count: number): number {
  const first = offset >> 3
  const word =
    ((bytes[first] ?? 0) << 16) | ((bytes[first + 1] ?? 0) << 8) | (bytes[first + 2] ?? 0)
  return (word >> (24 - (offset & 7) - count)) & ((1 << count) - 1)
}

function layoutOf(parameters: string): AacLayout {
  const values = new Map<string, number>()
  for (const each of parameters.split(';')) {
    const [name = '', value = ''] = each.split('=')
    if (/^\s*\d{1,9}\s*$/.test(value)) values.set(name.trim().toLowerCase(), Number(value))
  }
  const bits = (name: string): number => Math.min(values.get(name) ?? 0, maxFieldBits)
  return {
    sizeBits: bits('sizelength'),
    indexBits: bits('indexlength'),
    indexDeltaBits: bits('indexdeltalength'),
    ticks: values.get('constantduration') ?? ticksPerUnit,
  }
}
