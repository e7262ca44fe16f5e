import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { masterKeyFrom, SrtpSender, type SrtpSuite } from '../../srtp/index.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { FanOut } from './fan-out.js'
import type { Reader } from './reader.js'

/**
 * Maximum size of an interleaved frame's payload in bytes: its length field has 16 bits (RFC 2326 section 10.12). A
 * packet that exceeds this size with its MKI is left out for readers with MKI.
 */
const maxFrameBytes = 2 ** 16 - 1

/** Creates a sender of SRTP with a new random key. */
export function createSrtpSender(suite: SrtpSuite): SrtpSender {
  return new SrtpSender(masterKeyFrom(suite, randomBytes(suite.keyBytes + suite.saltBytes)))
}

/**
 * Sends the packets of one track to its readers with SRTP. All readers share one key, so that each packet is
 * encrypted once for all of them.
 *
 * ```text
 * push ─▶ SrtpSender ─┬─▶ FanOut ─▶ groups of readers
 *                     └─ + MKI ─▶ FanOut ─▶ groups of readers that find keys by MKI, if there are any
 * ```
 *
 * Bench: bench/srtp.
 */
export class SecureFanOut {
  readonly sender: SrtpSender
  readonly #clock: Clock
  readonly #troubles: DeliveryTroubles
  readonly #isFollower: boolean
  /**
   * Fan-out to readers whose packets have no key index (MKI). RTCP is encrypted separately for each reader; see
   * {@link sendRtcpTo}.
   */
  readonly #bare: FanOut
  #indexed: FanOut | undefined

  /**
   * Creates a fan-out without readers.
   *
   * @param init - `before` contains the cached packets that new readers may be sent first, oldest
   * first. `isFollower` is passed to {@link DatagramReaders}.
   */
  constructor(
    clock: Clock,
    troubles: DeliveryTroubles,
    sender: SrtpSender,
    init: { readonly before: readonly Buffer[]; readonly isFollower: boolean },
  ) {
    this.sender = sender
    this.#clock = clock
    this.#troubles = troubles
    this.#isFollower = init.isFollower
    this.#bare = this.#createFanOut(sender.overheadBytes)
    for (const packet of init.before) sender.skip(packet)
  }

  get readerCount(): number {
    return this.#bare.readerCount + (this.#indexed?.readerCount ?? 0)
  }

  /**
   * Adds a reader. A reader with an outdated rollover counter first receives older packets, from
   * whose sequence numbers it derives the present counter.
   *
   * @param first - Cached packets that the reader is sent first, unencrypted; a result of {@link
   * SrtpSender.repeatable}.
   */
  add(reader: Reader, first: readonly Buffer[] = []): void {
    const steps = reader.srtp ? this.sender.stepsFrom(reader.srtp.position, first[0]) : []
    const sealed = [...steps, ...this.sender.protectAgain(first)]
    if (!reader.srtp?.isIndexed) {
      this.#bare.add(reader, sealed)
      return
    }
    this.#indexed ??= this.#createFanOut(this.sender.indexedOverheadBytes)
    this.#indexed.add(
      reader,
      sealed.map((packet) => this.sender.withIndex(packet, 'rtp')),
    )
  }

  /**
   * Sends the queued packets, then removes a reader and stores the SSRC and packet index that it has reached in
   * `reader.srtp.position`.
   */
  remove(reader: Reader): void {
    this.#fanOutOf(reader)?.remove(reader)
    if (reader.srtp) reader.srtp.position = this.sender.position
  }

  /**
   * Encrypts a packet, and sends the result to all readers. A packet that cannot be encrypted is left out. The
   * parameters are those of {@link FanOut.push}.
   */
  push(packet: Buffer, role: number, endsFrame: boolean): void {
    if (this.readerCount === 0) {
      this.sender.skip(packet)
      return
    }
    const sealed = this.sender.protect(packet)
    if (!sealed) return
    this.#bare.push(sealed, role, endsFrame)
    if (!this.#indexed || this.#indexed.readerCount === 0) return
    const indexed = this.sender.withIndex(sealed, 'rtp')
    if (indexed.length > maxFrameBytes) return
    this.#indexed.push(indexed, role, endsFrame)
  }

  /** Adds the packets and bytes sent since the last call to the statistics of a viewer's stream; see {@link FanOut.settle}. */
  settle(reader: Reader): void {
    this.#fanOutOf(reader)?.settle(reader)
  }

  /** Sends the queued packets, and then calls the function `visit` with each reader. */
  forEachReader(visit: (reader: Reader) => void): void {
    this.#bare.forEachReader(visit)
    this.#indexed?.forEachReader(visit)
  }

  /** Sends the queued packets, and stops all groups. Nothing may be pushed afterwards. Idempotent. */
  close(): void {
    this.#bare.close()
    this.#indexed?.close()
  }

  #fanOutOf(reader: Reader): FanOut | undefined {
    return reader.srtp?.isIndexed ? this.#indexed : this.#bare
  }

  #createFanOut(overheadBytes: number): FanOut {
    return new FanOut(this.#clock, this.#troubles, { overheadBytes, isFollower: this.#isFollower })
  }
}
