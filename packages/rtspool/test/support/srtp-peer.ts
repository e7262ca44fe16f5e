import { randomBytes } from 'node:crypto'
import { parseSrtpOffer, type SrtpOffer, serializeSrtpOffer } from '../../src/mikey/index.js'
import {
  parseKeyMgmt,
  parseKeyMgmtAttribute,
  type RtspResponse,
  serializeKeyMgmt,
  serializeKeyMgmtAttribute,
} from '../../src/rtsp/index.js'
import { parseSdp } from '../../src/sdp/index.js'
import {
  addMki,
  masterKeyFrom,
  SrtpReceiver,
  SrtpSender,
  type SrtpSuiteName,
  srtpSuites,
} from '../../src/srtp/index.js'

export const srtpTcp = 'RTP/SAVP/TCP;unicast'

/** What a client with SRTP holds for what it sends: a key of its own. */
export class SrtpPeer {
  readonly sender: SrtpSender
  /** A MIKEY message. */
  readonly message: Buffer
  readonly #mki: Buffer | undefined

  /** @param mki - The index of its key, with which each packet of it ends. */
  constructor(suiteName: SrtpSuiteName = 'AES_CM_128_HMAC_SHA1_80', mki?: Buffer) {
    const suite = srtpSuites[suiteName]
    const bare = masterKeyFrom(suite, randomBytes(suite.keyBytes + suite.saltBytes))
    const master = { ...bare, ...(mki && { mki }) }
    this.#mki = mki
    this.sender = new SrtpSender(master)
    this.message = serializeSrtpOffer(
      { master, rolloverCounters: new Map() },
      { csbId: 1, ntpTime: 2n, rand: randomBytes(16) },
    )
  }

  /** A packet as it goes to the server. */
  sealed(packet: Buffer): Buffer {
    return this.#indexed(this.sender.protect(packet), 'rtp')
  }

  /** A compound RTCP packet as it goes to the server. */
  sealedRtcp(compound: Buffer): Buffer {
    return this.#indexed(this.sender.protectRtcp(compound), 'rtcp')
  }

  #indexed(packet: Buffer | undefined, kind: 'rtp' | 'rtcp'): Buffer {
    if (!packet) throw new Error('the index is spent')
    return this.#mki ? addMki(packet, this.#mki, this.sender.master.suite, kind) : packet
  }

  /** The KeyMgmt header of a SETUP. */
  header(uri?: string): string {
    const message = { protocol: 'mikey', data: this.message }
    return serializeKeyMgmt(uri === undefined ? message : { ...message, uri })
  }

  /** The value of an `a=key-mgmt` line. */
  get attribute(): string {
    return serializeKeyMgmtAttribute({ protocol: 'mikey', data: this.message })
  }
}

/** What the server says in a description about the key of each track. */
export const describedOffers = (response: RtspResponse): SrtpOffer[] =>
  parseSdp(response.body).media.map((media) =>
    parseSrtpOffer(parseKeyMgmtAttribute(media.attribute('key-mgmt') ?? '').data),
  )

/** What the server says in KeyMgmt headers. */
export const answeredOffers = (response: RtspResponse): SrtpOffer[] =>
  response.headers
    .getAll('KeyMgmt')
    .flatMap(parseKeyMgmt)
    .map(({ data }) => parseSrtpOffer(data))

export const receiverFor = ({ master, rolloverCounters }: SrtpOffer): SrtpReceiver =>
  new SrtpReceiver(master, rolloverCounters)
