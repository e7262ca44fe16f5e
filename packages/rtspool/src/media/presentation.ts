import { createSessionDescription, type SessionDescription, serializeSdp } from '../sdp/index.js'

/** Keys of the publisher, which are between it and us (RFC 4567, RFC 4568). */
const keyAttributes = ['key-mgmt', 'crypto', 'crypto-params']

/** Session-level attributes that the server answers for itself. */
const ownAttributes = new Set([
  ...['control', 'tool', 'type', 'recvonly', 'sendonly', 'sendrecv'],
  ...keyAttributes,
])

/**
 * The session description as viewers see it (RFC 2326 appendix C): the media sections of the source, with
 * our control URIs, no ports and no addresses. What we do not understand stays as it is.
 *
 * @param origin - Unique number of this presentation, for `o=`.
 */
export function describePresentation(source: SessionDescription, origin: number): Buffer {
  const description = createSessionDescription({
    originId: origin,
    address: '0.0.0.0',
    name: source.session.value('s') || ' ',
    tool: 'rtspool',
  })
  for (const line of source.session.lines) {
    if (line.type === 'a' && !ownAttributes.has(nameOf(line.value))) {
      description.session.lines.push(line)
    }
  }
  source.media.forEach((media, index) => {
    const copy = media.clone()
    copy.port = 0
    copy.protocol = copy.protocol.replace(/^RTP\/SAVP/i, 'RTP/AVP')
    copy.removeValues('c')
    copy.setAttribute('control', `trackID=${index}`)
    for (const attribute of ['recvonly', 'sendonly', 'sendrecv', ...keyAttributes]) {
      copy.removeAttributes(attribute)
    }
    description.media.push(copy)
  })
  return Buffer.from(serializeSdp(description))
}

function nameOf(attribute: string): string {
  const colon = attribute.indexOf(':')
  return colon < 0 ? attribute : attribute.slice(0, colon)
}
