import { type SnapshotCause, SnapshotError } from './snapshot-error.js'

/** Causes for which there may be no snapshot. */
const causes = [
  ...(['idle', 'noKeyFrame', 'noPicture', 'noJpeg', 'busy'] as const),
] as const satisfies readonly SnapshotCause[]

/** Numbers of snapshots since the start. */
export interface SnapshotStats {
  /** Snapshots that callers got, by format. */
  readonly made: Readonly<Record<'jpeg' | 'mp4', number>>
  /** JPEG among them that were kept, so that no program ran. */
  readonly cacheHits: number
  /** Snapshots that could not be made, by cause. */
  readonly failed: Readonly<Record<SnapshotCause, number>>
}

/** Snapshot as far as it is counted. */
interface Counted {
  readonly contentType: 'image/jpeg' | 'video/mp4'
}

/** Counts snapshots. */
export class SnapshotCounts {
  readonly #made = { jpeg: 0, mp4: 0 }
  readonly #failed = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<
    SnapshotCause,
    number
  >
  #cacheHits = 0

  get stats(): SnapshotStats {
    return { made: { ...this.#made }, cacheHits: this.#cacheHits, failed: { ...this.#failed } }
  }

  /** Notes that a kept JPEG is sent again. */
  noteHit(): void {
    this.#cacheHits++
  }

  /** Counts the result of a function. @throws The error of the function. */
  async count<Snapshot extends Counted>(make: () => Promise<Snapshot>): Promise<Snapshot> {
    try {
      const snapshot = await make()
      this.#made[snapshot.contentType === 'image/jpeg' ? 'jpeg' : 'mp4']++
      return snapshot
    } catch (error) {
      if (error instanceof SnapshotError) this.#failed[error.reason]++
      throw error
    }
  }
}
