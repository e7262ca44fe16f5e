import type { Session, SessionStats } from '../../session-pool/index.js'

/** Traffic of all unicast sessions of a server, including ended ones. */
export interface RtspServerTraffic extends Readonly<SessionStats> {}

const names = [
  ...(['bytesIn', 'packetsIn', 'bytesOut', 'packetsOut'] as const),
  ...(['packetsLost', 'packetsDropped'] as const),
] as const satisfies readonly (keyof SessionStats)[]

const noTraffic = (): SessionStats => ({
  ...{ bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 },
  ...{ packetsLost: 0, packetsDropped: 0 },
})

/** Adds up the traffic of sessions: once for each that ends, and for the live ones on demand. */
export class TrafficTotals {
  readonly #left = noTraffic()

  /** Adds the traffic of a session that has ended. To be called once for each session. */
  settle(session: Session): void {
    add(this.#left, session)
  }

  with(live: Iterable<Session>): RtspServerTraffic {
    const total = { ...this.#left }
    for (const session of live) add(total, session)
    return total
  }
}

/**
 * Adds the traffic of a session to the total of a server. Leaves out multicast, which is counted once for each group
 * in `stats().multicast`.
 */
function add(total: SessionStats, session: Session): void {
  if (session.use?.transport === 'multicast') return
  const { stats } = session
  for (const name of names) total[name] += stats[name]
}
