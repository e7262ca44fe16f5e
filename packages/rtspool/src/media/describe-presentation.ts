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

/** The multicast group of each track, by its index; nothing for tracks that have none. */
export type PresentationPlaces = readonly (MulticastPlace | undefined)[]

/**
 * The session description as viewers see it (RFC 2326 appendix C): the media sections of the source, with
 * our control URIs, no ports and no addresses but those of multicast groups. What the lines of the source say of its own
 * presentation and connection is left out; attributes that nobody here understands stay as they are.
 *
 * @param origin - Unique number of this presentation, for `o=`.
 * @param backChannel - What the client may send.
 * @param durationSeconds - Of a stored presentation that can be sought in (RFC 2326 appendix C.1.5).
 */
export function describePresentation(
  source: SessionDescription,
  origin: number,
  places: PresentationPlaces = [],
  backChannel?: MediaDescription,
  durationSeconds?: number,
): Buffer {
  const description = createSessionDescription({
    originId: origin,
    address: '0.0.0.0',
    name: source.session.value('s') || ' ',
    tool: 'rtspool',
    ...rangeOf(source, durationSeconds),
  })
  for (const line of source.session.lines) {
    if (line.type === 'a' && isRelayed(line)) description.session.lines.push(line)
  }
  source.media.forEach((media, index) => {
    description.media.push(describeTrack(media, index, places[index]))
  })
  if (backChannel) description.media.push(describeBackChannel(backChannel, source.media.length))
  return Buffer.from(serializeSdp(description))
}

/** RFC 2326 appendix C.1.5: what can be played here, which of a live stream is the present, whatever its source says. */
function rangeOf({ session }: SessionDescription, durationSeconds: number | undefined) {
  if (durationSeconds !== undefined) return { range: `npt=0-${durationSeconds.toFixed(3)}` }
  return session.attribute('range')?.trim() === 'npt=now-' ? { range: 'npt=now-' } : {}
}

/** One track, its lines in the order of RFC 8866 section 5. */
function describeTrack(
  { kind, protocol, formats, section }: MediaDescription,
  index: number,
  place: MulticastPlace | undefined,
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
  return track
}

/** One `i=`, then any `b=` and `a=`. */
function inOrder(lines: readonly SdpLine[]): SdpLine[] {
  const ofType = (wanted: string): SdpLine[] => lines.filter(({ type }) => type === wanted)
  return [...ofType('i').slice(0, 1), ...ofType('b'), ...ofType('a')]
}

/** ONVIF Streaming Specification section 5.3.2: `sendonly` as the client sees it. */
function describeBackChannel(media: MediaDescription, index: number): MediaDescription {
  const copy = media.clone()
  copy.port = 0
  copy.removeValues('c')
  copy.setAttribute('control', `trackID=${index}`)
  for (const attribute of directions) copy.removeAttributes(attribute)
  copy.addAttribute('sendonly')
  return copy
}

/** RFC 8866 section 5.7: IPv6 has no ttl there. */
function connectionOf({ address, ttl }: MulticastPlace): string {
  return address.includes(':') ? `IN IP6 ${address}` : `IN IP4 ${address}/${ttl}`
}
