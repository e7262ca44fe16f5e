import { RequestError } from '../errors.js'
import type { SrtpOffer } from '../mikey/index.js'
import type { TransportSpec } from '../rtsp/index.js'
import { channelCount } from '../transport/interleaved.js'
import type { UdpEndpoint } from '../transport/udp-port-pair.js'
import type { RequestContext } from './request-context.js'
import { offerFor, srtpSuiteFor } from './srtp.js'

/** What is the same for all lower transports. */
interface ChosenProfile {
  readonly profile: 'AVP' | 'SAVP'
  /** With SAVP: the key of what the client sends, if it comes with the request. */
  readonly offer: SrtpOffer | undefined
}

/** The alternative of a Transport header that is going to be used. */
export type ChosenTransport = ChosenProfile & ChosenLowerTransport

type ChosenLowerTransport =
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
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` (461) when there is none, `ERR_KEY_MANAGEMENT` (463) when
 * the keys that come with one of SRTP cannot be used.
 */
export function chooseTransport(
  specs: readonly TransportSpec[],
  mode: 'PLAY' | 'RECORD',
  context: RequestContext,
): ChosenTransport {
  for (const spec of specs) {
    const profile = spec.isSupported && isPlain(spec, mode) && profileOf(spec, context)
    const chosen = profile ? choose(spec, context) : undefined
    if (profile && chosen) return { ...chosen, profile, offer: offerOf(profile, context) }
  }
  throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', expected(context))
}

function isPlain(spec: TransportSpec, mode: 'PLAY' | 'RECORD'): boolean {
  return spec.delivery !== 'multicast' && !spec.append && (spec.mode ?? 'PLAY') === mode
}

/** RTP without encryption stays inside a connection that has it; keys never travel without (ONVIF, RFC 4567). */
function profileOf(
  { profile, lowerTransport }: TransportSpec,
  context: RequestContext,
): 'AVP' | 'SAVP' | undefined {
  if (profile === 'AVP' && (lowerTransport === 'TCP' || !context.connection.isSecure)) return 'AVP'
  return profile === 'SAVP' && srtpSuiteFor(context) ? 'SAVP' : undefined
}

function offerOf(profile: 'AVP' | 'SAVP', { request }: RequestContext): SrtpOffer | undefined {
  return profile === 'SAVP' ? offerFor(request.uri, request.headers) : undefined
}

function expected(context: RequestContext): string {
  const unicast = 'over unicast UDP from port 1024 on, to the client itself'
  if (!context.connection.isSecure) return `expected RTP/AVP over TCP interleaved or ${unicast}`
  if (!srtpSuiteFor(context)) return 'expected RTP/AVP over TCP interleaved'
  return `expected RTP/AVP or RTP/SAVP over TCP interleaved, or RTP/SAVP ${unicast}`
}

function choose(spec: TransportSpec, { server, connection }: RequestContext) {
  if (spec.lowerTransport === 'TCP') {
    const channels = spec.interleaved
    if (channels && (channels[1] >= channelCount || channels[0] === channels[1])) return undefined
    return { lowerTransport: 'TCP', channels } as const
  }
  // A client that needs a tunnel cannot be reached by UDP.
  if (connection.isTunnelled) return undefined
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
