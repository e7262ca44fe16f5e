import type { Clock } from '../../clock.js'
import type { SrtpSender, SrtpSuite } from '../../srtp/index.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { FanOut } from './fan-out.js'
import type { DatagramReader, Reader } from './reader.js'
import { createSrtpSender, SecureFanOut } from './secure-fan-out.js'

/**
 * All readers of one track: those with plain packets, and those with SRTP.
 *
 * ```text
 * push ─┬─▶ FanOut ───────▶ readers
 *       └─▶ SecureFanOut ─▶ readers with SRTP, once there may be any
 * ```
 */
export class TrackReaders {
  readonly #clock: Clock
  readonly #troubles: DeliveryTroubles
  readonly #isFollower: boolean
  readonly #plain: FanOut
  #secure: SecureFanOut | undefined

  /**
   * @param troubles - Notified of packets that are too large for datagrams.
   * @param isFollower - See `DatagramReadersOptions`.
   */
  constructor(clock: Clock, troubles: DeliveryTroubles, isFollower = false) {
    this.#clock = clock
    this.#troubles = troubles
    this.#isFollower = isFollower
    this.#plain = new FanOut(clock, troubles, { isFollower })
  }

  get count(): number {
    return this.#plain.readerCount + (this.#secure?.readerCount ?? 0)
  }

  /** See {@link FanOut.push}. */
  push(packet: Buffer, role: number, endsFrame: boolean): void {
    this.#plain.push(packet, role, endsFrame)
    this.#secure?.push(packet, role, endsFrame)
  }

  /**
   * Returns the SRTP sender for all readers with SRTP. They share one key, which is created for the
   * first of them.
   *
   * @param suite - Suite of the key, if it is still to be created.
   * @param before - Packets that new readers may still begin with, in order.
   */
  srtp(suite: SrtpSuite, before: readonly Buffer[]): SrtpSender {
    this.#secure ??= new SecureFanOut(this.#clock, this.#troubles, createSrtpSender(suite), {
      before,
      isFollower: this.#isFollower,
    })
    return this.#secure.sender
  }

  /** @param first - Earlier packets that the reader begins with, without a gap to the next one. */
  add(reader: Reader, first?: readonly Buffer[]): void {
    if (reader.srtp) this.#secure?.add(reader, first)
    else this.#plain.add(reader, first)
  }

  /** Removes a reader after the packets pushed so far have been sent to it. */
  remove(reader: Reader): void {
    if (reader.srtp) this.#secure?.remove(reader)
    else this.#plain.remove(reader)
  }

  /** Updates the counters of a reader. */
  settle(reader: Reader): void {
    if (reader.srtp) this.#secure?.settle(reader)
    else this.#plain.settle(reader)
  }

  /** Returns earlier packets that a reader without SRTP has still to be sent. */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    return this.#plain.waitingPackets(reader)
  }

  /** Visits every reader, after the packets pushed so far have been sent. */
  forEach(visit: (reader: Reader) => void): void {
    this.#plain.forEachReader(visit)
    this.#secure?.forEachReader(visit)
  }

  /** Sends the queued packets, and nothing more. Idempotent. */
  close(): void {
    this.#plain.close()
    this.#secure?.close()
  }
}
