import type { Clock } from '../../clock.js'
import type { ReaderLag } from '../../media/fan-out/reader.js'
import type { Session } from '../../session-pool/index.js'

/** Result of a period in which a viewer read too slowly, and the server left out packets. */
export interface ViewerGap {
  /** Number of packets, over all tracks, that were not sent to the viewer. */
  readonly packetsDropped: number
  readonly seconds: number
}

/** Receives a notice when a viewer falls behind, and when it has caught up. */
export interface LagListener {
  fellBehind(session: Session): void
  caughtUp(session: Session, gap: ViewerGap): void
}

interface Lag {
  /** Number of tracks for which packets are left out at the moment. */
  tracks: number
  isTold: boolean
  readonly droppedBefore: number
  readonly since: number
}

/**
 * Tells its {@link LagListener} about viewers that read packets too slowly, once for all tracks of a session. Viewers
 * that keep up cost no memory. The listener is called only after the present batch of packets, because it may end the
 * session.
 */
export class LagMonitor {
  readonly #clock: Clock
  readonly #listener: LagListener
  readonly #lags = new Map<Session, Lag>()
  readonly #changed = new Set<Session>()

  constructor(clock: Clock, listener: LagListener) {
    this.#clock = clock
    this.#listener = listener
  }

  /**
   * Creates the object through which the delivery of one track reports that the viewer of a session is behind, or has
   * caught up.
   */
  readerLag(session: Session): ReaderLag {
    const counters = session.stats
    return {
      fellBehind: () => this.#fellBehind(session, counters.packetsDropped),
      caughtUp: () => this.#caughtUp(session),
    }
  }

  #fellBehind(session: Session, droppedBefore: number): void {
    const lag = this.#lags.get(session)
    if (lag) lag.tracks++
    else {
      const since = this.#clock.now()
      this.#lags.set(session, { tracks: 1, isTold: false, droppedBefore, since })
    }
    this.#schedule(session)
  }

  #caughtUp(session: Session): void {
    const lag = this.#lags.get(session)
    if (!lag) return
    lag.tracks--
    this.#schedule(session)
  }

  #schedule(session: Session): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#tell())
    this.#changed.add(session)
  }

  #tell(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const session of changed) {
      const lag = this.#lags.get(session)
      if (lag) this.#settle(session, lag)
    }
  }

  #settle(session: Session, lag: Lag): void {
    if (lag.tracks === 0) this.#lags.delete(session)
    if (session.removalReason !== undefined) return
    if (lag.tracks > 0 && !lag.isTold) {
      lag.isTold = true
      this.#listener.fellBehind(session)
    } else if (lag.tracks === 0 && lag.isTold) {
      const packetsDropped = session.stats.packetsDropped - lag.droppedBefore
      const seconds = (this.#clock.now() - lag.since) / 1000
      this.#listener.caughtUp(session, { packetsDropped, seconds })
    }
  }
}
