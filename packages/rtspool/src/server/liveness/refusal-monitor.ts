import type { Clock, ClockTimer } from '../../clock.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import type { Session } from '../../session-pool/index.js'
import type { DatagramDestination } from '../../transport/udp/datagram-group.js'

/** Twice before the limit; a look costs two system calls a stream. */
const intervalMs = 500
/** For how long everything must have been refused; a client may be about to open its port anew. */
const refusedMs = 1000
/** Refusals further apart are not one: others may have been held back (RFC 1812 section 4.3.2.8), not more. */
const maxGapMs = 3000

/** Tells, when it is looked at, what one destination has refused. */
export interface RefusalListener {
  look(): void
  close(): void
}

/** Where datagrams are sent from. */
export interface RefusableEndpoint {
  listenForRefusals(
    destination: DatagramDestination,
    onRefused: (quoted: Buffer) => void,
  ): RefusalListener | undefined
}

/** One UDP stream, and since when its client refuses it. */
interface Watched {
  readonly session: Session
  readonly stream: PlayStream
  socket: RefusalListener | undefined
  firstRefusedAt: number
  lastRefusedAt: number
  /** To see whether packets flow. */
  packetCount: number
  flowedAt: number
}

const never = Number.NEGATIVE_INFINITY

/**
 * Ends sessions whose client is gone: it refuses all that is sent to it, for a second, and is not heard meanwhile
 * (RFC 8083 section 4.5, RFC 7826 C.1.6). A refusal counts only when it quotes a packet that was really sent, so that
 * nobody who does not see the stream can forge one. Where refusals cannot be learned, the session ends with its
 * timeout.
 */
export class RefusalMonitor {
  readonly #clock: Clock
  readonly #streams = new Set<Watched>()
  #timer: ClockTimer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Begins to watch a stream. @returns Ends it. Idempotent. */
  watch(
    session: Session,
    stream: PlayStream,
    endpoint: RefusableEndpoint,
    destination: DatagramDestination,
  ): () => void {
    const watched: Watched = {
      session,
      stream,
      socket: undefined,
      firstRefusedAt: never,
      lastRefusedAt: never,
      packetCount: stream.track.packetCount,
      flowedAt: never,
    }
    watched.socket = endpoint.listenForRefusals(destination, (quoted) => {
      if (stream.track.hasSent(quoted)) this.#note(watched)
    })
    if (!watched.socket) return () => {}
    this.#streams.add(watched)
    this.#timer ??= this.#schedule()
    return () => {
      this.#streams.delete(watched)
      watched.socket?.close()
      if (this.#streams.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  #schedule(): ClockTimer {
    return this.#clock.schedule(() => this.#look(), intervalMs, false)
  }

  #look(): void {
    const now = this.#clock.now()
    for (const watched of this.#streams) {
      const { packetCount } = watched.stream.track
      if (packetCount !== watched.packetCount) watched.flowedAt = now
      watched.packetCount = packetCount
      watched.socket?.look()
    }
    for (const watched of this.#streams)
      if (this.#isGone(watched)) watched.session.end('unreachable')
    this.#timer = this.#streams.size > 0 ? this.#schedule() : undefined
  }

  #note(watched: Watched): void {
    const now = this.#clock.now()
    const isNew = now - watched.lastRefusedAt > maxGapMs
    if (isNew || watched.session.lastAccessAt >= watched.firstRefusedAt)
      watched.firstRefusedAt = now
    watched.lastRefusedAt = now
  }

  /** Whether this stream is refused, and the session's other ones are as well or have nothing to send. */
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
