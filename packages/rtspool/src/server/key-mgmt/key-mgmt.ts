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

/** The profile of a stream. */
export interface ChosenProfile {
  readonly profile: 'AVP' | 'SAVP'
  /** With SAVP: the key of what the client sends, if it comes with the request. */
  readonly offer: SrtpOffer | undefined
}

const protocol = 'mikey'
const randBytes = 16

/** What media for this client may be encrypted with: nothing where the keys could be read on the way. */
export function srtpSuiteFor({ server, connection }: RequestContext): SrtpSuite | undefined {
  return connection.isSecure ? server.srtp : undefined
}

/** A description with keys, and what it holds of what changes. */
interface SecureDescription {
  readonly changing: string
  readonly sdp: Buffer
}

/** The last one made from each description: a herd of clients is answered with one. */
const secureDescriptions = {
  bare: new WeakMap<Buffer, SecureDescription>(),
  indexed: new WeakMap<Buffer, SecureDescription>(),
} as const

/** How keys are told: as GStreamer reads them, or with an index and the lengths that live555 insists on. */
export type KeyForm = keyof typeof secureDescriptions

/** live555 2026.10.17 takes no key from a description that has no index of four bytes. */
export function keyFormFor({ request }: RequestContext): KeyForm {
  return /\bLIVE555\b/i.test(request.headers.get('User-Agent') ?? '') ? 'indexed' : 'bare'
}

/**
 * The description of a media for a client that may have SRTP: all profiles are SAVP, and each track comes with
 * its key (RFC 4567 section 3). GStreamer asks for the profile that it sees here; FFmpeg asks for RTP/AVP inside
 * the connection all the same.
 *
 * @returns A buffer that others are sent too, for up to a second.
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

/** Our key as a header, for the stream that the URI names. */
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
 * The keys that the client offers in KeyMgmt headers for the stream that it sets up.
 *
 * @returns `undefined` when it offers none.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463)
 */
export function offerFor(uri: string, headers: RtspHeaders): SrtpOffer | undefined {
  const messages = headers.getAll('KeyMgmt').flatMap(parseKeyMgmt)
  if (messages.length === 0) return undefined
  const named = messages.find((message) => message.uri === uri)
  // Whoever sends one message means the stream of the request, whatever a proxy has made of the URI.
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

/** How the key of a stream is told to its client: with the index, where packets have it. */
export const keyFormOf = ({ isIndexed }: StreamSecurity): KeyForm =>
  isIndexed ? 'indexed' : 'bare'
