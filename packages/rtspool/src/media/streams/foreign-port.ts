import { Diagnostic, TellOnce } from '../../listeners.js'

/**
 * Message on the diagnostics channel `rtspool:foreign-port`: UDP packets arrive from a client's address, but not from
 * the port that the client announced. Such packets are dropped.
 */
export interface ForeignPort {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Role of the client that has set up the track: `publisher` records, `viewer` plays, or sends on a back channel. */
  readonly client: 'publisher' | 'viewer'
  readonly address: string
  readonly protocol: 'RTP' | 'RTCP'
  /** Port that the client announced for this protocol. */
  readonly announcedPort: number
  /** Port from which the packets really arrive. */
  readonly seenPort: number
}

const foreignPort = new Diagnostic<ForeignPort>(
  'rtspool:foreign-port',
  'RTSPOOL_FOREIGN_PORT',
  ({ path, track, client, address, protocol, announcedPort, seenPort }) =>
    `${path}: ${protocol} comes from port ${seenPort} of ${address}, and the ${client} of track ${track} announced ${announcedPort}`,
)

/**
 * Creates a function that publishes the first foreign port of one track on the diagnostics channel
 * `rtspool:foreign-port`. Later calls of the function do nothing.
 */
export function foreignPortTeller(
  place: Pick<ForeignPort, 'path' | 'track' | 'client' | 'address'>,
): (seen: Pick<ForeignPort, 'protocol' | 'announcedPort' | 'seenPort'>) => void {
  const once = new TellOnce()
  return (seen) => {
    if (once.isFirst('port')) foreignPort.publish({ ...place, ...seen })
  }
}
