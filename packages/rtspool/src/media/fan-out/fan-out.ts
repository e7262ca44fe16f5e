import type { Clock, ClockTimer } from '../../clock.js'
import { channelCount } from '../../rtsp/index.js'
import { owned } from '../../transport/system/read-memory.js'
import { atEndOfRead } from '../../transport/tcp/end-of-read.js'
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
 * Milliseconds that the first packets of an unfinished frame wait for the last. The packets of a frame usually arrive
 * together; on a slow link they are spread out, and are sent after this time.
 */
const maxHoldMs = 4

/**
 * Sends the packets of one track to all its readers, in batches. A batch contains a whole frame, or all packets of
 * one read of a connection or one turn of the event loop, up to a limit. Each group of readers that need the same bytes sends a batch at once.
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
  /**
   * Groups of readers. The key of interleaved readers is their RTP channel; the key of other readers is their kind.
   */
  readonly #groups = new Map<number | 'datagram' | 'sink', ReaderGroup<Reader>>()
  #batch = new PacketBatch()
  /**
   * Pending call of `#endTurn`: at the end of the present read of a connection, or of the turn of the event loop.
   * `undefined` = no packet waits for one.
   */
  #pendingFlush: NodeJS.Immediate | 'end of read' | undefined
  /**
   * Call after the next read of the sockets, at which the hold of an unfinished frame begins. `undefined` = no frame
   * waits for one. A read before that call may still end the frame.
   */
  #wait: NodeJS.Immediate | undefined
  #isFrameOpen = false
  /**
   * Latest packets that belong to the next entry point, such as SPS and PPS in front of a key frame. Emptied by the
   * first packet that does not belong to it.
   */
  #leads: Buffer[] = []
  #hold: ClockTimer | undefined
  readonly #clock: Clock
  readonly #troubles: DeliveryTroubles
  readonly #options: DatagramReadersOptions | undefined
  readonly #flushNow = (): void => this.flush()
  readonly #endTurn = (): void => this.#flushOrHold()
  readonly #endRead = (): void => this.#flushOrWait()

  /**
   * Creates a fan-out without readers.
   *
   * @param troubles - Publishes diagnostics about packets that are too large for datagrams, or
   * cannot be sent.
   * @param options - Passed to {@link DatagramReaders}.
   */
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
   * Adds a reader. It is sent `first`, and then the packets pushed from now on.
   *
   * @param first - Cached packets, from the last key frame on, that the reader is sent first. The
   * next pushed packet must follow the last of them without a gap.
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

  /** Sends the queued packets, and then removes a reader. Does nothing for an unknown reader. */
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
   * Queues a packet until the end of this read, or of this turn of the event loop. If its frame is then unfinished,
   * the queue waits up to 4 ms longer. Above 1024 packets or 1 MiB the queue is sent at once.
   *
   * @param packet - RTP; held until the flush, so the caller must not change it afterwards.
   * @param role - Bits of {@link packetRoles}.
   * @param endsFrame - True if the batch need not wait for further packets.
   */
  push(packet: Buffer, role: number, endsFrame: boolean): void {
    if (this.#groups.size === 0) return
    if (role & firstLead && this.#leads.length > 0) this.#leads = []
    if (role & entry) this.#batch.noteEntry(this.#leads)
    this.#pendingFlush ??= this.#schedule()
    this.#batch.push(this.#pendingFlush === 'end of read' ? packet : owned(packet), role)
    if (role & lead) this.#leads.push(owned(packet))
    else if (this.#leads.length > 0) this.#leads = []
    this.#isFrameOpen = !endsFrame
    if (this.#batch.isFull) this.flush()
  }

  /**
   * Returns the packets already pushed that were not sent yet to a reader: cached packets for a new
   * reader, and packets that wait for the end of their frame.
   */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    const waiting = this.#groups.get(groupKeyOf(reader))?.waitingPackets(reader) ?? nothing
    this.#batch.own()
    return [...waiting, ...this.#batch.packets]
  }

  /** Sends the queued packets now, without waiting for the end of the frame. */
  flush(): void {
    this.#cancelPending()
    this.#cancelWait()
    this.#hold?.cancel()
    this.#hold = undefined
    const batch = this.#batch
    if (batch.packets.length === 0) return
    this.#batch = new PacketBatch()
    for (const group of this.#groups.values()) group.send(batch)
  }

  /**
   * Brings the counters of a reader up to date. Readers with the same interleaved channel number have one common count
   * of packets, and only this call adds it to their own counters.
   */
  settle(reader: Reader): void {
    this.#groups.get(groupKeyOf(reader))?.settle(reader)
  }

  /** Sends the queued packets, and then calls the function `visit` with each reader. */
  forEachReader(visit: (reader: Reader) => void): void {
    this.flush()
    for (const group of this.#groups.values()) group.forEachReader(visit)
  }

  /** Sends the queued packets, and stops all groups. Nothing may be pushed afterwards. Idempotent. */
  close(): void {
    this.flush()
    for (const group of this.#groups.values()) group.close()
  }

  #createGroup(reader: Reader): ReaderGroup<Reader> {
    switch (reader.kind) {
      case 'interleaved':
        return new InterleavedGroup(
          reader.channels[0],
          this.#clock,
          reader.carrier.webSocket !== undefined,
        )
      case 'datagram':
        return new DatagramReaders(this.#clock, this.#troubles, this.#options)
      case 'sink':
        return new SinkGroup()
    }
  }

  #schedule(): NodeJS.Immediate | 'end of read' {
    return atEndOfRead(this.#endRead) ? 'end of read' : setImmediate(this.#endTurn)
  }

  /**
   * Sends the batch if its frame has ended. Otherwise waits for one more read of the connection, which usually brings
   * the rest of the frame. Only after that read does the timer of {@link maxHoldMs} start, because Node wakes up even
   * for a cancelled timer.
   */
  #flushOrWait(): void {
    // A flush since the call was scheduled has sent the packets.
    if (this.#pendingFlush === undefined) return
    if (!this.#isFrameOpen) {
      this.flush()
      return
    }
    this.#cancelPending()
    this.#batch.own()
    if (this.#hold) return
    this.#wait ??= setImmediate(() => {
      // In this turn sockets are read after immediates. The next immediate follows the next read.
      this.#wait = setImmediate(this.#endTurn)
    })
  }

  #cancelPending(): void {
    if (typeof this.#pendingFlush === 'object') clearImmediate(this.#pendingFlush)
    this.#pendingFlush = undefined
  }

  #cancelWait(): void {
    clearImmediate(this.#wait)
    this.#wait = undefined
  }

  #flushOrHold(): void {
    this.#cancelPending()
    this.#cancelWait()
    if (this.#isFrameOpen) this.#hold ??= this.#clock.schedule(this.#flushNow, maxHoldMs, false)
    else this.flush()
  }
}

/** Returns the key of a reader's group. WebSockets have groups of their own: their frames are inside messages. */
function groupKeyOf(reader: Reader): number | 'datagram' | 'sink' {
  if (reader.kind !== 'interleaved') return reader.kind
  const [channel] = reader.channels
  return reader.carrier.webSocket ? channelCount + channel : channel
}
