import {
  createSessionDescription,
  type MediaDescription,
  type SessionDescription,
  serializeSdp,
} from '../sdp/index.js'
import type { MulticastPlace } from '../transport/multicast-address-pool.js'

/** The multicast group of each track, by its index; nothing for tracks that have none. */
export type PresentationPlaces = readonly (MulticastPlace | undefined)[]

const directions = ['recvonly', 'sendonly', 'sendrecv']

/** Keys of the publisher, which are between it and us (RFC 4567, RFC 4568). */
const keyAttributes = ['key-mgmt', 'crypto', 'crypto-params']

/** Session-level attributes that the server answers for itself. */
const ownAttributes = new Set([
  ...['control', 'tool', 'type', 'recvonly', 'sendonly', 'sendrecv'],
  ...keyAttributes,
])
const rangeAttribute = 'range'

/**
 * The session description as viewers see it (RFC 2326 appendix C): the media sections of the source, with
 * our control URIs, no ports and no addresses but those of multicast groups. What we do not understand stays as it is.
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
    ...(durationSeconds === undefined ? {} : { range: `npt=0-${durationSeconds.toFixed(3)}` }),
  })
  for (const line of source.session.lines) {
    if (line.type !== 'a') continue
    const name = nameOf(line.value)
    const isOurs =
      ownAttributes.has(name) || (name === rangeAttribute && durationSeconds !== undefined)
    if (!isOurs) description.session.lines.push(line)
  }
  source.media.forEach((media, index) => {
    const copy = media.clone()
    const place = places[index]
    copy.port = place?.ports[0] ?? 0
    copy.protocol = copy.protocol.replace(/^RTP\/SAVP/i, 'RTP/AVP')
    copy.removeValues('c')
    if (place) copy.setValue('c', connectionOf(place))
    copy.setAttribute('control', `trackID=${index}`)
    for (const attribute of [...directions, ...keyAttributes]) {
      copy.removeAttributes(attribute)
    }
    description.media.push(copy)
  })
  if (backChannel) description.media.push(describeBackChannel(backChannel, source.media.length))
  return Buffer.from(serializeSdp(description))
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

function nameOf(attribute: string): string {
  const colon = attribute.indexOf(':')
  return colon < 0 ? attribute : attribute.slice(0, colon)
}
