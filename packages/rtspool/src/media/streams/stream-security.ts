import type { SrtpOffer } from '../../mikey/index.js'
import { rtcpHeaderBytes, rtcpSsrcOf, SrtpReceiver, type SrtpSender } from '../../srtp/index.js'

/** SRTP keys that a publisher and this server use for one announced track. */
export interface TrackKeys {
  /** Sender that encrypts the RTCP to the publisher, with a key of this server. */
  readonly sender: SrtpSender
  /** Key with which the publisher encrypts its packets; `undefined` if the announcement contains none. */
  readonly offer: SrtpOffer | undefined
}

/**
 * SRTP of one stream between a client and this server. The server's key encrypts the packets that
 * the server sends, and the client's key encrypts the packets from the client.
 */
export class StreamSecurity {
  readonly sender: SrtpSender
  /** Number of packets of the client that were dropped, because they were not authentic, repeated or too old. */
  rejectedPackets = 0
  /**
   * True if the client has repeated the server's key with its index, as live555 does. Packets to
   * the client then contain the index (MKI).
   */
  readonly isIndexed: boolean
  #receiver: SrtpReceiver
  /** Receiver that decrypts with the client's previous key, until a packet with the new key has arrived. */
  #previous: SrtpReceiver | undefined

  /**
   * Combines the keys of both sides.
   *
   * @param before - Security of the same stream before a new SETUP. The client may continue to use
   * its old key.
   */
  constructor(sender: SrtpSender, offer: SrtpOffer, before?: StreamSecurity) {
    this.sender = sender
    this.isIndexed = sender.isIndexed(offer.master)
    this.#receiver = before ? before.#receiverFor(offer) : receiverOf(offer)
    if (before) this.rejectedPackets = before.rejectedPackets
  }

  /** Accepts a new key of the client, or new rollover counters for its present key. */
  rekey(offer: SrtpOffer): void {
    const receiver = this.#receiverFor(offer)
    if (receiver === this.#receiver) return
    this.#previous = this.#receiver
    this.#receiver = receiver
  }

  /**
   * Decrypts an RTP packet of the client.
   *
   * @returns The plain packet; `undefined` if it is not authentic or was repeated.
   */
  open(packet: Buffer): Buffer | undefined {
    const opened = this.#receiver.open(packet)
    if (!opened) return this.#counted(this.#previous?.open(packet))
    this.#previous = undefined
    return opened
  }

  /**
   * Decrypts a compound RTCP packet.
   *
   * @returns `undefined` if the packet is not authentic, was repeated, or was sent by this server.
   */
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

  /**
   * Returns the receiver for an offered key. If the key is already in use, its receiver stays, and with it the
   * protection against repeated packets.
   */
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
