import { sequenceNumberOf, ssrcOf } from '../rtp/index.js'
import { createPacketCipher } from './create-cipher.js'
import { addMki } from './mki.js'
import type { PacketCipher } from './packet-cipher.js'
import { packetIndexNear, packetIndexOf, rolloverCounterOf } from './packet-index.js'
import { ReplayWindow } from './replay-window.js'
import { maxSrtcpIndex } from './srtcp-layout.js'
import type { MasterKey } from './suite.js'

/** Maximum number of SSRCs under one key; a source changes its SSRC rarely. */
const maxSources = 64
/** Largest distance at which a sequence number alone determines an index. */
const maxRepeated = 2 ** 15
/**
 * Largest protected packet: the length of an interleaved frame has 16 bits (RFC 2326 section
 * 10.12).
 */
const maxSealedBytes = 2 ** 16 - 1

/** Largest distance of two indexes that sequence numbers can tell apart. */
const halfRound = 2 ** 15
/** Distance between two kept packets. */
const stepSize = 2 ** 13
/** Number of kept packets: four rounds of sequence numbers, a pause of a few minutes. */
const maxSteps = 32

/** Index of a stream's only key. live555 accepts only indexes of four bytes. */
const senderMki = Buffer.from([0, 0, 0, 1])

/** Number of packets that may have been lost at the end of a transmission. */
const maxLost = 1024

/** A receiver's progress: it can determine the indexes of packets less than 2^15 away. */
export interface SrtpPosition {
  /** SSRC; `undefined` before the first packet. */
  readonly ssrc: number | undefined
  readonly index: number
}

/** A packet from which a receiver can determine the indexes of later ones. */
interface Step {
  readonly index: number
  readonly packet: Buffer
}

/** Protects the packets of one stream under one master key, each index once. */
export class SrtpSender {
  readonly master: MasterKey
  /** Created for the first packet: deriving the keys is the largest cost of an unused sender. */
  #madeCipher: PacketCipher | undefined
  /** Sent packets by SSRC, so that an SSRC that is used again does not restart at 0. */
  readonly #windows = new Map<number, ReplayWindow>()
  /** Packets without an index, while another object still holds them. */
  readonly #refused = new WeakSet<Buffer>()
  #ssrc: number | undefined
  #window = new ReplayWindow()
  #rtcpIndex = 0
  /** Kept packets of the present SSRC, oldest first. */
  #steps: Step[] = []

  constructor(master: MasterKey) {
    this.master = master
  }

