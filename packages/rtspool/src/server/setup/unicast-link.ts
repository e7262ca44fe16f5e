import { type ForeignPort, foreignPortTeller } from '../../media/streams/foreign-port.js'
import { DatagramLink, InterleavedLink, type StreamLink } from '../../media/streams/stream-link.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Session } from '../../session-pool/index.js'
import type { ConnectionContext } from '../request/connection-context.js'
import type { UnicastTransport } from './transport-choice.js'

/** Properties of the stream for which {@link unicastLink} creates a link (ports or channels). */
export interface LinkedStream extends Pick<ForeignPort, 'path' | 'track' | 'client'> {
  readonly security: StreamSecurity | undefined
  /** Session of a client that sends media; see {@link DatagramLink}. */
  readonly holder?: Session
}

/**
 * Creates the link of a unicast stream: the pair of UDP ports or interleaved channels between
 * server and client. The link uses no port or channel before it is opened.
 *
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` when all channels are in use, or the ports
 * belong to another sender.
 */
export function unicastLink(
  { carrier, remoteAddress: address }: ConnectionContext,
  transport: UnicastTransport,
  { path, track, client, security, holder }: LinkedStream,
): StreamLink {
  const { profile } = transport
  if (transport.lowerTransport === 'TCP') {
    return new InterleavedLink({ profile, security, carrier, channels: transport.channels })
  }
  const { rtp, rtcp, clientPorts } = transport
  const onForeignPort = foreignPortTeller({ path, track, client, address })
  return new DatagramLink({
    profile,
    security,
    address,
    clientPorts,
    rtp,
    rtcp,
    holder,
    onForeignPort,
  })
}
