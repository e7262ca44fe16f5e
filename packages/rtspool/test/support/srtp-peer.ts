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
  type MasterKey,
  masterKeyFrom,
  SrtpReceiver,
  SrtpSender,
  type SrtpSuiteName,
  srtpSuites,
} from '../../src/srtp/index.js'

export const srtpTcp = 'RTP/SAVP/TCP;unicast'

/** A client's side of SRTP: its own key, and packets protected with it. */
export class SrtpPeer {
  readonly sender: SrtpSender
  /** MIKEY message with the key. */
  readonly message: Buffer
  readonly #mki: Buffer | undefined

  /**
   * @param mki - Index of the key, with which each packet ends.
   * @param key - Key and salt; by default random ones.
   */
  constructor(suiteName: SrtpSuiteName = 'AES_CM_128_HMAC_SHA1_80', mki?: Buffer, key?: MasterKey) {
    const suite = srtpSuites[suiteName]
    const bare = key ?? masterKeyFrom(suite, randomBytes(suite.keyBytes + suite.saltBytes))
    const master = { ...bare, ...(mki && { mki }) }
    this.#mki = mki
    this.sender = new SrtpSender(master)
    this.message = serializeSrtpOffer(
      { master, rolloverCounters: new Map() },
      { csbId: 1, ntpTime: 2n, rand: randomBytes(16) },
    )
  }

  /** Returns an RTP packet in the form sent to the server. */
  sealed(packet: Buffer): Buffer {
    return this.#indexed(this.sender.protect(packet), 'rtp')
  }

  /** Returns a compound RTCP packet in the form sent to the server. */
  sealedRtcp(compound: Buffer): Buffer {
    return this.#indexed(this.sender.protectRtcp(compound), 'rtcp')
  }

  #indexed(packet: Buffer | undefined, kind: 'rtp' | 'rtcp'): Buffer {
    if (!packet) throw new Error('the index is spent')
    return this.#mki ? addMki(packet, this.#mki, this.sender.master.suite, kind) : packet
  }

  /** Builds the KeyMgmt header of a SETUP. */
  header(uri?: string): string {
    const message = { protocol: 'mikey', data: this.message }
    return serializeKeyMgmt(uri === undefined ? message : { ...message, uri })
  }

  /** Builds a KeyMgmt header with the present rollover counter of an SSRC. */
  headerWithCounter(ssrc: number): string {
    const { master, rolloverCounter } = this.sender
    const data = serializeSrtpOffer(
      { master, rolloverCounters: new Map([[ssrc, rolloverCounter]]) },
      { csbId: 1, ntpTime: 2n, rand: randomBytes(16) },
    )
    return serializeKeyMgmt({ protocol: 'mikey', data })
  }

  /** Value of an `a=key-mgmt` line. */
  get attribute(): string {
    return serializeKeyMgmtAttribute({ protocol: 'mikey', data: this.message })
  }
}

/** Returns the server's key for each track, from a description. */
export const describedOffers = (response: RtspResponse): SrtpOffer[] =>
  parseSdp(response.body).media.map((media) =>
    parseSrtpOffer(parseKeyMgmtAttribute(media.attribute('key-mgmt') ?? '').data),
  )

/** Returns the server's keys from KeyMgmt headers. */
export const answeredOffers = (response: RtspResponse): SrtpOffer[] =>
  response.headers
    .getAll('KeyMgmt')
    .flatMap(parseKeyMgmt)
    .map(({ data }) => parseSrtpOffer(data))

export const receiverFor = ({ master, rolloverCounters }: SrtpOffer): SrtpReceiver =>
  new SrtpReceiver(master, rolloverCounters)
