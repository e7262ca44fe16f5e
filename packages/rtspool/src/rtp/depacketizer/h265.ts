import { appendAggregated, Fragments } from './fragments.js'
import type { PartMemory } from './part-memory.js'
import type { PictureReader } from './picture-depacketizer.js'

const headerBytes = 2
const startBit = 0x80
const endBit = 0x40
const fuTypeMask = 0x3f
/** Mask for the bits of a NAL unit's first header byte that are not its type: F, and the highest bit of LayerId. */
const outsideType = 0x81
/** Highest packet type that is a single NAL unit (RFC 7798 section 4.4). */
const lastSingle = 47
const aggregationPacket = 48
const fragmentationUnit = 49
/** Highest NAL unit type of a slice (H.265 table 7-1). */
const lastVcl = 31
const vps = 32
const accessUnitDelimiter = 35
const prefixSei = 39
/** End of sequence and end of bitstream: NAL units that are a header only (H.265 sections 7.3.2.6 and 7.3.2.7). */
const headersOnly: readonly number[] = [36, 37]

const typeOf = (first: number | undefined): number => ((first ?? 0) >> 1) & 0x3f

/**
 * Reads NAL units from payloads of H.265 without DONL fields (`sprop-max-don-diff=0`, RFC 7798). A
 * PACI packet counts as malformed.
 */
export class H265Reader implements PictureReader {
  readonly #fragments: Fragments

  /** @param memory - Memory for NAL units that arrive in several packets; `undefined` = each gets its own. */
  constructor(memory?: PartMemory) {
    this.#fragments = new Fragments(memory)
  }

  get isOpen(): boolean {
    return this.#fragments.isOpen
  }

  read(packet: Buffer, start: number, end: number, parts: Buffer[]): boolean {
    const type = typeOf(packet[start])
    const least = headersOnly.includes(type) ? headerBytes : headerBytes + 1
    if (end - start < least) return false
    if (type === fragmentationUnit) return this.#readFragment(packet, start, end, parts)
    if (this.isOpen) return false
    const payload = packet.subarray(start, end)
    if (type === aggregationPacket) return appendAggregated(payload, headerBytes, parts)
    if (type > lastSingle) return false
    parts.push(payload)
    return true
  }

  /**
   * Returns whether a payload begins an access unit. Delimiters, parameter sets and SEI precede the
   * slices; the first slice has `first_slice_segment_in_pic_flag`.
   */
  beginsUnit(payload: Buffer): boolean {
    const type = typeOf(payload[0])
    if (type === fragmentationUnit) {
      const header = payload[2] ?? 0
      return (header & startBit) !== 0 && isBeginning(header & fuTypeMask, payload[3])
    }
    if (type !== aggregationPacket) return isBeginning(type, payload[2])
    return isBeginning(typeOf(payload[4]), payload[6])
  }

  reset(): void {
    this.#fragments.reset()
  }

  #readFragment(packet: Buffer, start: number, end: number, parts: Buffer[]): boolean {
    if (end - start <= headerBytes + 1) return false
    const header = packet[start + headerBytes] as number
    const isStart = (header & startBit) !== 0
    if (isStart === this.isOpen) return false
    if (isStart) {
      const type = (header & fuTypeMask) << 1
      const first = ((packet[start] as number) & outsideType) | type
      this.#fragments.addHeader(first, packet[start + 1] as number)
    }
    this.#fragments.add(packet.subarray(start + headerBytes + 1, end))
    if (header & endBit) parts.push(this.#fragments.join())
    return true
  }
}

function isBeginning(type: number, next: number | undefined): boolean {
  if (type <= lastVcl) return ((next ?? 0) & 0x80) !== 0
  return (type >= vps && type <= accessUnitDelimiter) || type === prefixSei
}
