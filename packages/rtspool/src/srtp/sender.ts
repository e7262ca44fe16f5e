import { sequenceNumberOf, ssrcOf } from '../rtp/index.js'
import { createPacketCipher } from './create-cipher.js'
import { addMki } from './mki.js'
import type { PacketCipher } from './packet-cipher.js'
import { packetIndexNear, packetIndexOf, rolloverCounterOf } from './packet-index.js'
import { ReplayWindow } from './replay-window.js'
import { maxSrtcpIndex } from './srtcp-layout.js'
import type { MasterKey } from './suite.js'

/** SSRCs under one key: a source changes it now and then at most. */
const maxSources = 64
/** As far back as a sequence number alone tells an index. */
const maxRepeated = 2 ** 15
/** The length in front of a frame inside a connection has 16 bits (RFC 2326 section 10.12). */
const maxSealedBytes = 2 ** 16 - 1

/** Sequence numbers that tell an index from another one that lies less far away. */
const halfRound = 2 ** 15
/** From one kept packet to the next. */
const stepSize = 2 ** 13
/** Four rounds: a pause of a few minutes. */
const maxSteps = 32

/** Of the one key that a stream has. live555 takes indexes of four bytes only. */
const senderMki = Buffer.from([0, 0, 0, 1])

/** What may have got lost at the end of what a receiver was sent. */
const maxLost = 1024

/** As far as a receiver has come: it can tell the indexes of packets that are less than 2^15 away. */
export interface SrtpPosition {
  /** `undefined` before the first packet. */
  readonly ssrc: number | undefined
  readonly index: number
}

/** A packet that leads on to those after it. */
interface Step {
  readonly index: number
  readonly packet: Buffer
}

/** Protects the packets of one stream under one master key, each index once. */
export class SrtpSender {
  readonly master: MasterKey
  /** Made for the first packet: deriving its keys costs more than all else of a sender that sends nothing. */
  #madeCipher: PacketCipher | undefined
  /** What has been sent, by SSRC: one that comes back must not begin anew. */
  readonly #windows = new Map<number, ReplayWindow>()
  /** Packets that got no index, while somebody else still holds them. */
  readonly #refused = new WeakSet<Buffer>()
  #ssrc: number | undefined
  #window = new ReplayWindow()
  #rtcpIndex = 0
  /** Of the present SSRC, oldest first. */
  #steps: Step[] = []

  constructor(master: MasterKey) {
    this.master = master
  }

