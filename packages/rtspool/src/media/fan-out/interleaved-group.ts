import type { Clock } from '../../clock.js'
import { frameHeaderBytes, interleavedBytes } from '../../rtsp/index.js'
import { defaultMaxEntryWaitMs } from '../../transport/tcp/channel-table.js'
import { type DirectSends, servedElsewhere } from '../../transport/tcp/direct-sends.js'
import { FrameFormat } from './frame-format.js'
import type { PacketBatch } from './packet-batch.js'
import type { InterleavedReader } from './reader.js'
import type { ReaderGroup } from './reader-group.js'
import { resumeIndex } from './resume-point.js'
import { ThreadedMembers } from './threaded-members.js'

/** A reader of the group with the state of its delivery: place in tables, counts, and whether packets are left out. */
interface Member {
  readonly reader: InterleavedReader
  /**
   * Number of the reader's connection in {@link DirectSends}, which writes to many connections in
   * one system call; -1 if the connection is written to separately.
   */
  readonly slot: number
  position: number
  /**
   * True while the reader is sent no packets, because its connection was congested. Sending
   * continues at an entry point: a packet at which a decoder can begin.
   */
  isSkipping: boolean
  /**
   * Time since which the connection has had room again while no entry point has arrived. In milliseconds of the
   * clock; `undefined` if the reader does not wait for one.
   */
  waitingSince: number | undefined
  /**
   * Packet total of the group when the reader's counters were last exact. Packets that were left
   * out for the reader are added, so that they do not count as sent.
   */
  settledPackets: number
  settledBytes: number
}

/** A batch, and its packets in the group's {@link FrameFormat}. */
interface FramedBatch {
  readonly batch: PacketBatch
  /** Frames that connections may keep. `undefined` until a connection needs the frames. */
  frames: Buffer | undefined
}

/**
 * Cached packets of the track that a new reader is sent first: as given, and as {@link FrameFormat} bytes. Readers that join
 * before the next batch share the frames, so that the group frames these packets once.
 */
interface FirstPackets {
  readonly packets: readonly Buffer[]
  readonly frames: Buffer
}

const nothing: readonly Buffer[] = Object.freeze([])
const noSlot = -1
const nowhere = -1
const initialCapacity = 8

/**
 * The interleaved readers of one track whose channel number is the same, either WebSockets or others. The group frames
 * a batch once (RFC 2326 section 10.12), and each connection is written the same buffer.
 *
 * {@link DirectSends} writes to all connections with a slot in one call. Connections without a slot, or that accepted
 * only a part of the buffer, are handled one by one. Delivered packets are counted for the whole group, and added to
 * the counters of a reader on demand.
 */
export class InterleavedGroup implements ReaderGroup<InterleavedReader> {
  readonly #channel: number
  readonly #format: FrameFormat
  readonly #clock: Clock
  readonly #members: Member[] = []
  readonly #positions = new Map<InterleavedReader, Member>()
  /** Number of members without a slot. {@link DirectSends} never writes to their connections. */
  #slotless = 0
  #sends: DirectSends | undefined
  /** Members whose packets are written by send threads, and not by the event loop; `undefined` without send threads. */
  #threaded: ThreadedMembers<Member> | undefined
  /**
   * Number in {@link DirectSends} of each member's connection, by the member's position in
   * `#members`; -1 for a member that must be left out.
   */
  #slots = new Int32Array(initialCapacity)
  #unserved = new Int32Array(initialCapacity)
  #sentBytes = new Int32Array(initialCapacity)
  /**
   * Framed packets that new readers share until the next batch. The reference is weak, so that the group does not
   * keep memory which the track's cache has already released.
   */
  #first: WeakRef<FirstPackets> | undefined
  /**
   * Number of packets that the group has sent so far. The packets of one member are this total minus its
   * `settledPackets`.
   */
  #packets = 0
  #bytes = 0

  constructor(channel: number, clock: Clock, isWebSocket = false) {
    this.#channel = channel
    this.#format = new FrameFormat(channel, isWebSocket)
    this.#clock = clock
  }

  get size(): number {
    return this.#members.length
  }

