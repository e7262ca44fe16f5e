import { randomInt } from 'node:crypto'
import { isRecord, kindOf } from '../../option-checks.js'
import {
  createSessionDescription,
  MediaDescription,
  parseSdp,
  type SessionDescription,
  serializeSdp,
} from '../../sdp/index.js'
import { controlUriOf } from '../description/control-uri.js'

/** Track to publish: a track of a client or of a server's media, or any object with a description. */
export interface PublishedTrackSource {
  /** Description of the track. The announcement has a copy with other `a=control`, port and profile. */
  readonly description: MediaDescription
  /**
   * SSRC of the packets, if it is known. The keys of SRTP are announced with it: gst-rtsp-server 1.22 needs it.
   * @default undefined
   */
  readonly ssrc?: number | undefined
}

/** One media section (`m=`) of an announcement. */
export interface AnnouncedMedia {
  readonly description: MediaDescription
  /** Value of `a=control`, relative to the URI of the stream, such as `trackID=0`. */
  readonly control: string
  /** SSRC of the packets; `undefined` if it is not known. */
  readonly ssrc: number | undefined
}

/** Attributes that are removed, because they concern the connection to the source, and not the encoding. */
const foreignAttributes = [
  ...(['control', 'sendonly', 'recvonly', 'sendrecv', 'inactive'] as const),
  ...(['key-mgmt', 'crypto', 'range', 'rtcp', 'candidate', 'ssrc', 'mid'] as const),
]

/**
 * Returns the media sections to announce: those of `description`, or else one for each of `tracks`.
 *
 * @throws {TypeError} neither a description nor a list of tracks with descriptions, or one without media.
 * @throws {RequestError} `ERR_SDP` for a description that cannot be parsed.
 */
export function mediaOf(
  description: string | SessionDescription | undefined,
  tracks: readonly PublishedTrackSource[] | undefined,
  profile: 'RTP/AVP' | 'RTP/SAVP',
): AnnouncedMedia[] {
  const sources = description === undefined ? trackMediaOf(tracks) : describedMediaOf(description)
  if (sources.length === 0) throw new TypeError('publish expects at least one track')
  return sources.map((source, index) => announced(source, `trackID=${index}`, profile))
}

function describedMediaOf(
  description: string | SessionDescription,
): readonly PublishedTrackSource[] {
  const parsed = typeof description === 'string' ? parseSdp(description) : description
  if (isRecord(parsed) && Array.isArray(parsed.media))
    return parsed.media.map((description) => ({ description }))
  throw new TypeError(`description must be SDP or a SessionDescription, got ${kindOf(description)}`)
}

function trackMediaOf(tracks: unknown): readonly PublishedTrackSource[] {
  if (!Array.isArray(tracks)) throw new TypeError(`tracks must be a list, got ${kindOf(tracks)}`)
  return tracks.map((track: PublishedTrackSource | undefined) => {
    const description = track?.description
    if (description instanceof MediaDescription) return { description, ssrc: track?.ssrc }
    throw new TypeError('each of the tracks must have a description of its media')
  })
}

function announced(
  { description: source, ssrc }: PublishedTrackSource,
  control: string,
  profile: 'RTP/AVP' | 'RTP/SAVP',
): AnnouncedMedia {
  const description = source.clone()
  description.port = 0
  description.protocol = profile
  for (const type of ['c', 'k']) description.section.removeValues(type)
  for (const name of foreignAttributes) description.section.removeAttributes(name)
  description.addAttribute('control', control)
  return { description, control, ssrc }
}

/**
 * Serializes the session description in the body of ANNOUNCE.
 *
 * @param name - Name of the session (`s=`).
 * @param keys - Value of `a=key-mgmt` by media; `undefined` for a media without SRTP.
 */
export function serializeAnnouncement(
  name: string,
  media: readonly AnnouncedMedia[],
  keys: readonly (string | undefined)[],
): string {
  const originId = randomInt(2 ** 47)
  const { session } = createSessionDescription({ originId, address: '0.0.0.0', name })
  return serializeSdp({
    session,
    media: media.map(({ description }, index) => {
      const key = keys[index]
      if (key === undefined) return description
      const keyed = description.clone()
      keyed.addAttribute('key-mgmt', key)
      return keyed
    }),
  })
}

/** Returns the URI for the SETUP of a media: that of the stream, with the control of the media. */
export const setupUriOf = (uri: string, { control }: AnnouncedMedia): string =>
  controlUriOf(uri, control)
