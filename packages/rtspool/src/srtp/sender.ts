import { sequenceNumberOf, ssrcOf } from '../rtp/index.js'
import { createPacketCipher } from './create-cipher.js'
import { addMki } from './mki.js'
import type { PacketCipher } from './packet-cipher.js'
import { packetIndexNear, packetIndexOf, rolloverCounterOf } from './packet-index.js'
import { ReplayWindow } from './replay-window.js'
import { maxSrtcpIndex } from './srtcp-layout.js'
import type { MasterKey } from './suite.js'

/**
 * Maximum number of SSRCs under one key; packets with further SSRCs are not sent. A source rarely
 * changes its SSRC.
 */
const maxSources = 64
/**
 * Maximum number of packets that can be protected again. Up to this distance, a sequence number
 * alone determines the packet index.
 */
const maxRepeated = 2 ** 15
/**
 * Maximum size of a protected packet in bytes; a larger one is not sent. The length of an
 * interleaved frame has 16 bits (RFC 2326 section 10.12).
 */
const maxSealedBytes = 2 ** 16 - 1

/** Smallest distance between two packet indexes that a receiver cannot tell apart by their sequence numbers. */
const halfRound = 2 ** 15
/**
 * Number of packet indexes after which the sender stores a copy of another packet, for receivers
 * that pause; see {@link Step}.
 */
const stepSize = 2 ** 13
/**
 * Maximum number of stored copies of sent packets: four rounds of sequence numbers, for receivers that pause for a
 * few minutes.
 */
const maxSteps = 32

/** Index (MKI) of the sender's one master key. live555 accepts only indexes of four bytes. */
const senderMki = Buffer.from([0, 0, 0, 1])

/**
 * Number of latest packets that a receiver may have lost: {@link SrtpSender.position} is this far
 * behind the newest packet.
 */
const maxLost = 1024

/**
 * SSRC and packet index that a receiver of a stream has reached. The receiver can determine the
 * index of a packet that is less than 2^15 away from it.
 */
export interface SrtpPosition {
  /** SSRC of the stream's packets; `undefined` before the first packet. */
  readonly ssrc: number | undefined
  readonly index: number
}

/** Copy of a sent packet, with which a receiver that has paused can update its rollover counter. */
interface Step {
  readonly index: number
  readonly packet: Buffer
}

/**
 * Protects the packets of one stream under one master key. Uses each packet index for one packet
 * only.
 */
export class SrtpSender {
  readonly master: MasterKey
  /**
   * Cipher, created for the first packet: deriving the keys is the largest cost of an unused
   * sender.
   */
  #madeCipher: PacketCipher | undefined
  /** Indexes of sent packets by SSRC, so that an SSRC that is used again does not restart at 0. */
  readonly #windows = new Map<number, ReplayWindow>()
  /**
   * Packets that must not be sent: the index is used or unknown, the packet too large, or its SSRC
   * one too many. A `WeakSet`, so that it keeps no packet in memory.
   */
  readonly #refused = new WeakSet<Buffer>()
  #ssrc: number | undefined
  #window = new ReplayWindow()
  #rtcpIndex = 0
  /** Stored copies of sent packets with the current SSRC, oldest first. */
  #steps: Step[] = []

  constructor(master: MasterKey) {
    this.master = master
  }

