import type { Clock, ClockTimer } from '../../clock.js'
import { DatagramReaders, type DatagramReadersOptions } from './datagram-readers.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { InterleavedGroup } from './interleaved-group.js'
import { PacketBatch } from './packet-batch.js'
import { packetRoles } from './packet-roles.js'
import type { DatagramReader, Reader } from './reader.js'
import type { ReaderGroup } from './reader-group.js'
import { SinkGroup } from './sink-group.js'

const nothing: readonly Buffer[] = Object.freeze([])
const { lead, firstLead, entry } = packetRoles

/**
 * Time that the beginning of a frame waits for its end. The packets of a frame arrive one after the
 * other, so they nearly always leave together. A slow link spreads them out, and then they wait no
 * longer than this.
 */
const maxHoldMs = 4

/**
 * Sends the packets of one track to all its readers, in batches. A whole frame, or all packets of
 * one turn of the event loop, leaves together: once for each group of readers with the same bytes.
 * The size of a batch is limited.
 *
 * ```text
 * push, push, push ─▶ batch ──end of frame─▶ flush ─▶ channel 0: frames ─▶ write, write, …
 *                                                  ├▶ channel 2: frames ─▶ write, write, …
 *                                                  ├▶ socket: one sendmmsg for all datagrams
 *                                                  └▶ sinks: readers inside the process
 * ```
 *
 * Bench: bench/fanout.
 */
export class FanOut {
  /** By channel of those inside a connection, by kind of the others. */
  readonly #groups = new Map<number | 'datagram' | 'sink', ReaderGroup<Reader>>()
  #batch = new PacketBatch()
  #pendingFlush: NodeJS.Immediate | undefined
  #isFrameOpen = false
  /** Leads of the next possible entry point. */
  #leads: Buffer[] = []
  #hold: ClockTimer | undefined
  readonly #clock: Clock
  readonly #troubles: DeliveryTroubles
  readonly #options: DatagramReadersOptions | undefined
  readonly #flushNow = (): void => this.flush()
  readonly #endTurn = (): void => this.#flushOrHold()

  /** @param troubles - Notified of packets that are too large for datagrams. */
  constructor(clock: Clock, troubles: DeliveryTroubles, options?: DatagramReadersOptions) {
    this.#clock = clock
    this.#troubles = troubles
    this.#options = options
  }

  get readerCount(): number {
    let count = 0
    for (const group of this.#groups.values()) count += group.size
    return count
  }

  /**
   * Adds a reader. It gets `first`, and then the packets pushed from now on.
   *
   * @param first - Earlier packets that the reader begins with, without a gap to the next one.
   */
  add(reader: Reader, first: readonly Buffer[] = nothing): void {
    this.flush()
    const key = groupKeyOf(reader)
    let group = this.#groups.get(key)
    if (!group) {
      group = this.#createGroup(reader)
      this.#groups.set(key, group)
    }
    group.add(reader, first)
  }

  /** Removes a reader after the packets pushed so far have been sent to it. */
  remove(reader: Reader): void {
    this.flush()
    const key = groupKeyOf(reader)
    const group = this.#groups.get(key)
    group?.remove(reader)
    if (group?.size !== 0) return
    group.close()
    this.#groups.delete(key)
  }

  /**
   * Queues a packet until the end of its frame, or of this turn of the event loop if that is later.
   * Above 1024 packets or 1 MiB the queue is sent at once.
   *
   * @param packet - RTP; held until the flush, so the caller must not change it afterwards.
   * @param role - Bits of {@link packetRoles}.
   * @param endsFrame - True if the batch need not wait for further packets.
   */
  push(packet: Buffer, role: number, endsFrame: boolean): void {
    if (this.#groups.size === 0) return
    if (role & firstLead && this.#leads.length > 0) this.#leads = []
    if (role & entry) this.#batch.noteEntry(this.#leads)
    this.#batch.push(packet, role)
    if (role & lead) this.#leads.push(packet)
    else if (this.#leads.length > 0) this.#leads = []
    this.#isFrameOpen = !endsFrame
    if (this.#batch.isFull) this.flush()
    else this.#pendingFlush ??= setImmediate(this.#endTurn)
  }

  /** Returns earlier packets that a reader has still to be sent. */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    const waiting = this.#groups.get(groupKeyOf(reader))?.waitingPackets(reader) ?? nothing
    return [...waiting, ...this.#batch.packets]
  }

  /** Sends the queued packets. */
  flush(): void {
    if (this.#pendingFlush) {
      clearImmediate(this.#pendingFlush)
      this.#pendingFlush = undefined
    }
    this.#hold?.cancel()
    this.#hold = undefined
    const batch = this.#batch
    if (batch.packets.length === 0) return
    this.#batch = new PacketBatch()
    for (const group of this.#groups.values()) group.send(batch)
  }

  /**
   * Updates the counters of a reader. Until then, recent packets are counted for its group as a
   * whole.
   */
  settle(reader: Reader): void {
    this.#groups.get(groupKeyOf(reader))?.settle(reader)
  }

  /** Visits every reader, after the packets queued so far have been sent. */
  forEachReader(visit: (reader: Reader) => void): void {
    this.flush()
    for (const group of this.#groups.values()) group.forEachReader(visit)
  }

  /** Sends the queued packets, and nothing more. Idempotent. */
  close(): void {
    this.flush()
    for (const group of this.#groups.values()) group.close()
  }

  #createGroup(reader: Reader): ReaderGroup<Reader> {
    switch (reader.kind) {
      case 'interleaved':
        return new InterleavedGroup(reader.channels[0], this.#clock)
      case 'datagram':
        return new DatagramReaders(this.#clock, this.#troubles, this.#options)
      case 'sink':
        return new SinkGroup()
    }
  }

  #flushOrHold(): void {
    this.#pendingFlush = undefined
    if (this.#isFrameOpen) this.#hold ??= this.#clock.schedule(this.#flushNow, maxHoldMs, false)
    else this.flush()
  }
}

const groupKeyOf = (reader: Reader): number | 'datagram' | 'sink' =>
  reader.kind === 'interleaved' ? reader.channels[0] : reader.kind
