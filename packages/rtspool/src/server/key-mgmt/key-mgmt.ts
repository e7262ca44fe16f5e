import { randomBytes, randomInt } from 'node:crypto'
import type { Clock } from '../../clock.js'
import type { PresentationKeys } from '../../media/describe-presentation.js'
import type { Media } from '../../media/media.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Track } from '../../media/track/track.js'
import { type SrtpOffer, serializeSrtpOffer } from '../../mikey/index.js'
import { ntpFromUnixMs } from '../../rtcp/index.js'
import { type KeyMgmt, serializeKeyMgmt, serializeKeyMgmtAttribute } from '../../rtsp/index.js'
import type { SrtpSender, SrtpSuite } from '../../srtp/index.js'
import type { RequestContext } from '../request/request-context.js'

/** Profile that server and client use for a stream, and the client's key. */
export interface ChosenProfile {
  readonly profile: 'AVP' | 'SAVP'
  /** Cipher suite of the packets that the server sends; `undefined` with RTP/AVP. */
  readonly suite: SrtpSuite | undefined
  /**
   * Key of the packets that the client will send; `undefined` with RTP/AVP, and if the request
   * contains no key.
   */
  readonly offer: SrtpOffer | undefined
}

const protocol = 'mikey'
const randBytes = 16

/**
 * Returns the cipher suite for media to this client; `undefined` without TLS, because others could
 * then read the keys.
 */
export function srtpSuiteFor({ server, connection }: RequestContext): SrtpSuite | undefined {
  return connection.isSecure ? server.srtp : undefined
}

/**
 * Form of a key message. `bare`: as GStreamer reads it. `indexed`: with an index (MKI) and the length of the
 * authentication key as in the RFC, both of which live555 needs.
 */
export type KeyForm = 'bare' | 'indexed'

/**
 * Returns the form of key message that a client reads. live555 2026.10.17 ignores a key in a
 * description unless the key has an index (MKI) of four bytes.
 */
export function keyFormFor({ request }: RequestContext): KeyForm {
  return /\bLIVE555\b/i.test(request.headers.get('User-Agent') ?? '') ? 'indexed' : 'bare'
}

/**
 * Returns the keys for the description of a media, for a client that may use SRTP. All profiles are
 * then SAVP, and each track has its own key (RFC 4567 section 3). GStreamer then requests SAVP, and
 * FFmpeg requests interleaved RTP/AVP nevertheless. The description, keys included, is cached for
 * the clients of up to one second.
 */
export function describedKeys(
  { tracks }: Media,
  suite: SrtpSuite,
  form: KeyForm,
  clock: Clock,
): PresentationKeys {
  const { seconds } = ntpFromUnixMs(clock.unixTimeMs())
  let version = String(seconds)
  for (const track of tracks) version += ` ${track.ssrc} ${track.srtp(suite).rolloverCounter}`
  const attributeOf = (index: number): string => {
    const track = tracks[index] as Track
    return serializeKeyMgmtAttribute(keyMgmtOf(track.srtp(suite), clock, track.ssrc, form))
  }
  return { form, version, attributeOf }
}

/** Formats the server's key for a stream as a KeyMgmt header. */
export function keyMgmtHeader(
  uri: string,
  sender: SrtpSender,
  clock: Clock,
  ssrc?: number,
  form: KeyForm = 'bare',
): readonly [name: string, value: string] {
  return ['KeyMgmt', serializeKeyMgmt({ ...keyMgmtOf(sender, clock, ssrc, form), uri })]
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

/**
 * Returns the form of key message for a stream: `indexed` if the packets of the stream contain a key index (MKI),
 * otherwise `bare`.
 */
export const keyFormOf = ({ isIndexed }: StreamSecurity): KeyForm =>
  isIndexed ? 'indexed' : 'bare'