  /**
   * Adds a reader, and writes the cached packets `first` to its connection in one call, even above
   * the limit of unread bytes. If the connection is congested, `first` is left out and counted as
   * dropped.
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
    else this.#slotless++
    this.#threaded?.add(member)
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
    this.#threaded?.begin(member, frames.length)
    write(member, frames, first.length)
    reader.counters.packetsOut += first.length
    reader.counters.bytesOut += payloadBytes(first)
  }

  remove(reader: InterleavedReader): void {
    const member = this.#positions.get(reader)
    if (!member) return
    this.#settle(member)
    this.#noteSkipping(member, false)
    this.#positions.delete(reader)
    this.#threaded?.remove(member)
    if (member.slot >= 0) this.#sends?.release(member.slot)
    else this.#slotless--
    const last = this.#members.pop()
    if (!last || last === member) return
    this.#slots[member.position] = this.#slots[last.position] ?? noSlot
    last.position = member.position
    this.#members[last.position] = last
  }

  send(batch: PacketBatch): void {
    this.#first = undefined
    this.#packets += batch.packets.length
    this.#bytes += batch.sizeBytes
    if (this.#threaded?.send(batch)) return
    const framed = { batch, frames: undefined }
    if (this.#sends && this.#hasSlots()) this.#sendDirectly(this.#sends, framed)
    else this.#deliverAll(framed)
  }

  forEachReader(visit: (reader: InterleavedReader) => void): void {
    for (const { reader } of this.#members) visit(reader)
  }

  waitingPackets(): readonly Buffer[] {
    return nothing
  }

  close(): void {
    this.#threaded?.close()
    this.#threaded = undefined
  }

  /** Adds the packets delivered since the last call to the counters of a reader. */
  settle(reader: InterleavedReader): void {
    const member = this.#positions.get(reader)
    if (member) this.#settle(member)
  }

