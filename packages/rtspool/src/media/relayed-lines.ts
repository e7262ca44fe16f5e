import type { SdpLine } from '../sdp/index.js'

/**
 * Attributes for the direction of media. They state the publisher's point of view, and are not relayed to viewers.
 */
export const directions = ['recvonly', 'sendonly', 'sendrecv', 'inactive']

/** Attributes with keys between the publisher and this server (RFC 4567, RFC 4568, RFC 6189, RFC 8122). */
const keyAttributes = [
  'key-mgmt',
  'crypto',
  'crypto-params',
  'zrtp-hash',
  'fingerprint',
  'identity',
]

/**
 * Attributes about the transport between the publisher and this server: sockets, ICE, DTLS, multicast sources,
 * several media in one stream.
 */
const transportAttributes = [
  ...[
    'source-filter',
    'rtcp',
    'rtcp-mux',
    'rtcp-mux-only',
    'rtcp-rsize',
    'rtcp-unicast',
    'rtcp-xr',
    'rtcp-fb',
  ],
  ...[
    'candidate',
    'remote-candidates',
    'end-of-candidates',
    'ice-ufrag',
    'ice-pwd',
    'ice-lite',
    'ice-options',
  ],
  ...['ice-mismatch', 'ice-pacing', 'rtsp-ice-d-m', 'setup', 'connection', 'tls-id', 'dtls-id'],
  ...['group', 'bundle-only', 'ssrc', 'ssrc-group', 'msid-semantic', 'sctp-port', 'sctpmap'],
]

/** Attributes about the publisher's own presentation: control URIs, duration, version, character set. */
const presentationAttributes = ['control', 'range', 'etag', 'tool', 'type', 'length', 'charset']

const ownAttributes: ReadonlySet<string> = new Set([
  ...directions,
  ...keyAttributes,
  ...transportAttributes,
  ...presentationAttributes,
])

/** Matches the value of an `a=` line (RFC 8866 section 9), `token [":" byte-string]`: captures name and value. */
const attributePattern = /^([!#$%&'*+\-.^_`{|}~0-9A-Za-z]+)(?::(.*))?$/
const bandwidthPattern = /^([!#$%&'*+\-.^_`{|}~0-9A-Za-z]+):\d+$/
/**
 * RTCP bandwidths of the publisher (RFC 3556), which are not relayed: a viewer that believes `RR:0` would send no
 * reports.
 */
const rtcpBandwidths = ['RR', 'RS']

/**
 * Returns whether a line of a publisher's description is relayed to viewers. It must be well-formed, and describe the
 * media or be unknown here. Lines about the publisher's presentation or its connection to this server are not
 * relayed.
 */
export function isRelayed({ type, value }: SdpLine): boolean {
  if (type === 'a') return isRelayedAttribute(value)
  if (type === 'i') return value.trim() !== ''
  if (type !== 'b') return false
  const name = bandwidthPattern.exec(value)?.[1]
  return name !== undefined && !rtcpBandwidths.includes(name.toUpperCase())
}

function isRelayedAttribute(attribute: string): boolean {
  const [, name, value] = attributePattern.exec(attribute) ?? []
  return name !== undefined && value !== '' && !ownAttributes.has(name.toLowerCase())
}
