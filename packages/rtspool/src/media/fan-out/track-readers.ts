import type { Clock } from '../../clock.js'
import type { SrtpSender, SrtpSuite } from '../../srtp/index.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { FanOut } from './fan-out.js'
import type { DatagramReader, Reader } from './reader.js'
import { createSrtpSender, SecureFanOut } from './secure-fan-out.js'

/**
 * All readers of one track: those that receive plain RTP, and those that receive SRTP.
 *
 * ```text
 * push ─┬─▶ FanOut ───────▶ readers
 *       └─▶ SecureFanOut ─▶ readers with SRTP; created by the first call of srtp
 * ```
 */
export class TrackReaders {
  readonly #clock: Clock
  readonly #troubles: DeliveryTroubles
  readonly #isFollower: boolean
  readonly #plain: FanOut
  /** True while there are readers of plain RTP. Most packets of most streams have none, and cost nothing more then. */
  #hasPlain = false
  #secure: SecureFanOut | undefined
  /** Readers to which packets may arrive late. */
  readonly #patient = new Set<Reader>()

  /**
   * Creates an empty set of readers.
   *
   * @param troubles - Publishes diagnostics about packets that are too large for datagrams, or
   * cannot be sent.
   * @param isFollower - True for a track without key frames; see {@link DatagramReadersOptions}.
   */
  constructor(clock: Clock, troubles: DeliveryTroubles, isFollower = false) {
    this.#clock = clock
    this.#troubles = troubles
    this.#isFollower = isFollower
    this.#plain = new FanOut(clock, troubles, { isFollower })
  }

  /** True once {@link srtp} has been called. */
  get isSecure(): boolean {
    return this.#secure !== undefined
  }

  get count(): number {
    return this.#plain.readerCount + (this.#secure?.readerCount ?? 0)
  }

  /** True while there is a reader that needs each packet at once. */
  get isWatched(): boolean {
    return this.count > this.#patient.size
  }

  /**
   * Queues a packet for all readers. The parameters are those of {@link FanOut.push}.
   *
   * @param cached - The packet as the cache has it, which new readers are sent first: itself, or a copy.
   */
  push(packet: Buffer, role: number, endsFrame: boolean, cached = packet): void {
    if (this.#hasPlain) this.#plain.push(packet, role, endsFrame)
    this.#secure?.push(cached, role, endsFrame)
  }

  /**
   * Returns the SRTP sender that all readers with SRTP share. The first call creates its key.
   *
   * @param suite - Cipher suite of the key; ignored if the key exists.
   * @param before - Cached packets that new readers may be sent first, oldest first.
   */
  srtp(suite: SrtpSuite, before: readonly Buffer[]): SrtpSender {
    this.#secure ??= new SecureFanOut(this.#clock, this.#troubles, createSrtpSender(suite), {
      before,
      isFollower: this.#isFollower,
    })
    return this.#secure.sender
  }

  /**
   * Adds a reader. A reader with SRTP must use the sender returned by {@link srtp}.
   *
   * @param first - Cached packets, from the last key frame on, that the reader is sent first. The
   * next pushed packet must follow the last of them without a gap.
   */
  add(reader: Reader, first?: readonly Buffer[]): void {
    if (reader.srtp) {
      this.#secure?.add(reader, first)
      return
    }
    if (reader.kind === 'sink' && reader.allowsDelay) this.#patient.add(reader)
    this.#plain.add(reader, first)
    this.#hasPlain = true
  }

  /** Sends the queued packets, and then removes a reader. */
  remove(reader: Reader): void {
    if (reader.srtp) {
      this.#secure?.remove(reader)
      return
    }
    this.#plain.remove(reader)
    this.#patient.delete(reader)
    this.#hasPlain = this.#plain.readerCount > 0
  }

  /** Brings the counters of a reader up to date; see {@link FanOut.settle}. */
  settle(reader: Reader): void {
    if (reader.srtp) this.#secure?.settle(reader)
    else this.#plain.settle(reader)
  }

  /** Returns the packets already pushed that were not sent yet to a reader without SRTP. */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    return this.#plain.waitingPackets(reader)
  }

  /** Sends the queued packets, and then calls the function `visit` with each reader. */
  forEach(visit: (reader: Reader) => void): void {
    this.#plain.forEachReader(visit)
    this.#secure?.forEachReader(visit)
  }

  /** Sends the queued packets, and stops all groups. Nothing may be pushed afterwards. Idempotent. */
  close(): void {
    this.#plain.close()
    this.#secure?.close()
  }
}
