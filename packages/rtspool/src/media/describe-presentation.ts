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

/** The multicast group of each track by index; `undefined` for tracks without one. */
export type PresentationPlaces = readonly (MulticastPlace | undefined)[]

/** The keys that a description tells the clients which may have SRTP. */
export interface PresentationKeys {
  /** The form of the keys: one description of each form is kept. */
  readonly form: string
  /** Different for different keys. */
  readonly version: string
  /** The value of `a=key-mgmt` for a track. */
  attributeOf(trackIndex: number): string
}

/** The parts of a description that differ between clients. */
export interface PresentationView {
  /** The family of the null address in `c=` (RFC 2326 appendix C.1.7, RFC 8866 section 5.7). @default 4 */
  readonly family?: 4 | 6
  /** @default no multicast groups */
  readonly places?: PresentationPlaces | undefined
  /** The audio that the client may send. @default none */
  readonly backChannel?: MediaDescription | undefined
  /** Length of a stored presentation that can be sought in (RFC 2326 appendix C.1.5). @default live */
  readonly durationSeconds?: number | undefined
  /** @default RTP/AVP */
  readonly keys?: PresentationKeys | undefined
}

/**
 * Builds the session description for viewers (RFC 2326 appendix C): the media sections of the
 * source with our control URIs, without ports, and with the addresses of multicast groups only.
 * Lines about the source's own presentation and connection are omitted. Unknown attributes stay.
 *
 * @param origin - Unique number of this presentation, for `o=`.
 */
export function describePresentation(
  source: SessionDescription,
  origin: number,
  { family = 4, places = [], backChannel, durationSeconds, keys }: PresentationView = {},
): Buffer {
  const description = createSessionDescription({
    originId: origin,
    address: '0.0.0.0',
    name: source.session.value('s') || ' ',
    tool: 'rtspool',
    ...rangeOf(source, durationSeconds),
  })
  if (family === 6) description.session.setValue('c', 'IN IP6 ::')
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
 * Returns the value of a=range (RFC 2326 appendix C.1.5). A live stream has the present only,
 * whatever its source states.
 */
function rangeOf({ session }: SessionDescription, durationSeconds: number | undefined) {
  if (durationSeconds !== undefined) return { range: `npt=0-${durationSeconds.toFixed(3)}` }
  return session.attribute('range')?.trim() === 'npt=now-' ? { range: 'npt=now-' } : {}
}

/** Describes one track, with its lines in the order of RFC 8866 section 5. */
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

/** Sorts lines: one `i=`, then any `b=` and `a=`. */
function inOrder(lines: readonly SdpLine[]): SdpLine[] {
  const ofType = (wanted: string): SdpLine[] => lines.filter(({ type }) => type === wanted)
  return [...ofType('i').slice(0, 1), ...ofType('b'), ...ofType('a')]
}

/**
 * Describes the back channel: `sendonly` from the client's point of view (ONVIF Streaming
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

/** Formats a connection address. IPv6 has no ttl there (RFC 8866 section 5.7). */
function connectionOf({ address, ttl }: MulticastPlace): string {
  return address.includes(':') ? `IN IP6 ${address}` : `IN IP4 ${address}/${ttl}`
}
