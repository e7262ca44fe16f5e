import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { masterKeyFrom, SrtpSender, type SrtpSuite } from '../../srtp/index.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { FanOut } from './fan-out.js'
import type { Reader } from './reader.js'

/** Largest interleaved frame: its length field has 16 bits (RFC 2326 section 10.12). */
const maxFrameBytes = 2 ** 16 - 1

/** Creates a sender with a new key. */
export function createSrtpSender(suite: SrtpSuite): SrtpSender {
  return new SrtpSender(masterKeyFrom(suite, randomBytes(suite.keyBytes + suite.saltBytes)))
}

/**
 * Sends the packets of one track to its readers with SRTP. They share one key, so that each packet
 * is encrypted once and then sent like a plain one.
 *
 * ```text
 * push ─▶ SrtpSender ─┬─▶ FanOut ─▶ groups of readers
 *                     └─ + MKI ─▶ FanOut ─▶ groups of readers that know keys by their index, if there are any
 * ```
 *
 * Bench: bench/srtp.
 */
export class SecureFanOut {
  readonly sender: SrtpSender
  readonly #clock: Clock
  readonly #troubles: DeliveryTroubles
  readonly #isFollower: boolean
  /** Readers without MKI. Their RTCP is encrypted for each of them; see {@link sendRtcpTo}. */
  readonly #bare: FanOut
  #indexed: FanOut | undefined

  /** @param init - `before`: packets that new readers may still begin with, in order. */
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
   * Adds a reader. A reader that does not know the present rollover counter first gets packets that
   * lead to it.
   *
   * @param first - Packets in the clear, from {@link SrtpSender.repeatable}.
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

  /** Removes a reader after the packets pushed so far have been sent to it. */
  remove(reader: Reader): void {
    this.#fanOutOf(reader)?.remove(reader)
    if (reader.srtp) reader.srtp.position = this.sender.position
  }

  /** See {@link FanOut.push}. A packet that cannot be encrypted is left out. */
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

  /** See {@link FanOut.settle}. */
  settle(reader: Reader): void {
    this.#fanOutOf(reader)?.settle(reader)
  }

  /** See {@link FanOut.forEachReader}. */
  forEachReader(visit: (reader: Reader) => void): void {
    this.#bare.forEachReader(visit)
    this.#indexed?.forEachReader(visit)
  }

  /** Sends the queued packets, and nothing more. Idempotent. */
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
