import { splitAnnexB } from '../codec/nal-units.js'
import { appendAggregated, Fragments } from './fragments.js'
import type { PartMemory } from './part-memory.js'
import type { PictureReader } from './picture-depacketizer.js'

const typeMask = 0x1f
const forbiddenAndNri = 0xe0
const startBit = 0x80
const endBit = 0x40
/** Highest packet type that is a single NAL unit (RFC 6184 table 1). */
const lastSingle = 23
const stapA = 24
const fuA = 28
const fuHeadersBytes = 2
/**
 * Lowest NAL unit type of SEI, parameter sets and delimiter. Cheap cameras put further units with start codes behind
 * them.
 */
const firstPrefix = 6
const lastPrefix = 9
const startCode = Buffer.from([0, 0, 1])
/** Lowest NAL unit type of a slice (H.264 table 7-1). */
const firstSlice = 1
const lastSlice = 5

/**
 * Reads NAL units from payloads of H.264 in modes 0 and 1 (RFC 6184). A packet of the interleaved
 * mode counts as malformed.
 */
export class H264Reader implements PictureReader {
  readonly #fragments: Fragments

  /** @param memory - Memory for NAL units that arrive in several packets; `undefined` = each gets its own. */
  constructor(memory?: PartMemory) {
    this.#fragments = new Fragments(memory)
  }

  get isOpen(): boolean {
    return this.#fragments.isOpen
  }

  read(packet: Buffer, start: number, end: number, parts: Buffer[]): boolean {
    const type = (packet[start] as number) & typeMask
    if (type === fuA) return this.#readFragment(packet, start, end, parts)
    if (this.isOpen) return false
    const payload = packet.subarray(start, end)
    if (type === stapA) return appendAggregated(payload, 1, parts)
    if (type === 0 || type > lastSingle) return false
    appendUnit(type, payload, parts)
    return true
  }

  /**
   * Returns whether a payload begins an access unit. Delimiters, parameter sets and SEI precede the
   * slices. The first slice has `first_mb_in_slice` 0, which is written as a single 1 bit.
   */
  beginsUnit(payload: Buffer): boolean {
    const type = (payload[0] as number) & typeMask
    if (type === fuA) {
      const header = payload[1] ?? 0
      return (header & startBit) !== 0 && isBeginning(header & typeMask, payload[2])
    }
    if (type !== stapA) return isBeginning(type, payload[1])
    return isBeginning((payload[3] ?? 0) & typeMask, payload[4])
  }

  reset(): void {
    this.#fragments.reset()
  }

  #readFragment(packet: Buffer, start: number, end: number, parts: Buffer[]): boolean {
    if (end - start <= fuHeadersBytes) return false
    const header = packet[start + 1] as number
    const isStart = (header & startBit) !== 0
    if (isStart === this.isOpen) return false
    if (isStart) {
      this.#fragments.addHeader(((packet[start] as number) & forbiddenAndNri) | (header & typeMask))
    }
    this.#fragments.add(packet.subarray(start + fuHeadersBytes, end))
    if (header & endBit) appendUnit(header & typeMask, this.#fragments.join(), parts)
    return true
  }
}

/** Appends a NAL unit to `parts`, and those that follow it in the same payload after start codes. */
function appendUnit(type: number, payload: Buffer, parts: Buffer[]): void {
  if (type < firstPrefix || type > lastPrefix) {
    parts.push(payload)
    return
  }
  const codeAt = payload.indexOf(startCode)
  let end = codeAt === -1 ? payload.length : codeAt
  while (codeAt !== -1 && end > 1 && payload[end - 1] === 0) end--
  parts.push(payload.subarray(0, end))
  if (codeAt !== -1) for (const unit of splitAnnexB(payload)) parts.push(unit)
}

function isBeginning(type: number, next: number | undefined): boolean {
  if (type >= firstSlice && type <= lastSlice) return ((next ?? 0) & 0x80) !== 0
  return type > lastSlice && type <= 9
}
