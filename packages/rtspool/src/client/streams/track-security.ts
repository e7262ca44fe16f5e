import { randomBytes, randomInt } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { ClientError, RtspError } from '../../errors.js'
import { parseSrtpOffer, type SrtpOffer, serializeSrtpOffer } from '../../mikey/index.js'
import { ntpFromUnixMs } from '../../rtcp/index.js'
import {
  type KeyMgmt,
  parseKeyMgmt,
  type RtspResponse,
  serializeKeyMgmt,
  serializeKeyMgmtAttribute,
} from '../../rtsp/index.js'
import {
  addMki,
  type MasterKey,
  masterKeyFrom,
  SrtpReceiver,
  SrtpSender,
  type SrtpSuite,
  type SrtpSuiteName,
  srtpSuites,
} from '../../srtp/index.js'
import type { DescribedKey } from '../description/described-key.js'

const randBytes = 16
/** Suite of the client's key for a server that describes no key (RFC 3830 section 6.10.1). */
const defaultSuite = srtpSuites.AES_CM_128_HMAC_SHA1_80

/**
 * SRTP of one track. Decrypts packets of the server with the key of the server. Encrypts packets of the client with a
 * key of its own if the server reads one, or else with the server's.
 */
export class TrackSecurity {
  /** Number of packets dropped because they were not authentic, repeated or too old. */
  rejectedPackets = 0
  readonly #sender: SrtpSender
  /** True if the client encrypts with a key of its own, which SETUP tells the server. */
  readonly #isMutual: boolean
  #receiver: SrtpReceiver | undefined
  #suiteName: SrtpSuiteName | undefined

  /**
   * Prepares SRTP for a track with the key in the description, if it has one.
   *
   * @param described - Key in the description; without it, the response to SETUP must have one.
   * @param suite - Suite of the client's key for a server that describes no key.
   */
  constructor(described: DescribedKey | undefined, suite: SrtpSuite = defaultSuite) {
    this.#isMutual = described?.isMutual ?? true
    const master = described?.master
    this.#sender = new SrtpSender(
      this.#isMutual || !master ? newMaster(master?.suite ?? suite) : master,
    )
    if (described) this.#use(described)
  }

  /** Suite of the packets that the server sends; `undefined` before its key is known. */
  get suiteName(): SrtpSuiteName | undefined {
    return this.#suiteName
  }

  /**
   * Returns the KeyMgmt header of SETUP with the client's key; no header if the server reads none.
   *
   * @param uri - URI of the SETUP.
   * @param ssrc - SSRC of the client's packets, if it is known; gst-rtsp-server 1.22 finds the key by it.
   */
  headersFor(uri: string, clock: Clock, ssrc?: number): Readonly<Record<string, string>> {
    if (!this.#isMutual) return {}
    return { KeyMgmt: serializeKeyMgmt({ ...this.#message(clock, ssrc), uri }) }
  }

  /**
   * Returns the value of `a=key-mgmt` with the client's key, for the announcement of a track that it publishes.
   *
   * @param ssrc - SSRC of the packets; `undefined` if it is not known yet.
   */
  attributeFor(clock: Clock, ssrc: number | undefined): string {
    return serializeKeyMgmtAttribute(this.#message(clock, ssrc))
  }

  /**
   * Takes over the server's key and rollover counters from the KeyMgmt header of a response, if it has them.
   *
   * @param uri - URI of the SETUP of the track, by which the header names the track.
   * @throws {ClientError} `ERR_CLIENT_SRTP` if the server has told no key that the client can use, now or before.
   */
  accept(response: RtspResponse, uri: string): void {
    this.learn(response, uri)
    if (this.#receiver) return
    throw new ClientError(
      'ERR_CLIENT_SRTP',
      'the server has told no SRTP key that the client can use, in a=key-mgmt, a=crypto or KeyMgmt',
    )
  }

  /** Takes over the server's key as {@link accept} does, but does without if there is none. */
  learn(response: RtspResponse, uri: string): void {
    const offer = offerFor(response, uri)
    if (offer) this.#use(offer)
  }

  /** Authenticates and decrypts an RTP packet. @returns `undefined` if it is not authentic, repeated or too old */
  open(packet: Buffer): Buffer | undefined {
    return this.#counted(this.#receiver?.open(packet))
  }

  /** Authenticates and decrypts a compound RTCP packet. @returns `undefined` as for {@link open} */
  openRtcp(compound: Buffer): Buffer | undefined {
    return this.#counted(this.#receiver?.openRtcp(compound))
  }

  /** Encrypts an RTP packet. @returns `undefined` if its SRTP index has been used before, or the packet is too large */
  protect(packet: Buffer): Buffer | undefined {
    const { suite, mki } = this.#sender.master
    const sealed = this.#sender.protect(packet)
    return sealed && mki ? addMki(sealed, mki, suite, 'rtp') : sealed
  }

  /** Encrypts a compound RTCP packet. @returns `undefined` if all 2^31 SRTCP indexes are used */
  protectRtcp(compound: Buffer): Buffer | undefined {
    const { suite, mki } = this.#sender.master
    const sealed = this.#sender.protectRtcp(compound)
    return sealed && mki ? addMki(sealed, mki, suite, 'rtcp') : sealed
  }

  #message(clock: Clock, ssrc: number | undefined): KeyMgmt {
    const { seconds, fraction } = ntpFromUnixMs(clock.unixTimeMs())
    const data = serializeSrtpOffer(
      {
        master: this.#sender.master,
        rolloverCounters: new Map(ssrc === undefined ? [] : [[ssrc, 0]]),
      },
      {
        csbId: randomInt(2 ** 32),
        ntpTime: (BigInt(seconds) << 32n) | BigInt(fraction),
        rand: randomBytes(randBytes),
      },
    )
    return { protocol: 'mikey', data }
  }

  #use({ master, rolloverCounters }: SrtpOffer): void {
    this.#suiteName = master.suite.name
    if (this.#receiver?.hasKey(master)) {
      this.#receiver.noteRolloverCounters(rolloverCounters)
      this.#receiver.noteMki(master.mki)
    } else this.#receiver = new SrtpReceiver(master, rolloverCounters)
  }

  #counted(opened: Buffer | undefined): Buffer | undefined {
    if (!opened) this.rejectedPackets++
    return opened
  }
}

function newMaster(suite: MasterKey['suite']): MasterKey {
  return masterKeyFrom(suite, randomBytes(suite.keyBytes + suite.saltBytes))
}

/**
 * Returns the key in the KeyMgmt headers of a response: that for the URI, or the only one; `undefined` if unreadable.
 */
function offerFor(response: RtspResponse, uri: string): SrtpOffer | undefined {
  const messages = response.headers.getAll('KeyMgmt').flatMap(messagesIn)
  const named = messages.find((message) => message.uri === uri)
  const message = named ?? (messages.length === 1 ? messages[0] : undefined)
  try {
    return message?.protocol === 'mikey' ? parseSrtpOffer(message.data) : undefined
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}

function messagesIn(value: string): KeyMgmt[] {
  try {
    return parseKeyMgmt(value)
  } catch (error) {
    if (error instanceof RtspError) return []
    throw error
  }
}
