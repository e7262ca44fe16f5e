import type { Clock, ClockTimer } from '../clock.js'
import type { DatagramGroup } from '../transport/datagram-group.js'
import type { DatagramSender } from '../transport/udp-port-pair.js'
import { type FittingPackets, fittingPackets } from './fitting-packets.js'
import type { OversizedPackets } from './oversized-packets.js'
import type { PacketBatch } from './packet-batch.js'
import type { DatagramReader } from './reader.js'

/**
 * A new reader is sent what it begins with in portions: all at once would overflow its socket, whose default is
 * room for about 90 full packets.
 */
const portionPackets = 32
const portionIntervalMs = 4

/** A reader on its way from the last key frame to the live edge. */
interface CatchingUp {
  readonly reader: DatagramReader
  readonly queue: Buffer[]
  /** Packets that have come since the last portion: these go on top, or it would never get there. */
  arrived: number
}

/** The readers of one track that are sent datagrams: one group for each socket that they are sent from. */
export class DatagramReaders {
  readonly #clock: Clock
  readonly #oversized: OversizedPackets
  readonly #overheadBytes: number
  readonly #groups = new Map<DatagramSender, DatagramGroup>()
  readonly #live = new Set<DatagramReader>()
  readonly #catchingUp = new Map<DatagramReader, CatchingUp>()
  #timer: ClockTimer | undefined
  /** What is not larger fits every socket. */
  #surelyFitsBytes = Number.POSITIVE_INFINITY

  /** @param overheadBytes - Of each packet, what SRTP has added: it does not count. */
  constructor(clock: Clock, oversized: OversizedPackets, overheadBytes: number) {
    this.#clock = clock
    this.#oversized = oversized
    this.#overheadBytes = overheadBytes
  }

  get size(): number {
    return this.#live.size + this.#catchingUp.size
  }

  /** Adds a reader that begins with `first`. */
  add(reader: DatagramReader, first: readonly Buffer[]): void {
    const maxBytes = this.#maxBytes(reader.rtp)
    this.#surelyFitsBytes = Math.min(this.#surelyFitsBytes, maxBytes)
    const fitting = fittingPackets(first, maxBytes)
    this.#leaveOut(reader, fitting)
    if (fitting.packets.length === 0) {
      this.#goLive(reader)
      return
    }
    const catchingUp = { reader, queue: [...fitting.packets], arrived: 0 }
    this.#catchingUp.set(reader, catchingUp)
    this.#sendPortion(catchingUp)
    if (this.#catchingUp.size > 0) this.#schedule()
  }

  remove(reader: DatagramReader): void {
    this.#catchingUp.delete(reader)
    if (!this.#live.delete(reader)) return
    const group = this.#groups.get(reader.rtp)
    group?.remove(reader)
    if (group?.size === 0) this.#groups.delete(reader.rtp)
  }

  /** Packets that a reader on its way to the live edge has still to be sent. */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    return this.#catchingUp.get(reader)?.queue ?? []
  }

  send(batch: PacketBatch): void {
    if (batch.largestBytes > this.#surelyFitsBytes) {
      this.#sendFitting(batch.packets)
      return
    }
    for (const catchingUp of this.#catchingUp.values()) {
      catchingUp.queue.push(...batch.packets)
      catchingUp.arrived += batch.packets.length
    }
    for (const group of this.#groups.values()) group.send(batch.packets)
    for (const { counters } of this.#live) {
      counters.packetsOut += batch.packets.length
      counters.bytesOut += batch.sizeBytes
    }
  }

  forEachReader(visit: (reader: DatagramReader) => void): void {
    for (const reader of this.#live) visit(reader)
    for (const reader of this.#catchingUp.keys()) visit(reader)
  }

  /** Stops the timer; readers that are catching up stay where they are. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** A batch with packets that are too large for some sockets, or all. */
  #sendFitting(packets: readonly Buffer[]): void {
    const bySender = new Map<DatagramSender, FittingPackets>()
    const fittingFor = (sender: DatagramSender): FittingPackets => {
      const known = bySender.get(sender)
      if (known) return known
      const fitting = fittingPackets(packets, this.#maxBytes(sender))
      bySender.set(sender, fitting)
      return fitting
    }
    for (const catchingUp of this.#catchingUp.values()) {
      const fitting = fittingFor(catchingUp.reader.rtp)
      catchingUp.queue.push(...fitting.packets)
      catchingUp.arrived += fitting.packets.length
      this.#leaveOut(catchingUp.reader, fitting)
    }
    for (const [sender, group] of this.#groups) group.send(fittingFor(sender).packets)
    for (const reader of this.#live) {
      const fitting = fittingFor(reader.rtp)
      reader.counters.packetsOut += fitting.packets.length
      reader.counters.bytesOut += fitting.sizeBytes
      this.#leaveOut(reader, fitting)
    }
  }

  #leaveOut({ rtp, counters }: DatagramReader, { leftOut, oversizedBytes }: FittingPackets): void {
    if (leftOut === 0) return
    counters.packetsDropped += leftOut
    rtp.countOversized(leftOut)
    this.#oversized.tell(oversizedBytes - this.#overheadBytes, rtp.maxDatagramBytes)
  }

  #maxBytes(sender: DatagramSender): number {
    return sender.maxDatagramBytes + this.#overheadBytes
  }

  #goLive(reader: DatagramReader): void {
    this.#live.add(reader)
    let group = this.#groups.get(reader.rtp)
    if (!group) {
      group = reader.rtp.createGroup()
      this.#groups.set(reader.rtp, group)
    }
    group.add(reader)
  }

  #schedule(): void {
    this.#timer ??= this.#clock.schedule(
      () => {
        this.#timer = undefined
        for (const catchingUp of this.#catchingUp.values()) this.#sendPortion(catchingUp)
        if (this.#catchingUp.size > 0) this.#schedule()
      },
      portionIntervalMs,
      false,
    )
  }

  #sendPortion(catchingUp: CatchingUp): void {
    const { reader, queue } = catchingUp
    const portion = queue.splice(0, portionPackets + catchingUp.arrived)
    catchingUp.arrived = 0
    reader.rtp.sendAll(portion, reader)
    reader.counters.packetsOut += portion.length
    for (const packet of portion) reader.counters.bytesOut += packet.length
    if (queue.length > 0) return
    this.#catchingUp.delete(reader)
    this.#goLive(reader)
  }
}