  get #cipher(): PacketCipher {
    this.#madeCipher ??= createPacketCipher(this.master)
    return this.#madeCipher
  }

  /** Number of bytes by which protection enlarges each RTP packet. */
  get overheadBytes(): number {
    return this.master.suite.rtpTagBytes
  }

  /** Master key with its index (MKI), for receivers that find keys only by their index. */
  get indexedMaster(): MasterKey {
    return { ...this.master, mki: senderMki }
  }

  /**
   * Returns whether a key is {@link indexedMaster}. A client that sends that key expects the index
   * (MKI) in each packet.
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

  /**
   * Inserts the index of the master key (MKI) into a packet that this sender has protected.
   * @returns A new buffer.
   */
  withIndex(packet: Buffer, kind: 'rtp' | 'rtcp'): Buffer {
    return addMki(packet, senderMki, this.master.suite, kind)
  }

  /** Number of bytes by which protection with an index (MKI) enlarges each RTP packet. */
  get indexedOverheadBytes(): number {
    return this.overheadBytes + senderMki.length
  }

  /** Rollover counter of the newest packet, which key management sends to a new receiver. */
  get rolloverCounter(): number {
    return rolloverCounterOf(Math.max(this.#window.highest, 0))
  }

  /**
   * Position of a receiver that knows the rollover counter from key management, and that no packet
   * has been sent to yet. Its index is the middle of those with this counter.
   */
  get toldPosition(): SrtpPosition {
    return { ssrc: this.#ssrc, index: middleOf(this.rolloverCounter) }
  }

  /**
   * Position that a receiver has reached if the newest packet was sent to it, even after some
   * losses.
   */
  get position(): SrtpPosition {
    return { ssrc: this.#ssrc, index: Math.max(this.#window.highest - maxLost, 0) }
  }

  /** Returns whether the rollover counter has changed since a receiver reached a position. */
  hasRolledOver(since: SrtpPosition): boolean {
    return rolloverCounterOf(this.#indexFrom(since)) !== this.rolloverCounter
  }

  /** Returns whether this sender has protected packets with an SSRC. */
  hasSource(ssrc: number): boolean {
    return this.#windows.has(ssrc)
  }

  /**
   * Reserves the index of a packet that is not sent to anybody, to keep the rollover counter
   * correct.
   *
   * @param packet - Valid RTP.
   */
  skip(packet: Buffer): void {
    this.#take(packet)
  }

  /**
   * Protects a new packet.
   *
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
   * Returns the packets of a list that {@link protectAgain} accepts. Empty if the sequence numbers
   * wrap among them, because a new receiver knows only the present rollover counter.
   *
   * @param packets - The packets protected or skipped last, in order.
   */
  repeatable(packets: readonly Buffer[]): readonly Buffer[] {
    const isKnown = (packet: Buffer): boolean =>
      ssrcOf(packet) === this.#ssrc && this.#presentIndexOf(packet) <= this.#window.highest
    if (packets.length > maxRepeated || !packets.every(isKnown)) return []
    return packets.filter((packet) => !this.#refused.has(packet))
  }

  /**
   * Protects packets again that were protected or skipped before. Using one index twice for the
   * same packet is safe: text and key stream are the same, and so is the result.
   *
   * @param packets - Result of {@link repeatable}.
   * @returns The protected packets. Empty if the packets are not repeatable any more, because their
   * sequence numbers now belong to later indexes.
   */
  protectAgain(packets: readonly Buffer[]): Buffer[] {
    return this.repeatable(packets).map((packet) =>
      this.#cipher.protectRtp(packet, this.#presentIndexOf(packet)),
    )
  }

  /**
   * Returns older packets that update a receiver's rollover counter (RFC 3711 section 3.3.1). Each
   * is near enough for the receiver to determine the index of the next. Only the sequence numbers
   * matter, not the age of the packets.
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
   * Protects a compound RTCP packet under the next SRTCP index.
   *
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

  /**
   * Reserves the SRTP index of a packet, so that no other packet uses it.
   *
   * @returns The index; `undefined` if the packet must not be sent.
   */
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

  /**
   * Returns the packet index of a position. If its SSRC is not the current one, the result is the
   * middle of the range of rollover counter 0, with which a receiver begins an SSRC.
   */
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

  /**
   * Makes an SSRC the current one, and drops the stored copies of the previous one.
   *
   * @returns `false` if there are too many SSRCs.
   */
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

/**
 * Returns the packet index in the middle of a rollover counter's range. From there a receiver can
 * determine all other indexes of the range.
 */
const middleOf = (rolloverCounter: number): number => packetIndexOf(rolloverCounter, halfRound)
