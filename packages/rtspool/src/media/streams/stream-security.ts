import type { SrtpOffer } from '../../mikey/index.js'
import { rtcpHeaderBytes, rtcpSsrcOf, SrtpReceiver, type SrtpSender } from '../../srtp/index.js'

/** The keys of one announced track. */
export interface TrackKeys {
  /** Ours, for the RTCP that the publisher gets. */
  readonly sender: SrtpSender
  /** The publisher's, if it has announced it. */
  readonly offer: SrtpOffer | undefined
}

/** What protects one stream between a client and us: our key for what we send, the client's for what it sends. */
export class StreamSecurity {
  readonly sender: SrtpSender
  /** What came under no key that is known, repeated or too old: it was not used. */
  rejectedPackets = 0
  /** Whether the client has told us our key with its index, as live555 does: what we send has it then. */
  readonly isIndexed: boolean
  #receiver: SrtpReceiver
  /** Of the key before, until the first packet under the new one has come. */
  #previous: SrtpReceiver | undefined

  /** @param before - Of the same stream, where it is set up anew: the client may go on with its key. */
  constructor(sender: SrtpSender, offer: SrtpOffer, before?: StreamSecurity) {
    this.sender = sender
    this.isIndexed = sender.isIndexed(offer.master)
    this.#receiver = before ? before.#receiverFor(offer) : receiverOf(offer)
    if (before) this.rejectedPackets = before.rejectedPackets
  }

  /** From now on the client sends under another key; or the same, and tells where it is. */
  rekey(offer: SrtpOffer): void {
    const receiver = this.#receiverFor(offer)
    if (receiver === this.#receiver) return
    this.#previous = this.#receiver
    this.#receiver = receiver
  }

  /** @returns The RTP packet, or `undefined` when it is not authentic, or has been there before. */
  open(packet: Buffer): Buffer | undefined {
    const opened = this.#receiver.open(packet)
    if (!opened) return this.#counted(this.#previous?.open(packet))
    this.#previous = undefined
    return opened
  }

  /** @returns The compound RTCP packet, or `undefined` as with {@link open}. */
  openRtcp(packet: Buffer): Buffer | undefined {
    // Ours, sent back by somebody: where the client has our key, it would count as the client's.
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

  /** Under a key that is told again, what has been there is not new. */
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
