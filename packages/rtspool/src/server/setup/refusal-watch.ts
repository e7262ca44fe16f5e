import type { UnicastDeliveryInit } from '../../media/streams/unicast-delivery.js'
import type { Track } from '../../media/track/track.js'
import type { Session } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import type { UnicastTransport } from './transport-choice.js'

/**
 * Starts to watch for ICMP refusals, which end the session of a UDP viewer.
 *
 * @returns Members for the delivery of the track. `endRefusals` stops the watch. `learns` is the socket on which RTCP
 *   from another port than the announced one may show that the viewer is still there; `undefined` with SRTP.
 */
export function refusalWatch(
  { server, connection }: RequestContext,
  session: Session,
  track: Track,
  { profile, clientPorts, rtp, rtcp }: Extract<UnicastTransport, { lowerTransport: 'UDP' }>,
): Pick<UnicastDeliveryInit, 'learns' | 'endRefusals'> {
  const address = connection.remoteAddress
  return {
    endRefusals: server.refusals.watch(session, track, rtp, { address, port: clientPorts[0] }),
    // An encrypted report echoes nothing that could be compared.
    learns: profile === 'AVP' ? { clock: server.clock, endpoint: rtcp, address } : undefined,
  }
}
