import type { Clock } from '../../clock.js'
import { frameHeaderBytes, frameInterleaved } from '../../rtsp/index.js'
import { defaultMaxEntryWaitMs } from '../../transport/tcp/channel-table.js'
import type { DirectSends } from '../../transport/tcp/direct-sends.js'
import type { PacketBatch } from './packet-batch.js'
import type { InterleavedReader } from './reader.js'
import type { ReaderGroup } from './reader-group.js'

/** A member of the group with its state. */
interface Member {
  readonly reader: InterleavedReader
  /** Its slot among the direct sends, or -1. */
  readonly slot: number
  position: number
  /**
   * True while packets are left out, because the member was too slow. It continues at an entry
   * point.
   */
  isSkipping: boolean
  /**
   * Time from which the member could continue but found no entry point, in milliseconds of the
   * clock; `undefined` before.
   */
  waitingSince: number | undefined
  /** The group's total of packets that has been added to the reader's counters. */
  settledPackets: number
  settledBytes: number
}

/** The packets that the last new reader began with. */
interface FirstPackets {
  readonly packets: readonly Buffer[]
  readonly frames: Buffer
}

const nothing: readonly Buffer[] = Object.freeze([])
const noSlot = -1
const nowhere = -1
const initialCapacity = 8

/**
 * The readers of one track that use the same channel number. Packets are framed once for all of
 * them, and the packets of one turn are one write for each reader (RFC 2326 section 10.12).
 *
 * {@link DirectSends} serves the readers that accept everything at once, from `#slots` alone; the
 * others are handled one by one. Delivered packets are counted for the group, and for a reader on
 * demand.
 */
export class InterleavedGroup implements ReaderGroup<InterleavedReader> {
  readonly #channel: number
  readonly #clock: Clock
  readonly #members: Member[] = []
  readonly #positions = new Map<InterleavedReader, Member>()
  #sends: DirectSends | undefined
  /** Slots by position of the member; -1 for a member that must be handled alone. */
  #slots = new Int32Array(initialCapacity)
  #unserved = new Int32Array(initialCapacity)
  #sentBytes = new Int32Array(initialCapacity)
  /** Weak: while a stream sends nothing, its groups must not hold what its cache has dropped. */
  #first: WeakRef<FirstPackets> | undefined
  /** Packets delivered to a member that has been there from the beginning and missed nothing. */
  #packets = 0
  #bytes = 0

  constructor(channel: number, clock: Clock) {
    this.#channel = channel
    this.#clock = clock
  }

  get size(): number {
    return this.#members.length
  }

