import type { Clock } from '../clock.js'
import type { SrtpSender } from '../srtp/index.js'
import type { DeliveryTroubles } from './delivery-troubles.js'
import { FanOut } from './fan-out.js'
import type { Reader } from './reader.js'

/**
 * Sends the packets of one track to those of its readers that use SRTP. They share one key, so that a packet is
 * encrypted once, and what comes out goes to all of them as plain packets do.
 *
 * ```text
 * push ─▶ SrtpSender ─▶ FanOut ─▶ groups of readers
 * ```
 *
 * Bench: bench/srtp.
 */
export class SecureFanOut {
  readonly sender: SrtpSender
  /** RTCP to the readers is protected for each of them: see {@link sendRtcpTo}. */
  readonly fanOut: FanOut

  /** @param init - `before`: packets that new readers may still begin with, in order. */
  constructor(
    clock: Clock,
    troubles: DeliveryTroubles,
    sender: SrtpSender,
    init: { readonly before: readonly Buffer[]; readonly isFollower: boolean },
  ) {
    this.sender = sender
    const { overheadBytes } = sender
    this.fanOut = new FanOut(clock, troubles, { overheadBytes, isFollower: init.isFollower })
    for (const packet of init.before) sender.skip(packet)
  }

  /**
   * Adds a reader. One that does not know the present rollover counter is led on to it first.
   *
   * @param first - Not protected; from {@link SrtpSender.repeatable}.
   */
  add(reader: Reader, first: readonly Buffer[] = []): void {
    const steps = reader.srtp ? this.sender.stepsFrom(reader.srtp.position, first[0]) : []
    this.fanOut.add(reader, [...steps, ...this.sender.protectAgain(first)])
  }

  /** Removes a reader, after whatever was pushed so far. */
  remove(reader: Reader): void {
    this.fanOut.remove(reader)
    if (reader.srtp) reader.srtp.position = this.sender.position
  }

  /** See {@link FanOut.push}. A packet that cannot be protected is left out. */
  push(packet: Buffer, role: number, endsFrame: boolean): void {
    if (this.fanOut.readerCount === 0) {
      this.sender.skip(packet)
      return
    }
    const sealed = this.sender.protect(packet)
    if (sealed) this.fanOut.push(sealed, role, endsFrame)
  }
}
