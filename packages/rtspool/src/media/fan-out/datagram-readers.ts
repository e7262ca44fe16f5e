import { type Clock, PeriodicCheck } from '../../clock.js'
import type { DatagramGroup } from '../../transport/udp/datagram-group.js'
import type { DatagramSender } from '../../transport/udp/udp-endpoint.js'
import { CatchUpQueue } from './catch-up-queue.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { type FittingPackets, fittingPackets } from './fitting-packets.js'
import type { PacketBatch } from './packet-batch.js'
import type { DatagramReader } from './reader.js'
import type { ReaderGroup } from './reader-group.js'

/**
 * Milliseconds between two portions of cached packets for a new reader: a viewer that just joined
 * the track.
 */
const portionIntervalMs = 4
/**
 * Maximum milliseconds for which a new reader waits for a busy send thread. Then the rest of the cached packets is left
 * out, because later packets would add to them without end.
 */
const maxWaitMs = 2000

/** Properties of a track that determine how its packets are sent in datagrams. */
export interface DatagramReadersOptions {
  /** Bytes that SRTP adds to each packet. They do not count against the size limit of a sender. @default 0 */
  readonly overheadBytes?: number
  /**
   * True for a track without key frames, such as sound. A new reader then receives nothing during the first
   * {@link portionIntervalMs}, so that the packets of a video track reach the client first. Clients read two sockets in
   * any order. gortsplib 5.2 (MediaMTX) relates the newest packet of the track that it reads first to the first packet
   * of the other.
   * @default false
   */
  readonly isFollower?: boolean
}

/**
 * The readers of one track that receive datagrams. Readers that share a sending socket form one group, which sends
 * each batch to all of them.
 */
export class DatagramReaders implements ReaderGroup<DatagramReader> {
  readonly #clock: Clock
  readonly #portions: PeriodicCheck
  readonly #troubles: DeliveryTroubles
  readonly #overheadBytes: number
  readonly #isFollower: boolean
  readonly #groups = new Map<DatagramSender, DatagramGroup>()
  readonly #live = new Set<DatagramReader>()
  /** New readers that have not yet been sent all packets since the last key frame. */
  readonly #catchingUp = new Map<DatagramReader, CatchUpQueue>()
  /**
   * Smallest limit on the size of an RTP packet, in bytes, among all sockets that have had a reader. A batch without
   * larger packets needs no check for each socket.
   */
  #surelyFitsBytes = Number.POSITIVE_INFINITY

  constructor(clock: Clock, troubles: DeliveryTroubles, options: DatagramReadersOptions = {}) {
    this.#clock = clock
    this.#portions = new PeriodicCheck(clock, portionIntervalMs, () => this.#sendPortions())
    this.#troubles = troubles
    this.#overheadBytes = options.overheadBytes ?? 0
    this.#isFollower = options.isFollower ?? false
  }

  get size(): number {
    return this.#live.size + this.#catchingUp.size
  }