  /**
   * Adds a reader that begins with `first`, which may be many packets at once. They are left out if
   * the reader is too slow.
   */
  add(reader: InterleavedReader, first: readonly Buffer[]): void {
    const member: Member = {
      reader,
      slot: this.#slotOf(reader),
      position: this.#members.length,
      isSkipping: false,
      waitingSince: undefined,
      settledPackets: this.#packets,
      settledBytes: this.#bytes,
    }
    if (member.position === this.#slots.length) this.#grow()
    this.#members.push(member)
    this.#positions.set(reader, member)
    this.#slots[member.position] = member.slot
    if (member.slot >= 0) this.#sends?.hold(member.slot)
    if (first.length === 0) return
    if (reader.carrier.isCongested) {
      // The reader has not read earlier packets: it begins at the point at which slow readers
      // continue.
      this.#noteSkipping(member, true)
      this.#slots[member.position] = noSlot
      reader.counters.packetsDropped += first.length
      return
    }
    const frames = this.#framesOf(first)
    reader.carrier.grant(this.#channel, frames.length)
    reader.carrier.writeFrames(frames)
    reader.counters.packetsOut += first.length
    reader.counters.bytesOut += payloadBytes(frames, first.length)
  }

  remove(reader: InterleavedReader): void {
    const member = this.#positions.get(reader)
    if (!member) return
    this.#settle(member)
    this.#noteSkipping(member, false)
    this.#positions.delete(reader)
    if (member.slot >= 0) this.#sends?.release(member.slot)
    const last = this.#members.pop()
    if (!last || last === member) return
    this.#slots[member.position] = this.#slots[last.position] ?? noSlot
    last.position = member.position
    this.#members[last.position] = last
  }

  send(batch: PacketBatch): void {
    this.#first = undefined
    const frames = frameInterleaved(this.#channel, batch.packets)
    this.#packets += batch.packets.length
    this.#bytes += batch.sizeBytes
    if (!this.#sends) {
      for (const member of this.#members) this.#deliver(member, batch, frames, 0)
      return
    }
    const unserved = this.#unserved
    const count = this.#sends.sendAll(
      this.#slots,
      this.#members.length,
      frames,
      unserved,
      this.#sentBytes,
    )
    for (let index = 0; index < count; index++) {
      const member = this.#members[unserved[index] ?? 0]
      if (member) this.#deliver(member, batch, frames, this.#sentBytes[index] ?? 0)
    }
  }

  forEachReader(visit: (reader: InterleavedReader) => void): void {
    for (const { reader } of this.#members) visit(reader)
  }

  waitingPackets(): readonly Buffer[] {
    return nothing
  }

  close(): void {}

  /** Updates the counters of a reader. */
  settle(reader: InterleavedReader): void {
    const member = this.#positions.get(reader)
    if (member) this.#settle(member)
  }

  /** Frames the first packets of a reader, once for all that begin before the next packet. */
  #framesOf(first: readonly Buffer[]): Buffer {
    const known = this.#first?.deref()
    if (known && isSame(known.packets, first)) return known.frames
    const frames = frameInterleaved(this.#channel, first)
    this.#first = new WeakRef({ packets: first.slice(), frames })
    return frames
  }

  /** @param sentBytes - Bytes of `frames` that the kernel has accepted. */
  #deliver(member: Member, batch: PacketBatch, frames: Buffer, sentBytes: number): void {
    const { carrier } = member.reader
    // A frame that has been begun must be finished.
    if (sentBytes > 0) carrier.writeFrames(frames.subarray(sentBytes))
    else if (member.isSkipping || carrier.isCongested) this.#skip(member, batch, frames)
    else carrier.writeFrames(frames)
  }

  /** Leaves out whole packets up to a point at which the reader can continue. */
  #skip(member: Member, batch: PacketBatch, frames: Buffer): void {
    const { carrier } = member.reader
    const index = this.#resumeIndex(member, batch)
    this.#noteSkipping(member, index === nowhere)
    this.#slots[member.position] = index === nowhere ? noSlot : member.slot
    if (index === nowhere) {
      this.#leaveOut(member, batch.packets.length, batch.sizeBytes)
      return
    }
    member.waitingSince = undefined
    if (batch.earlierLeads.length > 0 && index === batch.entryIndex) {
      this.#catchUp(member, batch.earlierLeads)
    }
    const bytesBefore = batch.bytesBefore(index)
    this.#leaveOut(member, index, bytesBefore)
    carrier.writeFrames(frames.subarray(bytesBefore + index * frameHeaderBytes))
  }

  /**
   * Finds the packet of a batch at which a reader continues: an entry point. A stream may never
   * have another one, so after a long wait the reader continues at the next access unit, or
   * anywhere if access units are unknown.
   */
  #resumeIndex(member: Member, { entryIndex, frameIndex }: PacketBatch): number {
    const { isCongested, maxEntryWaitMs = defaultMaxEntryWaitMs } = member.reader.carrier
    if (isCongested) {
      member.waitingSince = undefined
      return nowhere
    }
    if (entryIndex >= 0) return entryIndex
    const now = this.#clock.now()
    member.waitingSince ??= now
    const waitedMs = now - member.waitingSince
    if (waitedMs < maxEntryWaitMs) return nowhere
    if (frameIndex >= 0) return frameIndex
    return waitedMs < 2 * maxEntryWaitMs ? nowhere : 0
  }

  #noteSkipping(member: Member, isSkipping: boolean): void {
    if (member.isSkipping === isSkipping) return
    member.isSkipping = isSkipping
    if (isSkipping) member.reader.lag?.fellBehind()
    else member.reader.lag?.caughtUp()
  }

  /** Sends packets that were left out a moment ago. */
  #catchUp({ reader: { carrier, counters } }: Member, packets: readonly Buffer[]): void {
    const frames = frameInterleaved(this.#channel, packets)
    carrier.writeFrames(frames)
    counters.packetsOut += packets.length
    counters.bytesOut += payloadBytes(frames, packets.length)
    counters.packetsDropped -= packets.length
  }

  #leaveOut(member: Member, packetCount: number, sizeBytes: number): void {
    member.reader.counters.packetsDropped += packetCount
    member.settledPackets += packetCount
    member.settledBytes += sizeBytes
  }

  #settle(member: Member): void {
    const { counters } = member.reader
    counters.packetsOut += this.#packets - member.settledPackets
    counters.bytesOut += this.#bytes - member.settledBytes
    member.settledPackets = this.#packets
    member.settledBytes = this.#bytes
  }

  /**
   * A second server that shares the media has its own slots: its readers are written to one by one.
   */
  #slotOf({ carrier: { direct } }: InterleavedReader): number {
    this.#sends ??= direct?.sends
    return direct && direct.sends === this.#sends ? direct.slot : noSlot
  }

  #grow(): void {
    const capacity = this.#slots.length * 2
    const slots = new Int32Array(capacity)
    slots.set(this.#slots)
    this.#slots = slots
    this.#unserved = new Int32Array(capacity)
    this.#sentBytes = new Int32Array(capacity)
  }
}

const isSame = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((packet, index) => packet === others[index])

const payloadBytes = (frames: Buffer, packetCount: number): number =>
  frames.length - packetCount * frameHeaderBytes
