import { Diagnostic } from '../../listeners.js'

/** Packets that come from the address of a client by UDP, and from a port that it did not announce: they are dropped. */
export interface ForeignPort {
  /** Of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Who has set the track up: `publisher` to record, `viewer` to play or to speak. */
  readonly client: 'publisher' | 'viewer'
  readonly address: string
  readonly protocol: 'RTP' | 'RTCP'
  /** The port that the client announced for this protocol. */
  readonly announcedPort: number
  /** The port that packets come from. */
  readonly seenPort: number
}

const foreignPort = new Diagnostic<ForeignPort>(
  'rtspool:foreign-port',
  'RTSPOOL_FOREIGN_PORT',
  ({ path, track, client, address, protocol, announcedPort, seenPort }) =>
    `${path}: ${protocol} comes from port ${seenPort} of ${address}, and the ${client} of track ${track} announced ${announcedPort}`,
)

/** Makes what tells of the first such packet of one track that a client has set up. */
export function foreignPortTeller(
  place: Pick<ForeignPort, 'path' | 'track' | 'client' | 'address'>,
): (seen: Pick<ForeignPort, 'protocol' | 'announcedPort' | 'seenPort'>) => void {
  let isTold = false
  return (seen) => {
    if (isTold) return
    isTold = true
    foreignPort.publish({ ...place, ...seen })
  }
}
