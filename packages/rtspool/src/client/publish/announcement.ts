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

/** A track to publish: one of a client, of a media of a server, or any with the description of its media. */
export interface PublishedTrackSource {
  /** Description of the media, whose `a=control` and port are replaced. */
  readonly description: MediaDescription
}

/** One media of an announcement. */
export interface AnnouncedMedia {
  readonly description: MediaDescription
  /** Value of `a=control`. */
  readonly control: string
}

/** Attributes that concern the connection to the source, and not the media. */
const foreignAttributes = [
  ...(['control', 'sendonly', 'recvonly', 'sendrecv', 'inactive'] as const),
  ...(['key-mgmt', 'crypto', 'range', 'rtcp', 'candidate', 'ssrc', 'mid'] as const),
]

/**
 * Returns the media to announce.
 *
 * @throws {TypeError} neither a description nor a list of tracks with descriptions, or one without media.
 * @throws {RequestError} `ERR_SDP`
 */
export function mediaOf(
  description: string | SessionDescription | undefined,
  tracks: readonly PublishedTrackSource[] | undefined,
): AnnouncedMedia[] {
  const sources = description === undefined ? trackMediaOf(tracks) : describedMediaOf(description)
  if (sources.length === 0) throw new TypeError('publish expects at least one track')
  return sources.map((source, index) => announced(source, `trackID=${index}`))
}

function describedMediaOf(description: string | SessionDescription): readonly MediaDescription[] {
  const parsed = typeof description === 'string' ? parseSdp(description) : description
  if (isRecord(parsed) && Array.isArray(parsed.media)) return parsed.media
  throw new TypeError(`description must be SDP or a SessionDescription, got ${kindOf(description)}`)
}

function trackMediaOf(tracks: unknown): readonly MediaDescription[] {
  if (!Array.isArray(tracks)) throw new TypeError(`tracks must be a list, got ${kindOf(tracks)}`)
  return tracks.map((track: PublishedTrackSource | undefined) => {
    const description = track?.description
    if (description instanceof MediaDescription) return description
    throw new TypeError('each of the tracks must have a description of its media')
  })
}

function announced(source: MediaDescription, control: string): AnnouncedMedia {
  const description = source.clone()
  description.port = 0
  description.protocol = 'RTP/AVP'
  for (const type of ['c', 'k']) description.section.removeValues(type)
  for (const name of foreignAttributes) description.section.removeAttributes(name)
  description.addAttribute('control', control)
  return { description, control }
}

/** Serializes the body of ANNOUNCE. */
export function serializeAnnouncement(name: string, media: readonly AnnouncedMedia[]): string {
  const originId = randomInt(2 ** 47)
  const { session } = createSessionDescription({ originId, address: '0.0.0.0', name })
  return serializeSdp({ session, media: media.map(({ description }) => description) })
}

/** Returns the URI for the SETUP of a media. */
export const setupUriOf = (uri: string, { control }: AnnouncedMedia): string =>
  controlUriOf(uri, control)
