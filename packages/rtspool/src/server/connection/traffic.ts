import type { Session, SessionStats } from '../../session-pool/index.js'

/** Totals of the unicast sessions of a server, including ended ones. */
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

  /** Adds the figures of an ended session. */
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
 * Groups are counted once for the server, in `stats().multicast`, whatever each of their viewers
 * received.
 */
function add(total: SessionStats, session: Session): void {
  if (session.use?.transport === 'multicast') return
  const { stats } = session
  for (const name of names) total[name] += stats[name]
}
