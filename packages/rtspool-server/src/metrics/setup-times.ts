import { type RtspServer, type Session, type SessionState, systemClock } from 'rtspool'

/** States of a session that sends or receives media, which the label `state` of the histogram may have. */
export const flowingStates = ['Playing', 'Recording'] as const
export type FlowingState = (typeof flowingStates)[number]

/** Measures the time from the creation of each session until it plays or records for the first time. */
export class SetupTimes {
  readonly #pool: RtspServer['pool']
  readonly #note: (state: FlowingState, seconds: number) => void
  /** Sessions that have played or recorded before, whose later starts are not counted. */
  readonly #counted = new WeakSet<Session>()
  readonly #onState = (session: Session, state: SessionState): void => {
    const flowing = flowingStates.find((each) => each === state)
    if (flowing === undefined || this.#counted.has(session)) return
    this.#counted.add(session)
    this.#note(flowing, (systemClock.now() - session.createdAt) / 1000)
  }

  /**
   * Starts to measure.
   *
   * @param note - Called with the time in seconds of each session.
   */
  constructor(pool: RtspServer['pool'], note: (state: FlowingState, seconds: number) => void) {
    this.#pool = pool
    this.#note = note
    pool.on('sessionStateChanged', this.#onState)
  }

  /** Ends the measurement. Idempotent. */
  close(): void {
    this.#pool.off('sessionStateChanged', this.#onState)
  }
}
