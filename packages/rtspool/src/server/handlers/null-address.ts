import { parseSdp, serializeSdp } from '../../sdp/index.js'

/** What clients with an IPv6 address get instead of a description. */
const ipv6Descriptions = new WeakMap<Buffer, Buffer>()

/**
 * A description whose `c=` is the null address of the client's family (RFC 2326 appendix C.1.7, RFC 8866 section 5.7).
 * Made once for each description.
 *
 * @param sdp - With `IN IP4 0.0.0.0`; not to be changed.
 * @param remoteAddress - Of the client.
 */
export function withNullAddressFor(remoteAddress: string, sdp: Buffer): Buffer {
  if (!remoteAddress.includes(':')) return sdp
  const known = ipv6Descriptions.get(sdp)
  if (known) return known
  const description = parseSdp(sdp)
  description.session.setValue('c', 'IN IP6 ::')
  const made = Buffer.from(serializeSdp(description))
  ipv6Descriptions.set(sdp, made)
  return made
}
