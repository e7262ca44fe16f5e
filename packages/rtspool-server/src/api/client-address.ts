import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback } from '../access/loopback.js'
import { type Networks, nearNetworks } from '../access/networks.js'

/** Client of a request, perhaps behind a proxy. */
export interface HttpClient {
  /**
   * Numeric address of the client; {@link unknownAddress} if the headers of a trusted proxy contain
   * no address, or two. A proxy without such headers counts as the client.
   */
  readonly address: string
  /** True if nobody on the way can read the request: inside TLS, or from this machine. */
  readonly isPrivate: boolean
}

/**
 * Identifier of a client whose address is unknown, because the headers of its proxy contain none or
 * two (RFC 7239 section 6.2). No rule for addresses matches it.
 */
export const unknownAddress = 'unknown'

/**
 * Returns the client of a request. A trusted proxy names the client in `X-Forwarded-For` or
 * `Forwarded`. Only the last entry counts, because the client may have sent the others.
 *
 * @param proxies - Proxies that are trusted.
 */
export function clientOf({ socket, headers }: IncomingMessage, proxies: Networks): HttpClient {
  const address = socket.remoteAddress ?? ''
  const own = { address, isPrivate: 'encrypted' in socket || isLoopback(address) }
  if (!proxies.has(address)) return own
  const { hops, schemes } = forwardedBy(headers)
  if (hops.length === 0 && schemes.length === 0) return own
  const isPrivate = schemes.length > 0 && schemes.every((scheme) => scheme === 'https')
  if (hops.length === 0) return { address, isPrivate }
  // A proxy writes one of the headers, and the client may have sent the other.
  const [first, ...others] = hops.map(addressIn)
  const isClear = first !== undefined && others.every((other) => other === first)
  return { address: isClear ? first : unknownAddress, isPrivate }
}

/**
 * Returns the address of a proxy in a loopback or private network that sends X-Forwarded-For or Forwarded, but is not
 * trusted. The server then takes all clients of this proxy for one client.
 *
 * @param proxies - Proxies that are trusted.
 * @returns `undefined` if the request came from a trusted proxy, or from none.
 */
export function forgottenProxyOf(
  { socket, headers }: IncomingMessage,
  proxies: Networks,
): string | undefined {
  const { remoteAddress = '' } = socket
  const isForwarded = forwardedBy(headers).hops.length > 0
  const isForgotten = isForwarded && !proxies.has(remoteAddress) && nearNetworks.has(remoteAddress)
  return isForgotten ? remoteAddress : undefined
}

/**
 * Returns the last client and the last scheme in the headers `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded`.
 *
 * @returns `hops`: clients, at most two; `schemes`: schemes in lower case, at most two.
 */
function forwardedBy(headers: IncomingHttpHeaders) {
  const [forwardedFor, forwardedProto, forwarded] = [
    ...[headers['x-forwarded-for'], headers['x-forwarded-proto'], headers.forwarded],
  ].map(lastOf)
  const hops = [forwardedFor, parameterOf(forwarded, 'for')]
  const schemes = [forwardedProto, parameterOf(forwarded, 'proto')]
  return {
    hops: hops.filter((hop) => hop !== undefined),
    schemes: schemes.flatMap((scheme) => scheme?.toLowerCase() ?? []),
  }
}

/**
 * Returns the last element of an HTTP header whose value is a list separated by commas; `undefined` without the header.
 */
function lastOf(value: string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : String(value).split(',').at(-1)?.trim()
}

/**
 * Returns a parameter, such as `for` or `proto`, of one element of the header Forwarded; `undefined` without it.
 *
 * @see RFC 7239 section 4
 */
function parameterOf(element: string | undefined, name: string): string | undefined {
  for (const pair of element?.split(';') ?? []) {
    const [key = '', ...rest] = pair.split('=')
    if (key.trim().toLowerCase() === name)
      return rest
        .join('=')
        .trim()
        .replace(/^"(.*)"$/, '$1')
  }
  return undefined
}

/**
 * Returns the IP address in an entry of a forwarding header, which may also have a port: `192.0.2.1:80`,
 * `[2001:db8::1]:80`. `undefined` for other texts.
 */
function addressIn(entry: string): string | undefined {
  const [, inBrackets, withPort] = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? []
  const address = inBrackets ?? withPort ?? entry
  return isIP(address) === 0 ? undefined : address
}
