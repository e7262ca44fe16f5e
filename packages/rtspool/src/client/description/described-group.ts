import type { MediaDescription, SessionDescription } from '../../sdp/index.js'

/** Multicast group of a track in a description: address and TTL of `c=IN IP4 239.1.2.3/ttl`, and the port of `m=`. */
export interface DescribedGroup {
  readonly address: string
  readonly ports: readonly [rtp: number, rtcp: number] | undefined
  /** Time to live, 0 to 255; `undefined` if the line has none, as with IPv6. */
  readonly ttl: number | undefined
}

const connectionPattern = /^IN +IP[46] +([0-9a-f.:]+)(?:\/(\d{1,3})(?:\/\d+)?)?$/i
const maxTtl = 255
const maxPort = 65_534

/**
 * Returns the group in the `c=` line of a track, or else of the session; `undefined` without a readable line. The
 * caller checks whether the address is one of multicast.
 *
 * @see RFC 8866 section 5.7
 */
export function describedGroupOf(
  { session }: SessionDescription,
  { section, port }: MediaDescription,
): DescribedGroup | undefined {
  const line = section.value('c') ?? session.value('c') ?? ''
  const [, address, ttl] = connectionPattern.exec(line.trim()) ?? []
  if (address === undefined) return undefined
  const ports = port > 0 && port <= maxPort ? ([port, port + 1] as const) : undefined
  const isIpv4 = !address.includes(':')
  return {
    ...{ address, ports },
    ttl: isIpv4 && ttl !== undefined ? Math.min(Number(ttl), maxTtl) : undefined,
  }
}
