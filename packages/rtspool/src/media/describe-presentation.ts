import { serializeRange } from '../rtsp/index.js'
import {
  createSessionDescription,
  MediaDescription,
  type SdpLine,
  SdpSection,
  type SessionDescription,
  serializeSdp,
} from '../sdp/index.js'
import type { MulticastPlace } from '../transport/multicast/place-table.js'
import { directions, isRelayed } from './relayed-lines.js'

/** Multicast group of each track, by index; `undefined` for a track without one. */
export type PresentationPlaces = readonly (MulticastPlace | undefined)[]

/** SRTP keys that a session description contains, for clients that may use SRTP. */
export interface PresentationKeys {
  /**
   * Form of the key messages: with or without an index of the key (MKI). {@link Descriptions} keeps one description for
   * each form.
   */
  readonly form: string
  /** Text that differs if the keys or their rollover counters differ, so that a stored description is built anew. */
  readonly version: string
  /** Returns the value of `a=key-mgmt`, which contains the SRTP key, for the track with an index. */
  attributeOf(trackIndex: number): string
}

/** Id and version of a session description in its `o=` line (RFC 8866 section 5.2). */
export interface PresentationOrigin {
  /** Number of the presentation in `o=` (`sess-id`), which no other presentation of the server has. */
  readonly id: number
  /** Version of the description in `o=` (`sess-version`), which rises with each change. */
  readonly version: number
}

/** Length of a stored presentation, and its beginning on the wall clock. */
export interface StoredTimes {
  readonly durationSeconds: number
  /** Wall clock at the beginning, in milliseconds since 1970. @default not known */
  readonly clockStartMs?: number | undefined
  /** True while the presentation still grows, as in a recording that runs: its end is not known. @default false */
  readonly isGrowing?: boolean
}

/** Parts of a session description that differ between clients. */
export interface PresentationView {
  /** Address family of the null address in `c=` (RFC 2326 appendix C.1.7, RFC 8866 section 5.7). @default 4 */
  readonly family?: 4 | 6
  /** Multicast groups that the description contains. @default no multicast groups */
  readonly places?: PresentationPlaces | undefined
  /** Audio that the client may send over the back channel. @default none */
  readonly backChannel?: MediaDescription | undefined
  /** Length of a stored presentation in which viewers can seek (RFC 2326 appendix C.1.5). @default live */
  readonly stored?: StoredTimes | undefined
  /** SRTP keys, with which the profile is RTP/SAVP. @default none: RTP/AVP */
  readonly keys?: PresentationKeys | undefined
}

/**
 * Builds the session description for viewers (RFC 2326 appendix C). It has the media sections of the source with our
 * control URIs, without ports, and with addresses of multicast groups only. Lines about the source's own presentation
 * and connection are omitted. Unknown attributes stay.
 *
 * @param origin - Identity of the description.
 */
export function describePresentation(
  source: SessionDescription,
  origin: PresentationOrigin,
  { family = 4, places = [], backChannel, stored, keys }: PresentationView = {},
): Buffer {
  const description = createSessionDescription({
    originId: origin.id,
    originVersion: origin.version,
    address: '0.0.0.0',
    name: source.session.value('s') || ' ',
    tool: 'rtspool',
    ...rangeOf(source, stored),
  })
  if (family === 6) description.session.setValue('c', 'IN IP6 ::')
  // Second, because GStreamer 1.22 knows one range only, and needs the times in `onvif-mode`.
  if (stored?.clockStartMs !== undefined) {
    description.session.addAttribute('range', nptOf(stored))
  }
  for (const line of source.session.lines) {
    if (line.type === 'a' && isRelayed(line)) description.session.lines.push(line)
  }
  source.media.forEach((media, index) => {
    description.media.push(describeTrack(media, index, places[index], keys))
  })
  if (backChannel) description.media.push(describeBackChannel(backChannel, source.media.length))
  return Buffer.from(serializeSdp(description))
}

/**
 * Returns the value of `a=range` (RFC 2326 appendix C.1.5). A live stream gets an open range from
 * now on, even if its source states another one.
 */
function rangeOf({ session }: SessionDescription, stored: StoredTimes | undefined) {
  if (stored) return { range: clockOf(stored) ?? nptOf(stored) }
  return session.attribute('range')?.trim() === 'npt=now-' ? { range: 'npt=now-' } : {}
}

const nptOf = ({ durationSeconds }: StoredTimes): string => `npt=0-${durationSeconds.toFixed(3)}`

function clockOf({ clockStartMs, durationSeconds, isGrowing }: StoredTimes): string | undefined {
  if (clockStartMs === undefined) return undefined
  const end = isGrowing ? undefined : clockStartMs + durationSeconds * 1000
  return serializeRange({ unit: 'clock', start: clockStartMs, end })
}

/** Returns the media section (`m=`) of one track for viewers, with its lines in the order of RFC 8866 section 5. */
function describeTrack(
  { kind, protocol, formats, section }: MediaDescription,
  index: number,
  place: MulticastPlace | undefined,
  keys: PresentationKeys | undefined,
): MediaDescription {
  const track = new MediaDescription(
    {
      kind,
      port: place?.ports[0] ?? 0,
      protocol: protocol.replace(/^RTP\/SAVP/i, 'RTP/AVP'),
      formats: formats.length > 0 ? formats : ['*'],
    },
    new SdpSection(inOrder(section.lines.filter(isRelayed))),
  )
  if (place) track.setValue('c', connectionOf(place))
  track.addAttribute('control', `trackID=${index}`)
  if (keys && track.protocol.startsWith('RTP/')) {
    track.protocol = 'RTP/SAVP'
    track.addAttribute('key-mgmt', keys.attributeOf(index))
  }
  return track
}

/** Sorts the lines of a media section: the first `i=`, then all `b=`, then all `a=`. */
function inOrder(lines: readonly SdpLine[]): SdpLine[] {
  const ofType = (wanted: string): SdpLine[] => lines.filter(({ type }) => type === wanted)
  return [...ofType('i').slice(0, 1), ...ofType('b'), ...ofType('a')]
}

/**
 * Returns the media section (`m=`) of a back channel: `sendonly` from the client's point of view (ONVIF Streaming
 * Specification section 5.3.2).
 */
function describeBackChannel(media: MediaDescription, index: number): MediaDescription {
  const copy = media.clone()
  copy.port = 0
  copy.removeValues('c')
  copy.setAttribute('control', `trackID=${index}`)
  for (const attribute of directions) copy.removeAttributes(attribute)
  copy.addAttribute('sendonly')
  return copy
}

/**
 * Formats the address of a multicast group, with its TTL, for a `c=` line. An IPv6 address has no TTL there (RFC 8866
 * section 5.7).
 */
function connectionOf({ address, ttl }: MulticastPlace): string {
  return address.includes(':') ? `IN IP6 ${address}` : `IN IP4 ${address}/${ttl}`
}