  get #cipher(): PacketCipher {
    this.#madeCipher ??= createPacketCipher(this.master)
    return this.#madeCipher
  }

  /** Bytes by which each RTP packet grows. */
  get overheadBytes(): number {
    return this.master.suite.rtpTagBytes
  }

  /** Master key with its index, for receivers that find keys only by their index. */
  get indexedMaster(): MasterKey {
    return { ...this.master, mki: senderMki }
  }

  /**
   * Returns whether a key is {@link indexedMaster}: a client that sends it expects the index in
   * each packet.
   */
  isIndexed({ suite, key, salt, mki }: MasterKey): boolean {
    const { master } = this
    return (
      mki?.equals(senderMki) === true &&
      suite === master.suite &&
      key.equals(master.key) &&
      salt.equals(master.salt)
    )
  }

  /** Adds the index of the key to a packet protected here. @returns A new buffer. */
  withIndex(packet: Buffer, kind: 'rtp' | 'rtcp'): Buffer {
    return addMki(packet, senderMki, this.master.suite, kind)
  }

  /** Bytes by which each RTP packet grows with the index of the key. */
  get indexedOverheadBytes(): number {
    return this.overheadBytes + senderMki.length
  }

  /** Rollover counter of the newest packet, which a new receiver needs. */
  get rolloverCounter(): number {
    return rolloverCounterOf(Math.max(this.#window.highest, 0))
  }

  /** Position of a receiver that knows the present rollover counter and has received nothing. */
  get toldPosition(): SrtpPosition {
    return { ssrc: this.#ssrc, index: middleOf(this.rolloverCounter) }
  }

  /** Earliest position of a receiver to which the newest packet was sent. */
  get position(): SrtpPosition {
    return { ssrc: this.#ssrc, index: Math.max(this.#window.highest - maxLost, 0) }
  }

  /** Returns whether the rollover counter has changed since a position. */
  hasRolledOver(since: SrtpPosition): boolean {
    return rolloverCounterOf(this.#indexFrom(since)) !== this.rolloverCounter
  }

  /** Returns whether packets with this SSRC have been protected here. */
  hasSource(ssrc: number): boolean {
    return this.#windows.has(ssrc)
  }

  /**
   * Counts a packet that is not sent to anybody, to keep the rollover counter correct.
   *
   * @param packet - Valid RTP.
   */
  skip(packet: Buffer): void {
    this.#take(packet)
  }

  /**
   * @param packet - Valid RTP.
   * @returns A new buffer; `undefined` if the index is used or unknown: one key stream for two
   *   texts would reveal both (RFC 3711 section 9.1). Also `undefined` if the result is too long
   *   for a frame.
   */
  protect(packet: Buffer): Buffer | undefined {
    const index = this.#take(packet)
    return index === undefined ? undefined : this.#cipher.protectRtp(packet, index)
  }

  /**
   * Returns the packets that {@link protectAgain} accepts. Empty if the sequence numbers wrap among
   * them, because a new receiver knows only the present rollover counter.
   *
   * @param packets - The last counted packets, in order.
   */
  repeatable(packets: readonly Buffer[]): readonly Buffer[] {
    const isKnown = (packet: Buffer): boolean =>
      ssrcOf(packet) === this.#ssrc && this.#presentIndexOf(packet) <= this.#window.highest
    if (packets.length > maxRepeated || !packets.every(isKnown)) return []
    return packets.filter((packet) => !this.#refused.has(packet))
  }

  /**
   * Protects packets again that have been counted before. Using one index twice for the same packet
   * is safe: text and key stream are the same, and so is the result.
   *
   * @param packets - Result of {@link repeatable}.
   * @returns Empty if they are not repeatable any more: their indexes would be those of future
   *   packets.
   */
  protectAgain(packets: readonly Buffer[]): Buffer[] {
    return this.repeatable(packets).map((packet) =>
      this.#cipher.protectRtp(packet, this.#presentIndexOf(packet)),
    )
  }

  /**
   * Protects earlier packets again to update a receiver's rollover counter: each packet leads to
   * the next (RFC 3711 section 3.3.1). Only their sequence numbers matter, not their age.
   *
   * @param from - Position of the receiver.
   * @param first - Packet that the receiver gets next, from {@link repeatable}; by default the
   *   newest.
   * @returns Empty if no packets are needed, or the receiver is too far behind.
   */
  stepsFrom(from: SrtpPosition, first?: Buffer): Buffer[] {
    const target = first ? this.#presentIndexOf(first) : this.#window.highest + 1
    const steps: Buffer[] = []
    let index = this.#indexFrom(from)
    while (target - index >= halfRound) {
      const at = index
      const step = this.#steps.findLast((each) => each.index > at && each.index - at < halfRound)
      if (!step) return []
      steps.push(this.#cipher.protectRtp(step.packet, step.index))
      index = step.index
    }
    return steps
  }

  /**
   * @param compound - At least 8 bytes.
   * @returns A new buffer; `undefined` if all 2^31 indexes are used.
   */
  protectRtcp(compound: Buffer): Buffer | undefined {
    // One counter for all SSRCs, so that no index is used twice.
    if (this.#rtcpIndex > maxSrtcpIndex) return undefined
    return this.#cipher.protectRtcp(compound, this.#rtcpIndex++)
  }

  #presentIndexOf(packet: Buffer): number {
    return packetIndexOf(this.rolloverCounter, sequenceNumberOf(packet))
  }

  /** Reserves the index of a packet, once. */
  #take(packet: Buffer): number | undefined {
    const isTaken =
      packet.length + this.overheadBytes <= maxSealedBytes && this.#begin(ssrcOf(packet))
    const index = isTaken ? this.#indexOf(packet) : undefined
    if (index !== undefined && this.#window.isNew(index)) {
      this.#keepStep(packet, index)
      this.#window.add(index)
      return index
    }
    this.#refused.add(packet)
    return undefined
  }

  /** Returns the index of a position; a source that is not the present one begins with 0. */
  #indexFrom({ ssrc, index }: SrtpPosition): number {
    return ssrc === this.#ssrc ? index : middleOf(0)
  }

  #keepStep(packet: Buffer, index: number): void {
    const last = this.#steps.at(-1)
    if (last && Math.floor(index / stepSize) <= Math.floor(last.index / stepSize)) return
    // A copy, so that the large buffer around the packet can be freed.
    this.#steps.push({ index, packet: Buffer.from(packet) })
    if (this.#steps.length > maxSteps) this.#steps.shift()
  }

  #indexOf(packet: Buffer): number | undefined {
    const sequenceNumber = sequenceNumberOf(packet)
    const { highest } = this.#window
    return highest < 0 ? sequenceNumber : packetIndexNear(highest, sequenceNumber)
  }

  /** @returns `false` if there are too many SSRCs. */
  #begin(ssrc: number): boolean {
    if (ssrc === this.#ssrc) return true
    let window = this.#windows.get(ssrc)
    if (!window) {
      if (this.#windows.size >= maxSources) return false
      window = new ReplayWindow()
      this.#windows.set(ssrc, window)
    }
    this.#ssrc = ssrc
    this.#window = window
    this.#steps = []
    return true
  }
}

/** Returns the index from which all others with this rollover counter can be determined. */
const middleOf = (rolloverCounter: number): number => packetIndexOf(rolloverCounter, halfRound)
