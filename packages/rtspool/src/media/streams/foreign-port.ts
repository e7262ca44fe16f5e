import { Diagnostic, TellOnce } from '../../listeners.js'

/**
 * Packets by UDP from a client's address, but from a port that the client did not announce. They
 * are dropped.
 */
export interface ForeignPort {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Role of the client that has set up the track: `publisher` records, `viewer` plays or speaks. */
  readonly client: 'publisher' | 'viewer'
  readonly address: string
  readonly protocol: 'RTP' | 'RTCP'
  /** The port that the client announced for this protocol. */
  readonly announcedPort: number
  /** The port that the packets are sent from. */
  readonly seenPort: number
}

const foreignPort = new Diagnostic<ForeignPort>(
  'rtspool:foreign-port',
  'RTSPOOL_FOREIGN_PORT',
  ({ path, track, client, address, protocol, announcedPort, seenPort }) =>
    `${path}: ${protocol} comes from port ${seenPort} of ${address}, and the ${client} of track ${track} announced ${announcedPort}`,
)

/** Creates a function that publishes the first such packet of one track. */
export function foreignPortTeller(
  place: Pick<ForeignPort, 'path' | 'track' | 'client' | 'address'>,
): (seen: Pick<ForeignPort, 'protocol' | 'announcedPort' | 'seenPort'>) => void {
  const once = new TellOnce()
  return (seen) => {
    if (once.isFirst('port')) foreignPort.publish({ ...place, ...seen })
  }
}
