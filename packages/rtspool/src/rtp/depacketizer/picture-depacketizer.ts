import { asBuffer } from '../codec/nal-units.js'
import { type ParameterSets, withParameterSets } from '../codec/parameter-sets.js'
import { markerOf, payloadEndOf, payloadOffsetOf, timestampOf } from '../packet.js'
import { type PayloadTest, payloadKinds } from '../payload-kinds.js'
import { type Depacketizer, maxUnitBytes, noUnits, type RtpUnit } from './depacketizer.js'
import { PacketOrder } from './packet-order.js'
import type { PartMemory } from './part-memory.js'

const { picture, keyFrame, prefix, recovery, rest } = payloadKinds
const pictureData = picture | keyFrame | rest

/**
 * Maximum number of parts in an access unit: NAL units, or payloads of an unknown encoding. A unit with more parts is
 * dropped. No encoder makes as many, and each part needs some hundred bytes of memory.
 */
const maxParts = 4096

/**
 * Parses the payloads of one encoding whose access units take several packets. The parts of a unit
 * are its NAL units, or the payloads of an unknown encoding.
 */
export interface PictureReader {
  /** `true` while the reader keeps fragments of a part (NAL unit or payload) that is not complete yet. */
  readonly isOpen: boolean
  /**
   * Appends to `parts` the parts of an access unit that a payload completes. Never throws.
   *
   * @param packet - Packet whose payload lies from `start` to `end`; the payload is not empty.
   * @returns `false` if the payload breaks the format.
   */
  read(packet: Buffer, start: number, end: number, parts: Buffer[]): boolean
  /**
   * Returns whether the payload must be the first of its access unit, so that packets lost before
   * it belong to other units.
   */
  beginsUnit(payload: Buffer): boolean
  /** Drops the fragments of an incomplete part, because a packet has been lost or a new unit begins. */
  reset(): void
}

/**
 * Restores access units of video: the packets of one timestamp up to the marker. Parameter sets
 * that have their own timestamp or marker become part of the next picture.
 */
export class PictureDepacketizer implements Depacketizer {
  readonly #reader: PictureReader
  readonly #test: PayloadTest | undefined
  readonly #sets: ParameterSets | undefined
  readonly #memory: PartMemory | undefined
  readonly #order = new PacketOrder()
  #malformed = 0
  #dropped = 0
  /**
   * Number of lost and malformed packets that the units returned so far have reported in {@link
   * RtpUnit.lostPackets}.
   */
  #told = 0
  #parts: Buffer[] = []
  #sizeBytes = 0
  #kinds = 0
  #timestamp = 0
  /** `true` once a packet of the present access unit has arrived. */
  #isBegun = false
  #isDamaged = false

  /**
   * Creates a depacketizer for one stream.
   *
   * @param reader - Parses the payloads; belongs to this depacketizer from now on.
   * @param test - Recognises key frames and parameter sets. Without it, every unit counts as a key frame.
   * @param sets - Parameter sets for key frames that have none of their own.
   * @param memory - Memory of the reader. The depacketizer then copies all parts there, and a unit is valid until the
   *   next {@link push}; `undefined` = units stay valid, and may refer to their packets.
   */
  constructor(
    reader: PictureReader,
    test?: PayloadTest,
    sets?: ParameterSets,
    memory?: PartMemory,
  ) {
    this.#reader = reader
    this.#test = test
    this.#sets = sets
    this.#memory = memory
  }

  get lostPackets(): number {
    return this.#order.lostPackets
  }

  get malformedPackets(): number {
    return this.#order.invalidPackets + this.#malformed
  }

  get droppedUnits(): number {
    return this.#dropped
  }

  push(packet: Uint8Array): readonly RtpUnit[] {
    this.#memory?.release()
    const place = this.#order.next(packet)
    if (place === 'invalid' || place === 'late') return noUnits
    if (place !== 'next') this.#break()
    const timestamp = timestampOf(packet)
    const before = this.#isBegun && timestamp !== this.#timestamp ? this.#finish() : undefined
    this.#read(asBuffer(packet), timestamp, place === 'gap')
    const unit = markerOf(packet) ? this.#finish() : undefined
    if (before === undefined) return unit === undefined ? noUnits : [unit]
    return unit === undefined ? [before] : [before, unit]
  }

  flush(): readonly RtpUnit[] {
    const unit = this.#isBegun ? this.#finish() : undefined
    this.#clear()
    return unit === undefined ? noUnits : [unit]
  }

  #read(packet: Buffer, timestamp: number, isAfterGap: boolean): void {
    const start = payloadOffsetOf(packet)
    const end = payloadEndOf(packet)
    const isPayload = end > start
    if (!this.#isBegun) {
      this.#isBegun = true
      this.#timestamp = timestamp
      this.#isDamaged =
        isAfterGap && !(isPayload && this.#reader.beginsUnit(packet.subarray(start, end)))
    }
    // Packets that only keep a NAL open have no payload; the rest of a unit with a gap cannot be
    // parsed.
    if (!isPayload || this.#isDamaged) return
    this.#kinds |= this.#test?.(packet, start, end) ?? 0
    this.#sizeBytes += end - start
    const count = this.#parts.length
    if (!this.#reader.read(packet, start, end, this.#parts)) {
      this.#malformed++
      this.#isDamaged = true
    }
    if (this.#memory) this.#copyViews(this.#memory, packet, count)
    if (this.#sizeBytes > maxUnitBytes || this.#parts.length > maxParts) this.#break()
  }

  /** Copies the parts of the present unit from index `from` on that are views of a packet. */
  #copyViews(memory: PartMemory, packet: Buffer, from: number): void {
    const parts = this.#parts
    for (let index = from; index < parts.length; index++) {
      const part = parts[index] as Buffer
      if (part.buffer !== packet.buffer) continue
      memory.append(part)
      parts[index] = memory.close()
    }
  }

  /** Drops the received parts of the present access unit, and marks the unit as damaged. */
  #break(): void {
    this.#isDamaged = this.#isBegun
    this.#parts = []
    this.#sizeBytes = 0
    this.#reader.reset()
    this.#memory?.clear()
  }

  #finish(): RtpUnit | undefined {
    const isWhole = !this.#isDamaged && !this.#reader.isOpen
    const isPrefix = (this.#kinds & pictureData) === 0 && (this.#kinds & prefix) !== 0
    if (isWhole && isPrefix) {
      this.#isBegun = false
      return undefined
    }
    const unit = isWhole && this.#parts.length > 0 ? this.#unit() : undefined
    if (unit) this.#memory?.lend()
    if (!isWhole) this.#dropped++
    this.#clear()
    return unit
  }

  #unit(): RtpUnit {
    const missing = this.#order.lostPackets + this.malformedPackets
    const lostPackets = missing - this.#told
    this.#told = missing
    const isKeyFrame = !this.#test || (this.#kinds & (keyFrame | recovery)) !== 0
    const parts =
      isKeyFrame && this.#sets ? withParameterSets(this.#parts, this.#sets) : this.#parts
    return { parts, timestamp: this.#timestamp, isKeyFrame, lostPackets }
  }

  #clear(): void {
    this.#parts = []
    this.#sizeBytes = 0
    this.#kinds = 0
    this.#isBegun = false
    this.#isDamaged = false
    this.#reader.reset()
    this.#memory?.clear()
  }
}