  /** Returns whether the event loop may write to any member by a native call. */
  #hasSlots(): boolean {
    const count = this.#members.length
    for (let index = 0; index < count; index++) if ((this.#slots[index] ?? noSlot) >= 0) return true
    return false
  }

  /** Sends a batch to the members that no thread serves, by native calls where possible. */
  #sendDirectly(sends: DirectSends, framed: FramedBatch): void {
    const { packets } = framed.batch
    let now: Buffer
    if (this.#slotless > 0) now = this.#framesFor(framed)
    else {
      // A connection keeps its frames until the kernel accepts them. The scratch memory is written again before that.
      now = sends.scratch(this.#format.sizeBytes(packets))
      this.#format.write(now, 0, packets)
    }
    const unserved = this.#unserved
    const count = sends.sendAll(this.#slots, this.#members.length, now, unserved, this.#sentBytes)
    for (let index = 0; index < count; index++) {
      const member = this.#members[unserved[index] ?? 0]
      if (member) this.#deliver(member, framed, this.#sentBytes[index] ?? 0)
    }
  }

  /** Sends a batch one by one to the members that no thread serves. */
  #deliverAll(framed: FramedBatch): void {
    for (const member of this.#members)
      if (this.#slots[member.position] !== servedElsewhere) this.#deliver(member, framed, 0)
  }

  /** Returns the frames of a batch in memory of their own, which connections may keep. */
  #framesFor(framed: FramedBatch): Buffer {
    framed.frames ??= this.#format.frame(framed.batch.packets)
    return framed.frames
  }

  /** Returns `first` as bytes of the group's format. The result is reused for all readers that begin before the next batch. */
  #framesOf(first: readonly Buffer[]): Buffer {
    const known = this.#first?.deref()
    if (known && isSame(known.packets, first)) return known.frames
    const frames = this.#format.frameMany(first)
    this.#first = new WeakRef({ packets: first.slice(), frames })
    return frames
  }

  /**
   * Writes a batch to one connection, or leaves it out while the connection is congested.
   *
   * @param sentBytes - Bytes of the frames that the kernel has already accepted. If there are any, the rest of the
   *   frames must follow.
   */
  #deliver(member: Member, framed: FramedBatch, sentBytes: number): void {
    const { carrier } = member.reader
    // A frame that has been begun must be finished.
    if (sentBytes > 0) write(member, this.#framesFor(framed).subarray(sentBytes))
    else if (member.isSkipping || carrier.isCongested) this.#skip(member, framed)
    else write(member, this.#framesFor(framed))
  }

  /**
   * Leaves out the packets of a batch before the one with which the reader can continue, and writes that one and all
   * after it. Leaves out the whole batch if there is no such packet.
   */
  #skip(member: Member, framed: FramedBatch): void {
    const { carrier } = member.reader
    const { batch } = framed
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
    if (index === 0) {
      write(member, this.#framesFor(framed))
      return
    }
    const frameBytes = interleavedBytes(batch.packets)
    const start = this.#format.headerBytes(frameBytes) + bytesBefore + index * frameHeaderBytes
    carrier.writeFrames(this.#framesFor(framed).subarray(start))
  }

  /**
   * Returns the index of the packet of a batch at which a reader that skips packets continues. -1 = not in this batch;
   * see {@link resumeIndex}.
   */
  #resumeIndex(member: Member, batch: PacketBatch): number {
    const { isCongested, maxEntryWaitMs = defaultMaxEntryWaitMs } = member.reader.carrier
    if (!isCongested) return resumeIndex(member, batch, this.#clock.now(), maxEntryWaitMs)
    member.waitingSince = undefined
    return nowhere
  }

  #noteSkipping(member: Member, isSkipping: boolean): void {
    if (member.isSkipping === isSkipping) return
    member.isSkipping = isSkipping
    this.#threaded?.changed()
    if (isSkipping) member.reader.lag?.fellBehind()
    else member.reader.lag?.caughtUp()
  }

  /**
   * Writes packets of earlier batches that were left out, and subtracts them from the dropped packets. A decoder
   * needs them before the entry point.
   */
  #catchUp(member: Member, packets: readonly Buffer[]): void {
    const { counters } = member.reader
    write(member, this.#format.frame(packets))
    counters.packetsOut += packets.length
    counters.bytesOut += payloadBytes(packets)
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
   * Returns the number of a reader's connection in {@link DirectSends}, or -1 for separate writes.
   * A group uses the {@link DirectSends} of one server; readers of a second server that shares the
   * media are written to one by one.
   */
  #slotOf({ carrier: { direct } }: InterleavedReader): number {
    if (!this.#sends && direct) {
      this.#sends = direct.sends
      this.#threaded = this.#serveByThreads(direct.sends)
    }
    return direct && direct.sends === this.#sends ? direct.slot : noSlot
  }

  #serveByThreads(sends: DirectSends): ThreadedMembers<Member> | undefined {
    const { threads } = sends
    return (
      threads &&
      new ThreadedMembers(this.#format, this.#clock, sends, threads, {
        members: this.#members,
        maxEntryWaitMs: ({ reader: { carrier } }) =>
          carrier.maxEntryWaitMs ?? defaultMaxEntryWaitMs,
        place: ({ position }, slot) => {
          this.#slots[position] = slot
        },
        deliver: (member, batch, frames) => this.#deliver(member, { batch, frames }, 0),
        leaveOut: (member, packets, sizeBytes) => this.#leaveOut(member, packets, sizeBytes),
        catchUp: ({ reader: { counters } }, packets, sizeBytes) => {
          counters.packetsOut += packets
          counters.bytesOut += sizeBytes
          counters.packetsDropped -= packets
        },
        noteLag: ({ reader }, isBehind) => {
          if (isBehind) reader.lag?.fellBehind()
          else reader.lag?.caughtUp()
        },
      })
    )
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

const payloadBytes = (packets: readonly Buffer[]): number =>
  interleavedBytes(packets) - packets.length * frameHeaderBytes

/**
 * Writes bytes of the group's format, or their rest, to the connection of a member.
 *
 * @param packets - Number of cached packets in the bytes, which a send thread counts.
 */
function write({ reader: { carrier } }: Pick<Member, 'reader'>, bytes: Buffer, packets = 0): void {
  if (carrier.webSocket) carrier.webSocket.writeWire(bytes, packets)
  else carrier.writeFrames(bytes, packets)
}
