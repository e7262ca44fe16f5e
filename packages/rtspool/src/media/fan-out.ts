import type { InterleavedCarrier } from '../transport/interleaved.js'
import { frameInterleaved } from '../transport/interleaved.js'
import type { UdpEndpoint } from '../transport/udp-port-pair.js'

/** What was delivered to one reader. Sessions hand in their own counters. */
export interface DeliveryCounters {
  packetsOut: number
  bytesOut: number
  /** Packets that were not sent because the reader was too slow. */
  packetsDropped: number
}

/** A reader inside an RTSP connection. */
export interface InterleavedReader {
  readonly kind: 'interleaved'
  readonly carrier: InterleavedCarrier
  /** Channels of RTP and RTCP. */
  readonly channels: readonly [number, number]
  readonly counters: DeliveryCounters
}

/** A reader that is sent datagrams. */
export interface DatagramReader {
  readonly kind: 'datagram'
  readonly rtp: UdpEndpoint
  readonly rtcp: UdpEndpoint
  readonly address: string
  /** The client's ports of RTP and RTCP. */
  readonly ports: readonly [number, number]
  readonly counters: DeliveryCounters
}

export type Reader = InterleavedReader | DatagramReader

/** A reader whose connection holds more than this many unsent bytes loses packets until it has drained. */
export const defaultMaxBufferedBytes = 4 * 1024 * 1024

/**
 * Sends the packets of one track to all its readers, in batches: what arrives during one turn of the event
 * loop leaves together. Interleaved readers of one channel number share one framed buffer.
 *
 * ```text
 * push, push, push ─▶ batch ──end of turn──▶ flush ─▶ channel 0: one frame buffer ─▶ write, write, …
 *                                                  └▶ datagrams: send per reader and packet
 * ```
 */
export class FanOut {
  readonly #interleaved = new Map<number, Set<InterleavedReader>>()
  readonly #datagrams = new Set<DatagramReader>()
  readonly #maxBufferedBytes: number
  #batch: Buffer[] = []
  #batchBytes = 0
  #pendingFlush: NodeJS.Immediate | undefined
  readonly #flushNow = (): void => this.flush()

  constructor(maxBufferedBytes = defaultMaxBufferedBytes) {
    this.#maxBufferedBytes = maxBufferedBytes
  }

  get readerCount(): number {
    let count = this.#datagrams.size
    for (const readers of this.#interleaved.values()) count += readers.size
    return count
  }

  /** Adds a reader; it gets the packets that are pushed from now on, and none pushed before. */
  add(reader: Reader): void {
    this.flush()
    if (reader.kind === 'datagram') {
      this.#datagrams.add(reader)
      return
    }
    const channel = reader.channels[0]
    const readers = this.#interleaved.get(channel)
    if (readers) readers.add(reader)
    else this.#interleaved.set(channel, new Set([reader]))
  }

  /** Removes a reader after it has been sent everything pushed so far. */
  remove(reader: Reader): void {
    this.flush()
    if (reader.kind === 'datagram') {
      this.#datagrams.delete(reader)
      return
    }
    const channel = reader.channels[0]
    const readers = this.#interleaved.get(channel)
    if (readers?.delete(reader) && readers.size === 0) this.#interleaved.delete(channel)
  }

  /**
   * Queues a packet for the end of this turn of the event loop.
   *
   * @param packet - RTP; kept until the flush, so the caller must not change it afterwards.
   */
  push(packet: Buffer): void {
    if (this.#interleaved.size === 0 && this.#datagrams.size === 0) return
    this.#batch.push(packet)
    this.#batchBytes += packet.length
    this.#pendingFlush ??= setImmediate(this.#flushNow)
  }

  /** Sends what is queued. */
  flush(): void {
    if (this.#pendingFlush) {
      clearImmediate(this.#pendingFlush)
      this.#pendingFlush = undefined
    }
    const batch = this.#batch
    if (batch.length === 0) return
    const sizeBytes = this.#batchBytes
    this.#batch = []
    this.#batchBytes = 0
    for (const [channel, readers] of this.#interleaved) {
      const frames = frameInterleaved(channel, batch)
      for (const reader of readers) this.#writeFrames(reader, frames, batch.length, sizeBytes)
    }
    for (const reader of this.#datagrams) sendDatagrams(reader, batch, sizeBytes)
  }

  /** Sends a compound RTCP packet to every reader at once, after the packets queued so far. */
  sendRtcp(compound: Buffer): void {
    this.flush()
    for (const readers of this.#interleaved.values()) {
      for (const reader of readers) sendRtcpTo(reader, compound)
    }
    for (const reader of this.#datagrams) sendRtcpTo(reader, compound)
  }

  #writeFrames(
    { carrier, counters }: InterleavedReader,
    frames: Buffer,
    packetCount: number,
    sizeBytes: number,
  ): void {
    if (carrier.bufferedBytes > this.#maxBufferedBytes) {
      counters.packetsDropped += packetCount
      return
    }
    carrier.writeFrames(frames)
    counters.packetsOut += packetCount
    counters.bytesOut += sizeBytes
  }
}

/** Sends RTCP to one reader. */
export function sendRtcpTo(reader: Reader, compound: Buffer): void {
  if (reader.kind === 'datagram') reader.rtcp.send(compound, reader.ports[1], reader.address)
  else reader.carrier.writeFrames(frameInterleaved(reader.channels[1], [compound]))
}

function sendDatagrams(reader: DatagramReader, batch: readonly Buffer[], sizeBytes: number): void {
  for (const packet of batch) reader.rtp.send(packet, reader.ports[0], reader.address)
  reader.counters.packetsOut += batch.length
  reader.counters.bytesOut += sizeBytes
}
