import type { AdmissionLimit } from './admission/admission-control.js'
import { type RemovalReason, removalReasons } from './session-state.js'

/** Counters of a {@link SessionPool} since its creation. */
export interface SessionPoolStats {
  /** Number of sessions in the pool now. */
  readonly size: number
  /** Highest number of sessions that the pool has contained at a time so far. */
  readonly highWaterMark: number
  readonly created: number
  /** Number of removed sessions by reason. Their sum and `size` add up to `created`. */
  readonly removed: Readonly<Record<RemovalReason, number>>
  /** Number of refused clients by the limit that refused them. */
  readonly refused: Readonly<Record<AdmissionLimit, number>>
  /** Number of refused attempts to use a session of another owner. */
  readonly foreignClaims: number
}

/** Counts the events from which {@link SessionPoolStats} are made. */
export class PoolCounters {
  foreignClaims = 0
  #created = 0
  #highWaterMark = 0
  readonly #removed = Object.fromEntries(removalReasons.map((reason) => [reason, 0])) as Record<
    RemovalReason,
    number
  >
  readonly #refused: Record<AdmissionLimit, number> = {
    maxSessions: 0,
    maxSessionsPerAddress: 0,
    maxSessionsPerUser: 0,
    maxSessionsPerPath: 0,
    maxSessionsPerGroup: 0,
    onAdmit: 0,
    admissionControl: 0,
    bans: 0,
  }

  noteCreated(size: number): void {
    this.#created++
    if (size > this.#highWaterMark) this.#highWaterMark = size
  }

  noteRemoved(reason: RemovalReason): void {
    this.#removed[reason]++
  }

  noteRefusal(limit: AdmissionLimit): void {
    this.#refused[limit]++
  }

  snapshot(size: number): SessionPoolStats {
    return {
      size,
      highWaterMark: this.#highWaterMark,
      created: this.#created,
      removed: { ...this.#removed },
      refused: { ...this.#refused },
      foreignClaims: this.foreignClaims,
    }
  }
}
