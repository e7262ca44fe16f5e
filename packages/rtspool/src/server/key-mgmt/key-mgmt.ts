import { randomBytes, randomInt } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import { parseSrtpOffer, type SrtpOffer, serializeSrtpOffer } from '../../mikey/index.js'
import { ntpFromUnixMs } from '../../rtcp/index.js'
import {
  type KeyMgmt,
  parseKeyMgmt,
  type RtspHeaders,
  serializeKeyMgmt,
  serializeKeyMgmtAttribute,
} from '../../rtsp/index.js'
import { parseSdp, serializeSdp } from '../../sdp/index.js'
import type { SrtpSender, SrtpSuite } from '../../srtp/index.js'
import type { RequestContext } from '../request/request-context.js'

/** Profile of a stream, and the client's key for it. */
export interface ChosenProfile {
  readonly profile: 'AVP' | 'SAVP'
  /** Key of the packets that the client will send, with SAVP and only if the request contains it. */
  readonly offer: SrtpOffer | undefined
}

const protocol = 'mikey'
const randBytes = 16

/**
 * Returns the cipher for media sent to this client, or `undefined` if the keys could be read on the
 * way.
 */
export function srtpSuiteFor({ server, connection }: RequestContext): SrtpSuite | undefined {
  return connection.isSecure ? server.srtp : undefined
}

/** A description with keys, and the values that it was made from. */
interface SecureDescription {
  readonly changing: string
  readonly sdp: Buffer
}

/** Last secure description made from each description: many clients at once get the same one. */
const secureDescriptions = {
  bare: new WeakMap<Buffer, SecureDescription>(),
  indexed: new WeakMap<Buffer, SecureDescription>(),
} as const

/**
 * Form of the keys: as GStreamer reads them, or with the index and the lengths that live555 needs.
 */
export type KeyForm = keyof typeof secureDescriptions

/** live555 2026.10.17 ignores a key unless the description has an index of four bytes. */
export function keyFormFor({ request }: RequestContext): KeyForm {
  return /\bLIVE555\b/i.test(request.headers.get('User-Agent') ?? '') ? 'indexed' : 'bare'
}

/**
 * Returns the description of a media for a client that may use SRTP. All profiles are SAVP, and
 * each track has its key (RFC 4567 section 3). GStreamer requests the profile in the description;
 * FFmpeg requests RTP/AVP inside the connection anyway.
 *
 * @returns A buffer that other clients get too, for up to a second.
 */
export function secureDescription(
  media: Media,
  sdp: Buffer,
  suite: SrtpSuite,
  form: KeyForm,
  clock: Clock,
): Buffer {
  const { seconds } = ntpFromUnixMs(clock.unixTimeMs())
  let changing = String(seconds)
  for (const track of media.tracks) {
    changing += ` ${track.ssrc} ${track.srtp(suite).rolloverCounter}`
  }
  let secure = secureDescriptions[form].get(sdp)
  if (secure?.changing !== changing) {
    secure = { changing, sdp: describeSecurely(media, sdp, suite, form, clock) }
    secureDescriptions[form].set(sdp, secure)
  }
  return secure.sdp
}

function describeSecurely(
  media: Media,
  sdp: Buffer,
  suite: SrtpSuite,
  form: KeyForm,
  clock: Clock,
): Buffer {
  const description = parseSdp(sdp)
  description.media.forEach((section, index) => {
    const track = media.tracks[index]
    if (!track || !section.protocol.startsWith('RTP/')) return
    section.protocol = 'RTP/SAVP'
    const key = keyMgmtOf(track.srtp(suite), clock, track.ssrc, form)
    section.addAttribute('key-mgmt', serializeKeyMgmtAttribute(key))
  })
  return Buffer.from(serializeSdp(description))
}

/** Formats our key as a header, for the stream that the URI names. */
export function keyMgmtHeader(
  uri: string,
  sender: SrtpSender,
  clock: Clock,
  ssrc?: number,
  form: KeyForm = 'bare',
): readonly [name: string, value: string] {
  return ['KeyMgmt', serializeKeyMgmt({ ...keyMgmtOf(sender, clock, ssrc, form), uri })]
}

/**
 * Reads the keys that the client offers in KeyMgmt headers for the stream that it sets up.
 *
 * @returns `undefined` without an offer.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463)
 */
export function offerFor(uri: string, headers: RtspHeaders): SrtpOffer | undefined {
  const messages = headers.getAll('KeyMgmt').flatMap(parseKeyMgmt)
  if (messages.length === 0) return undefined
  const named = messages.find((message) => message.uri === uri)
  // A single message is for the stream of the request, even if a proxy has rewritten its URI.
  const message = named ?? (messages.length === 1 ? messages[0] : undefined)
  if (message) return offerOf(message)
  throw new RequestError('ERR_KEY_MANAGEMENT', 'KeyMgmt: expected a message for the stream')
}

/** @throws {RequestError} `ERR_KEY_MANAGEMENT` (463) */
export function offerOf(message: KeyMgmt): SrtpOffer {
  if (message.protocol === protocol) return parseSrtpOffer(message.data)
  throw new RequestError('ERR_KEY_MANAGEMENT', 'KeyMgmt: expected the protocol mikey')
}

function keyMgmtOf(
  sender: SrtpSender,
  clock: Clock,
  ssrc: number | undefined,
  form: KeyForm,
): KeyMgmt {
  const rolloverCounters = new Map(ssrc === undefined ? [] : [[ssrc, sender.rolloverCounter]])
  const data = serializeSrtpOffer(
    { master: form === 'indexed' ? sender.indexedMaster : sender.master, rolloverCounters },
    {
      csbId: randomInt(2 ** 32),
      ntpTime: ntpTime64(clock.unixTimeMs()),
      rand: randomBytes(randBytes),
    },
  )
  return { protocol, data }
}

function ntpTime64(unixMs: number): bigint {
  const { seconds, fraction } = ntpFromUnixMs(unixMs)
  return (BigInt(seconds) << 32n) | BigInt(fraction)
}

/** Form in which a client gets the key of a stream: with the index if its packets have one. */
export const keyFormOf = ({ isIndexed }: StreamSecurity): KeyForm =>
  isIndexed ? 'indexed' : 'bare'