  /**
   * Adds a reader. First it is sent the cached packets `first` that fit its socket, a portion at a
   * time, and then the packets of later batches.
   */
  add(reader: DatagramReader, first: readonly Buffer[]): void {
    const maxBytes = this.#maxBytes(reader.rtp)
    this.#surelyFitsBytes = Math.min(this.#surelyFitsBytes, maxBytes)
    const fitting = fittingPackets(first, maxBytes)
    this.#leaveOut(reader, fitting)
    if (fitting.packets.length === 0) {
      this.#goLive(reader)
      return
    }
    const queue = new CatchUpQueue(fitting.packets)
    this.#catchingUp.set(reader, queue)
    if (!this.#isFollower) this.#sendPortion(reader, queue)
    if (this.#catchingUp.size > 0) this.#portions.start()
  }

  remove(reader: DatagramReader): void {
    const isWaiting = this.#catchingUp.delete(reader)
    if (!this.#live.delete(reader) && !isWaiting) return
    const group = this.#groups.get(reader.rtp)
    group?.remove(reader)
    if (group?.size === 0) this.#groups.delete(reader.rtp)
  }

  /** Returns the packets that were not sent yet to a new reader, oldest first; empty if there are none. */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    return this.#catchingUp.get(reader)?.packets ?? []
  }

  send(batch: PacketBatch): void {
    if (this.#catchingUp.size > 0) batch.own()
    if (batch.largestBytes > this.#surelyFitsBytes) {
      this.#sendFitting(batch)
      return
    }
    for (const queue of this.#catchingUp.values()) queue.push(batch.packets)
    // Counted before sending: groups subtract the packets that fail.
    for (const { counters } of this.#live) {
      counters.packetsOut += batch.packets.length
      counters.bytesOut += batch.sizeBytes
    }
    const hasEntry = batch.entryIndex >= 0
    for (const group of this.#groups.values()) group.send(batch.packets, hasEntry)
  }

  /** Does nothing: the counters of readers over UDP are always exact, because each batch updates them at once. */
  settle(): void {}

  forEachReader(visit: (reader: DatagramReader) => void): void {
    for (const reader of this.#live) visit(reader)
    for (const reader of this.#catchingUp.keys()) visit(reader)
  }

  /** Stops the timer of the portions, so that new readers are not sent the rest of the cached packets. */
  close(): void {
    this.#portions.stop()
  }

  /**
   * Sends a batch that contains packets too large for some or all sockets. Each socket sends only the packets within
   * its size limit; the others count as dropped.
   */
  #sendFitting({ packets, entryIndex }: PacketBatch): void {
    const bySender = new Map<DatagramSender, FittingPackets>()
    const fittingFor = (sender: DatagramSender): FittingPackets => {
      const known = bySender.get(sender)
      if (known) return known
      const fitting = fittingPackets(packets, this.#maxBytes(sender))
      bySender.set(sender, fitting)
      return fitting
    }
    for (const [reader, queue] of this.#catchingUp) {
      const fitting = fittingFor(reader.rtp)
      queue.push(fitting.packets)
      this.#leaveOut(reader, fitting)
    }
    for (const reader of this.#live) {
      const fitting = fittingFor(reader.rtp)
      reader.counters.packetsOut += fitting.packets.length
      reader.counters.bytesOut += fitting.sizeBytes
      this.#leaveOut(reader, fitting)
    }
    for (const [sender, group] of this.#groups) {
      group.send(fittingFor(sender).packets, entryIndex >= 0)
    }
  }

  #leaveOut({ rtp, counters }: DatagramReader, { leftOut, oversizedBytes }: FittingPackets): void {
    if (leftOut === 0) return
    counters.packetsDropped += leftOut
    rtp.countOversized(leftOut)
    this.#troubles.oversized(oversizedBytes - this.#overheadBytes, rtp.maxDatagramBytes)
  }

  #maxBytes(sender: DatagramSender): number {
    return sender.maxDatagramBytes + this.#overheadBytes
  }

  #goLive(reader: DatagramReader): void {
    this.#live.add(reader)
    this.#groupOf(reader).add(reader, this.#troubles)
  }

  #groupOf({ rtp }: DatagramReader): DatagramGroup {
    const known = this.#groups.get(rtp)
    if (known) return known
    const group = rtp.createGroup()
    this.#groups.set(rtp, group)
    return group
  }

  /**
   * Sends the next portion to each new reader.
   *
   * @returns True while a reader has packets still to be sent; the timer then continues.
   */
  #sendPortions(): boolean {
    for (const [reader, queue] of this.#catchingUp) this.#sendPortion(reader, queue)
    return this.#catchingUp.size > 0
  }

  #sendPortion(reader: DatagramReader, queue: CatchUpQueue): void {
    let isTaken = false
    const take = (): readonly Buffer[] => {
      isTaken = true
      const portion = queue.takePortion()
      reader.counters.packetsOut += portion.length
      for (const packet of portion) reader.counters.bytesOut += packet.length
      return portion
    }
    const group = this.#groupOf(reader)
    if (group.sendFirst) group.sendFirst(reader, take, this.#troubles)
    else reader.rtp.sendAll(take(), reader, this.#troubles)
    if (!isTaken && queue.noteWait(this.#clock.now()) > maxWaitMs) {
      reader.counters.packetsDropped += queue.clear()
    }
    if (!queue.isEmpty) return
    this.#catchingUp.delete(reader)
    this.#goLive(reader)
  }
}
