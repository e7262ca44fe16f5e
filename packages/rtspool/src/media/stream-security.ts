import { randomBytes } from 'node:crypto'
import type { SrtpOffer } from '../mikey/index.js'
import { masterKeyFrom, SrtpReceiver, SrtpSender, type SrtpSuite } from '../srtp/index.js'

/** A sender with a new key. */
export function createSrtpSender(suite: SrtpSuite): SrtpSender {
  return new SrtpSender(masterKeyFrom(suite, randomBytes(suite.keyBytes + suite.saltBytes)))
}

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
  #receiver: SrtpReceiver
  /** Of the key before, until the first packet under the new one has come. */
  #previous: SrtpReceiver | undefined

  constructor(sender: SrtpSender, offer: SrtpOffer) {
    this.sender = sender
    this.#receiver = receiverOf(offer)
  }

  /** From now on the client sends under another key. */
  rekey(offer: SrtpOffer): void {
    this.#previous = this.#receiver
    this.#receiver = receiverOf(offer)
  }

  /** @returns The RTP packet, or `undefined` when it is not authentic, or has been there before. */
  open(packet: Buffer): Buffer | undefined {
    const opened = this.#receiver.open(packet)
    if (!opened) return this.#previous?.open(packet)
    this.#previous = undefined
    return opened
  }

  /** @returns The compound RTCP packet, or `undefined` as with {@link open}. */
  openRtcp(packet: Buffer): Buffer | undefined {
    const opened = this.#receiver.openRtcp(packet)
    if (!opened) return this.#previous?.openRtcp(packet)
    this.#previous = undefined
    return opened
  }
}

function receiverOf({ master, rolloverCounters }: SrtpOffer): SrtpReceiver {
  return new SrtpReceiver(master, rolloverCounters)
}
