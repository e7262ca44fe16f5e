import { type Clock, PeriodicCheck } from '../../clock.js'
import type { Track } from '../../media/track/track.js'
import type { Session } from '../../session-pool/index.js'
import type { DatagramDestination } from '../../transport/udp/datagram-group.js'

/**
 * Milliseconds between two checks of a stream, each of which costs two system calls. Two checks fit
 * in the limit {@link refusedMs}.
 */
const intervalMs = 500
/**
 * Milliseconds for which a client must have refused every packet, by ICMP, before the session ends.
 * The client may be about to open its port again.
 */
const refusedMs = 1000
/**
 * Maximum milliseconds between two ICMP refusals of the same series; after a longer gap, a new
 * series begins. Gaps are normal, because routers limit the rate of ICMP errors (RFC 1812 section
 * 4.3.2.8).
 */
const maxGapMs = 3000

/**
 * Collects the ICMP errors that refuse packets to one destination. `look` passes those that have
 * arrived to `onRefused` of {@link RefusableEndpoint.listenForRefusals}.
 */
export interface RefusalListener {
  look(): void
  close(): void
}

/** UDP socket from which datagrams are sent, and whose ICMP errors can be read. */
export interface RefusableEndpoint {
  listenForRefusals(
    destination: DatagramDestination,
    onRefused: (quoted: Buffer) => void,
  ): RefusalListener | undefined
}

/**
 * A watched UDP stream, with the times of the first and the last ICMP refusal in the present
 * series.
 */
interface Watched {
  readonly session: Session
  readonly track: Track
  socket: RefusalListener | undefined
  firstRefusedAt: number
  lastRefusedAt: number
  /** Number of packets sent until the last check. A change shows that packets flow. */
  packetCount: number
  flowedAt: number
}

const never = Number.NEGATIVE_INFINITY

/**
 * Ends UDP sessions whose client has gone: for a second its host has refused every packet by ICMP,
 * and the client has sent nothing (RFC 8083 section 4.5, RFC 7826 C.1.6). A refusal counts only if
 * it quotes a packet that was really sent, so that others cannot forge it. Without native calls,
 * refusals cannot be seen, and the session ends at its timeout.
 */
export class RefusalMonitor {
  readonly #clock: Clock
  readonly #streams = new Set<Watched>()
  readonly #check: PeriodicCheck

  constructor(clock: Clock) {
    this.#clock = clock
    this.#check = new PeriodicCheck(clock, intervalMs, () => this.#look())
  }

  /** Starts watching a stream for ICMP refusals. @returns A function that stops it. Idempotent. */
  watch(
    session: Session,
    track: Track,
    endpoint: RefusableEndpoint,
    destination: DatagramDestination,
  ): () => void {
    const watched: Watched = {
      session,
      track,
      socket: undefined,
      firstRefusedAt: never,
      lastRefusedAt: never,
      packetCount: track.packetCount,
      flowedAt: never,
    }
    watched.socket = endpoint.listenForRefusals(destination, (quoted) => {
      if (track.hasSent(quoted)) this.#note(watched)
    })
    if (!watched.socket) return () => {}
    this.#streams.add(watched)
    this.#check.start()
    return () => {
      this.#streams.delete(watched)
      watched.socket?.close()
      if (this.#streams.size === 0) this.#check.stop()
    }
  }

  #look(): boolean {
    const now = this.#clock.now()
    for (const watched of this.#streams) {
      const { packetCount } = watched.track
      if (packetCount !== watched.packetCount) watched.flowedAt = now
      watched.packetCount = packetCount
      watched.socket?.look()
    }
    for (const watched of this.#streams)
      if (this.#isGone(watched)) watched.session.end('unreachable')
    return this.#streams.size > 0
  }

  #note(watched: Watched): void {
    const now = this.#clock.now()
    const isNew = now - watched.lastRefusedAt > maxGapMs
    if (isNew || watched.session.lastAccessAt >= watched.firstRefusedAt)
      watched.firstRefusedAt = now
    watched.lastRefusedAt = now
  }

  /**
   * Returns whether the client refuses this stream by ICMP, and the other streams of the session
   * are refused too or have no packets to send.
   */
  #isGone({ session, firstRefusedAt, lastRefusedAt }: Watched): boolean {
    if (lastRefusedAt - firstRefusedAt < refusedMs || firstRefusedAt === never) return false
    if (session.lastAccessAt >= firstRefusedAt) return false
    for (const other of this.#streams) {
      if (other.session !== session || other.lastRefusedAt >= firstRefusedAt) continue
      if (other.flowedAt >= firstRefusedAt) return false
    }
    return true
  }
}
