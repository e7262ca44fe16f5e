import { parseSdp, serializeSdp } from '../../sdp/index.js'

/** Descriptions for clients with an IPv6 address, by the original description. */
const ipv6Descriptions = new WeakMap<Buffer, Buffer>()

/**
 * Returns a description whose `c=` is the null address of the client's family (RFC 2326 appendix
 * C.1.7, RFC 8866 section 5.7). Created once for each description.
 *
 * @param sdp - Description with `IN IP4 0.0.0.0`; not changed.
 * @param remoteAddress - Address of the client.
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
