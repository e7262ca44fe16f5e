import { RequestError } from '../../errors.js'
import { channelCount, type TransportSpec } from '../../rtsp/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/address-pool.js'
import { isOwnAddress } from '../../transport/system/addresses.js'
import type { UdpEndpoint } from '../../transport/udp/udp-endpoint.js'
import type { MulticastCarrier } from '../../transport/udp/udp-ports.js'
import { type ChosenProfile, srtpSuiteFor } from '../key-mgmt/key-mgmt.js'
import { offerFor } from '../key-mgmt/offers.js'
import type { RequestContext } from '../request/request-context.js'

/** Transport of a stream to or from one client: profile, keys, and ports or interleaved channels. */
export type UnicastTransport = ChosenProfile & UnicastLowerTransport

type UnicastLowerTransport =
  | {
      readonly lowerTransport: 'TCP'
      /** Pair of interleaved channels that the client has requested; `undefined` if the server must choose. */
      readonly channels: readonly [number, number] | undefined
    }
  | {
      readonly lowerTransport: 'UDP'
      readonly delivery: 'unicast'
      readonly clientPorts: readonly [number, number]
      readonly rtp: UdpEndpoint
      readonly rtcp: UdpEndpoint
      /**
       * Source address of the packets; `undefined` if it is the address that the client has
       * connected to.
       */
      readonly source?: string
    }

/** Transport of a stream to all viewers of a multicast group. */
export interface MulticastTransport extends ChosenProfile {
  readonly lowerTransport: 'UDP'
  readonly delivery: 'multicast'
  readonly carrier: MulticastCarrier
  /** Unicast transport that is used if no multicast group is free. */
  readonly otherwise: ChosenTransport | undefined
}

/** Transport that the server has chosen from the alternatives of a Transport header. */
export type ChosenTransport = UnicastTransport | MulticastTransport

export const isMulticast = (transport: ChosenTransport): transport is MulticastTransport =>
  transport.lowerTransport === 'UDP' && transport.delivery === 'multicast'

/**
 * Returns the transport of a stream that a client sends, which must be unicast.
 *
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` for multicast.
 */
export function requireUnicast(transport: ChosenTransport): UnicastTransport {
  if (!isMulticast(transport)) return transport
  throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'nobody can publish by multicast')
}

/** Empty keys of a stream without SRTP. */
const noKeys = { suite: undefined, offer: undefined } as const

/** Lowest client port to which the server sends media. Lower ones belong to system services. */
const minClientPort = 1024

/**
 * Chooses the first alternative that this server supports (RFC 2326 section 12.39).
 *
 * @param multicast - Multicast addresses of the mount.
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` (461) if there is none, `ERR_KEY_MANAGEMENT`
 *   (463) if the keys of an SRTP alternative cannot be used.
 */
export function chooseTransport(
  specs: readonly TransportSpec[],
  mode: 'PLAY' | 'RECORD',
  context: RequestContext,
  multicast?: MulticastAddressPool,
): ChosenTransport {
  const chosen = firstOf(specs, mode, context, multicast)
  if (chosen) return chosen
  throw new RequestError(
    'ERR_UNSUPPORTED_TRANSPORT',
    multicast?.only ? 'expected RTP/AVP over multicast UDP' : expected(context),
  )
}

function firstOf(
  specs: readonly TransportSpec[],
  mode: 'PLAY' | 'RECORD',
  context: RequestContext,
  multicast: MulticastAddressPool | undefined,
): ChosenTransport | undefined {
  for (const [index, spec] of specs.entries()) {
    const profile = spec.isSupported && isPlain(spec, mode) ? profileOf(spec, context) : undefined
    if (!profile) continue
    if (!meansMulticast(spec, multicast)) {
      const chosen = multicast?.only ? undefined : choose(spec, context)
      if (!chosen) continue
      if (profile === 'AVP') return { profile, ...noKeys, ...chosen }
      const offer = offerFor(context.request.uri, context.request.headers)
      return { profile, suite: srtpSuiteFor(context), offer, ...chosen }
    }
    const carrier = mode === 'PLAY' ? carrierFor(spec, profile, context, multicast) : undefined
    if (!carrier) continue
    const otherwise = firstOf(specs.slice(index + 1), mode, context, multicast)
    return { profile, ...noKeys, lowerTransport: 'UDP', delivery: 'multicast', carrier, otherwise }
  }
  return undefined
}