  get #cipher(): PacketCipher {
    this.#madeCipher ??= createPacketCipher(this.master)
    return this.#madeCipher
  }

  /** Bytes that each RTP packet grows by. */
  get overheadBytes(): number {
    return this.master.suite.rtpTagBytes
  }

  /** The master key with its index, for receivers that know keys by their index only. */
  get indexedMaster(): MasterKey {
    return { ...this.master, mki: senderMki }
  }

  /** Whether a key is {@link indexedMaster}: who tells us that expects the index in each packet. */
  isIndexed({ suite, key, salt, mki }: MasterKey): boolean {
    const { master } = this
    return (
      mki?.equals(senderMki) === true &&
      suite === master.suite &&
      key.equals(master.key) &&
      salt.equals(master.salt)
    )
  }

  /** Adds the index of the key to what was protected here. @returns A new buffer. */
  withIndex(packet: Buffer, kind: 'rtp' | 'rtcp'): Buffer {
    return addMki(packet, senderMki, this.master.suite, kind)
  }

  /** Bytes that each RTP packet grows by where it has the index of the key. */
  get indexedOverheadBytes(): number {
    return this.overheadBytes + senderMki.length
  }

  /** Of the newest packet: what who joins now has to be told. */
  get rolloverCounter(): number {
    return rolloverCounterOf(Math.max(this.#window.highest, 0))
  }

  /** Where a receiver is that has been told the present rollover counter, and has received nothing. */
  get toldPosition(): SrtpPosition {
    return { ssrc: this.#ssrc, index: middleOf(this.rolloverCounter) }
  }

  /** Where a receiver is, at least, that was sent the newest packet. */
  get position(): SrtpPosition {
    return { ssrc: this.#ssrc, index: Math.max(this.#window.highest - maxLost, 0) }
  }

  /** Whether the rollover counter is another one by now. */
  hasRolledOver(since: SrtpPosition): boolean {
    return rolloverCounterOf(this.#indexFrom(since)) !== this.rolloverCounter
  }

  /** Whether packets with this SSRC are protected here. */
  hasSource(ssrc: number): boolean {
    return this.#windows.has(ssrc)
  }

  /**
   * Counts a packet that nobody gets, so that the rollover counter stays right.
   *
   * @param packet - Valid RTP.
   */
  skip(packet: Buffer): void {
    this.#take(packet)
  }

  /**
   * @param packet - Valid RTP.
   * @returns A new buffer; `undefined` for a packet whose index is spent or unknown: the same key stream for two
   * texts would give both away (RFC 3711 section 9.1). Also for one that would be too long for a frame.
   */
  protect(packet: Buffer): Buffer | undefined {
    const index = this.#take(packet)
    return index === undefined ? undefined : this.#cipher.protectRtp(packet, index)
  }

  /**
   * Those of some packets that {@link protectAgain} takes: none when the sequence numbers begin anew on the way,
   * because who begins with them knows the present rollover counter only.
   *
   * @param packets - The last ones that were counted, in order.
   */
  repeatable(packets: readonly Buffer[]): readonly Buffer[] {
    const isKnown = (packet: Buffer): boolean =>
      ssrcOf(packet) === this.#ssrc && this.#presentIndexOf(packet) <= this.#window.highest
    if (packets.length > maxRepeated || !packets.every(isKnown)) return []
    return packets.filter((packet) => !this.#refused.has(packet))
  }

  /**
   * Protects packets again that have been counted before. That one packet gets one index twice is safe: text and
   * key stream are the same, and so is what comes out.
   *
   * @param packets - From {@link repeatable}.
   * @returns Nothing when they are not repeatable any more: their indexes would be those of packets to come.
   */
  protectAgain(packets: readonly Buffer[]): Buffer[] {
    return this.repeatable(packets).map((packet) =>
      this.#cipher.protectRtp(packet, this.#presentIndexOf(packet)),
    )
  }

  /**
   * Protects packets again that lead a receiver on: each tells it the rollover counter of the next one (RFC 3711
   * section 3.3.1). They are as old as they are; only their sequence numbers matter.
   *
   * @param from - Where it is.
   * @param first - What it is sent then, from {@link repeatable}; the next packet when absent.
   * @returns None where none are needed, or where it is too far behind.
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
   * @returns A new buffer; `undefined` when all 2^31 indexes are spent.
   */
  protectRtcp(compound: Buffer): Buffer | undefined {
    // One count for all SSRCs: an index is never used twice.
    if (this.#rtcpIndex > maxSrtcpIndex) return undefined
    return this.#cipher.protectRtcp(compound, this.#rtcpIndex++)
  }

  #presentIndexOf(packet: Buffer): number {
    return packetIndexOf(this.rolloverCounter, sequenceNumberOf(packet))
  }

  /** Takes the index of a packet, once. */
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

  /** A source that was not there begins with 0. */
  #indexFrom({ ssrc, index }: SrtpPosition): number {
    return ssrc === this.#ssrc ? index : middleOf(0)
  }

  #keepStep(packet: Buffer, index: number): void {
    const last = this.#steps.at(-1)
    if (last && Math.floor(index / stepSize) <= Math.floor(last.index / stepSize)) return
    // A copy: what the packet was cut from is not to be kept for so long.
    this.#steps.push({ index, packet: Buffer.from(packet) })
    if (this.#steps.length > maxSteps) this.#steps.shift()
  }

  #indexOf(packet: Buffer): number | undefined {
    const sequenceNumber = sequenceNumberOf(packet)
    const { highest } = this.#window
    return highest < 0 ? sequenceNumber : packetIndexNear(highest, sequenceNumber)
  }

  /** @returns `false` when there are too many SSRCs. */
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

/** The index from which every one with this rollover counter can be told. */
const middleOf = (rolloverCounter: number): number => packetIndexOf(rolloverCounter, halfRound)
