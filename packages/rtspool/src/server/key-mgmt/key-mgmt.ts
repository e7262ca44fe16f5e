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

/** Profile of a stream, and the client's key for it. */
export interface ChosenProfile {
  readonly profile: 'AVP' | 'SAVP'
  /** Encrypts the packets that the server sends; absent with AVP. */
  readonly suite: SrtpSuite | undefined
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

/**
 * Form of the keys: as GStreamer reads them, or with the index and the lengths that live555 needs.
 */
export type KeyForm = 'bare' | 'indexed'

/** live555 2026.10.17 ignores a key unless the description has an index of four bytes. */
export function keyFormFor({ request }: RequestContext): KeyForm {
  return /\bLIVE555\b/i.test(request.headers.get('User-Agent') ?? '') ? 'indexed' : 'bare'
}

/**
 * Returns the keys for the description of a media, for a client that may use SRTP. All profiles are SAVP then, and each
 * track has its key (RFC 4567 section 3). GStreamer requests the profile in the description; FFmpeg requests RTP/AVP inside
 * the connection anyway. Other clients get the same description for up to a second.
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
