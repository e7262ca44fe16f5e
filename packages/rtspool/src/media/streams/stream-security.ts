import type { SrtpOffer } from '../../mikey/index.js'
import { rtcpHeaderBytes, rtcpSsrcOf, SrtpReceiver, type SrtpSender } from '../../srtp/index.js'

/** The keys of one announced track. */
export interface TrackKeys {
  /** Our key, for the RTCP sent to the publisher. */
  readonly sender: SrtpSender
  /** The publisher's key, if announced. */
  readonly offer: SrtpOffer | undefined
}

/**
 * SRTP of one stream between a client and this server: our key for packets that we send, the
 * client's key for packets that it sends.
 */
export class StreamSecurity {
  readonly sender: SrtpSender
  /** Packets dropped because they were not authentic, repeated or too old. */
  rejectedPackets = 0
  /**
   * True if the client has repeated our key with its index, as live555 does. Our packets then
   * contain the index.
   */
  readonly isIndexed: boolean
  #receiver: SrtpReceiver
  /** Receiver with the previous key, until the first packet under the new one has arrived. */
  #previous: SrtpReceiver | undefined

  /**
   * @param before - Security of the same stream before a new SETUP: the client may continue with
   *   its key.
   */
  constructor(sender: SrtpSender, offer: SrtpOffer, before?: StreamSecurity) {
    this.sender = sender
    this.isIndexed = sender.isIndexed(offer.master)
    this.#receiver = before ? before.#receiverFor(offer) : receiverOf(offer)
    if (before) this.rejectedPackets = before.rejectedPackets
  }

  /** Accepts a new key of the client, or new rollover counters of the same key. */
  rekey(offer: SrtpOffer): void {
    const receiver = this.#receiverFor(offer)
    if (receiver === this.#receiver) return
    this.#previous = this.#receiver
    this.#receiver = receiver
  }

  /** @returns The RTP packet, or `undefined` if it is not authentic or was repeated. */
  open(packet: Buffer): Buffer | undefined {
    const opened = this.#receiver.open(packet)
    if (!opened) return this.#counted(this.#previous?.open(packet))
    this.#previous = undefined
    return opened
  }

  /** @returns The compound RTCP packet, or `undefined` as with {@link open}. */
  openRtcp(packet: Buffer): Buffer | undefined {
    // Our packet, sent back by somebody: a client with our key must not count as its sender.
    const isOurs = packet.length < rtcpHeaderBytes || this.sender.hasSource(rtcpSsrcOf(packet))
    if (isOurs) return this.#counted(undefined)
    const opened = this.#receiver.openRtcp(packet)
    if (!opened) return this.#counted(this.#previous?.openRtcp(packet))
    this.#previous = undefined
    return opened
  }

  #counted(opened: Buffer | undefined): Buffer | undefined {
    if (!opened) this.rejectedPackets++
    return opened
  }

  /** Returns the receiver for an offer. A key offered again keeps its replay protection. */
  #receiverFor(offer: SrtpOffer): SrtpReceiver {
    const known = [this.#receiver, this.#previous].find((each) => each?.hasKey(offer.master))
    known?.noteRolloverCounters(offer.rolloverCounters)
    known?.noteMki(offer.master.mki)
    return known ?? receiverOf(offer)
  }
}

function receiverOf({ master, rolloverCounters }: SrtpOffer): SrtpReceiver {
  return new SrtpReceiver(master, rolloverCounters)
}
