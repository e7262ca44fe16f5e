import type { SdpLine } from '../sdp/index.js'

/** Direction of the media as the publisher sees it, or the source before it. */
export const directions = ['recvonly', 'sendonly', 'sendrecv', 'inactive']

/** Keys of the publisher, which are between it and us (RFC 4567, RFC 4568, RFC 6189, RFC 8122). */
const keyAttributes = [
  'key-mgmt',
  'crypto',
  'crypto-params',
  'zrtp-hash',
  'fingerprint',
  'identity',
]

/** The way from the publisher to us: sockets, ICE, DTLS, multicast sources, several media in one stream. */
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

/** The presentation at its source: where its tracks are, how long it is, which version of it, in which characters. */
const presentationAttributes = ['control', 'range', 'etag', 'tool', 'type', 'length', 'charset']

const ownAttributes: ReadonlySet<string> = new Set([
  ...directions,
  ...keyAttributes,
  ...transportAttributes,
  ...presentationAttributes,
])

/** RFC 8866 section 9: `token [":" byte-string]`. */
const attributePattern = /^([!#$%&'*+\-.^_`{|}~0-9A-Za-z]+)(?::(.*))?$/
const bandwidthPattern = /^([!#$%&'*+\-.^_`{|}~0-9A-Za-z]+):\d+$/
/** RTCP of the publisher (RFC 3556): a viewer that believes `RR:0` would send no reports. */
const rtcpBandwidths = ['RR', 'RS']

/**
 * Whether a line of a publisher goes on to viewers: it says something of the media, or nobody here knows what it says,
 * and it is well-formed. What describes the publisher's presentation, and its connection to us, does not.
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
