import { RequestError } from '../errors.js'
import type { TransportSpec } from '../rtsp/index.js'
import { channelCount } from '../transport/interleaved.js'
import type { UdpEndpoint } from '../transport/udp-port-pair.js'
import type { RequestContext } from './request-context.js'

/** The alternative of a Transport header that is going to be used. */
export type ChosenTransport =
  | {
      readonly lowerTransport: 'TCP'
      /** The pair that the client asked for, if it did. */
      readonly channels: readonly [number, number] | undefined
    }
  | {
      readonly lowerTransport: 'UDP'
      readonly clientPorts: readonly [number, number]
      readonly rtp: UdpEndpoint
      readonly rtcp: UdpEndpoint
    }

/** Ports below belong to system services: no media is ever sent there. */
const minClientPort = 1024

/**
 * Picks the first alternative that this server can do (RFC 2326 section 12.39).
 *
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` (461) when there is none.
 */
export function chooseTransport(
  specs: readonly TransportSpec[],
  mode: 'PLAY' | 'RECORD',
  context: RequestContext,
): ChosenTransport {
  for (const spec of specs) {
    const chosen = spec.isSupported && isPlain(spec, mode) ? choose(spec, context) : undefined
    if (chosen) return chosen
  }
  throw new RequestError(
    'ERR_UNSUPPORTED_TRANSPORT',
    'expected RTP/AVP over TCP interleaved or over unicast UDP from port 1024 on, to the client itself',
  )
}

function isPlain(spec: TransportSpec, mode: 'PLAY' | 'RECORD'): boolean {
  return (
    spec.profile === 'AVP' &&
    spec.delivery !== 'multicast' &&
    !spec.append &&
    (spec.mode ?? 'PLAY') === mode
  )
}

function choose(spec: TransportSpec, { server, connection }: RequestContext) {
  if (spec.lowerTransport === 'TCP') {
    const channels = spec.interleaved
    if (channels && (channels[1] >= channelCount || channels[0] === channels[1])) return undefined
    return { lowerTransport: 'TCP', channels } as const
  }
  const address = connection.remoteAddress
  // RFC 2326 section 16: media go to nobody but the client that asks.
  if (spec.destination && spec.destination !== address) return undefined
  const clientPorts = spec.clientPort
  if (!clientPorts || clientPorts.some((port) => port < minClientPort)) return undefined
  const rtp = server.udp()?.rtpEndpoint(address)
  const rtcp = server.udp()?.rtcpEndpoint(address)
  if (!rtp || !rtcp) return undefined
  return { lowerTransport: 'UDP', clientPorts, rtp, rtcp } as const
}
