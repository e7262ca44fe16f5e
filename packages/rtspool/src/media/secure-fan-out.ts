import type { Clock } from '../clock.js'
import type { SrtpSender } from '../srtp/index.js'
import { FanOut } from './fan-out.js'
import type { OversizedPackets } from './oversized-packets.js'
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

  /** @param before - Packets that new readers may still begin with, in order. */
  constructor(
    clock: Clock,
    oversized: OversizedPackets,
    sender: SrtpSender,
    before: readonly Buffer[],
  ) {
    this.sender = sender
    this.fanOut = new FanOut(clock, oversized, sender.overheadBytes)
    for (const packet of before) sender.skip(packet)
  }

  /** @param first - Not protected; from {@link SrtpSender.repeatable}. */
  add(reader: Reader, first: readonly Buffer[] = []): void {
    this.fanOut.add(reader, this.sender.protectAgain(first))
  }

  /** See {@link FanOut.push}. A packet that cannot be protected is left out. */
  push(packet: Buffer, isResumePoint: boolean, endsFrame: boolean): void {
    if (this.fanOut.readerCount === 0) {
      this.sender.skip(packet)
      return
    }
    const sealed = this.sender.protect(packet)
    if (sealed) this.fanOut.push(sealed, isResumePoint, endsFrame)
  }
}