/**
 * Returns the object that can open multicast groups for a media; `undefined` if this client cannot use multicast.
 * Groups have no SRTP keys, and a client that needs a tunnel cannot receive them.
 */
function carrierFor(
  { lowerTransport }: TransportSpec,
  profile: 'AVP' | 'SAVP',
  { server, connection }: RequestContext,
  multicast: MulticastAddressPool | undefined,
): MulticastCarrier | undefined {
  if (lowerTransport !== 'UDP' || profile !== 'AVP' || connection.isTunnelled) return undefined
  const carrier = server.udp()?.multicastCarrier(connection.remoteAddress)
  return carrier && multicast?.hasFamily(carrier.family) ? carrier : undefined
}

/**
 * Returns whether an alternative has the mode that the request needs. A missing mode means PLAY
 * (RFC 2326 section 12.39), but go2rtc 1.9 omits it for tracks that it has announced.
 */
function isPlain(spec: TransportSpec, mode: 'PLAY' | 'RECORD'): boolean {
  return !spec.append && (spec.mode ?? mode) === mode
}

/**
 * Returns the profile and keys of a stream. RTP without encryption is allowed inside TLS; keys are
 * never sent without TLS (ONVIF, RFC 4567).
 */
function profileOf(
  { profile, lowerTransport }: TransportSpec,
  context: RequestContext,
): 'AVP' | 'SAVP' | undefined {
  if (profile === 'AVP' && (lowerTransport === 'TCP' || !context.connection.isSecure)) return 'AVP'
  return profile === 'SAVP' && srtpSuiteFor(context) ? 'SAVP' : undefined
}

function expected(context: RequestContext): string {
  const unicast = 'over unicast UDP from port 1024 on, to the client itself'
  if (!context.connection.isSecure) return `expected RTP/AVP over TCP interleaved or ${unicast}`
  if (!srtpSuiteFor(context)) return 'expected RTP/AVP over TCP interleaved'
  return `expected RTP/AVP or RTP/SAVP over TCP interleaved, or RTP/SAVP ${unicast}`
}

/**
 * Returns whether an alternative means multicast, which is the default (RFC 2326 section 12.39). An
 * alternative with client ports means unicast, and so do all on mounts without multicast. The
 * client never chooses group, ports and TTL (section 16). Values in the request are ignored, and the
 * response contains the real ones.
 */
function meansMulticast(spec: TransportSpec, multicast: MulticastAddressPool | undefined): boolean {
  if (spec.lowerTransport !== 'UDP') return spec.delivery === 'multicast'
  return (
    spec.delivery === 'multicast' ||
    (spec.delivery === undefined && multicast !== undefined && !spec.clientPort)
  )
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
  // RFC 2326 section 16: media are sent only to the requesting client.
  if (spec.destination && spec.destination !== address) return undefined
  const clientPorts = spec.clientPort
  if (!clientPorts || clientPorts.some((port) => port < minClientPort)) return undefined
  const rtp = server.udp()?.rtpEndpoint(address)
  const rtcp = server.udp()?.rtcpEndpoint(address)
  if (!rtp || !rtcp) return undefined
  // Our own packets would come back to us and count as a sign of life.
  const isOurs = clientPorts.some((port) => port === rtp.port || port === rtcp.port)
  if (isOurs && isOwnAddress(address)) return undefined
  return { lowerTransport: 'UDP', delivery: 'unicast', clientPorts, rtp, rtcp } as const
}
