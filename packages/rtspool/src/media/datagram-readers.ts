import type { Clock, ClockTimer } from '../clock.js'
import type { DatagramGroup } from '../transport/datagram-group.js'
import type { DatagramSender } from '../transport/udp-port-pair.js'
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
  readonly #groups = new Map<DatagramSender, DatagramGroup>()
  readonly #live = new Set<DatagramReader>()
  readonly #catchingUp = new Map<DatagramReader, CatchingUp>()
  #timer: ClockTimer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#live.size + this.#catchingUp.size
  }

  /** Adds a reader that begins with `first`. */
  add(reader: DatagramReader, first: readonly Buffer[]): void {
    if (first.length === 0) {
      this.#goLive(reader)
      return
    }
    const catchingUp = { reader, queue: [...first], arrived: 0 }
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
