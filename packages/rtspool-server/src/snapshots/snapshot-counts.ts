import { type SnapshotCause, SnapshotError } from './snapshot-error.js'

/** All causes for which there may be no snapshot, as in {@link SnapshotCause}. Each is counted from 0. */
const causes = [
  ...(['idle', 'noKeyFrame', 'noPicture', 'noJpeg', 'busy'] as const),
] as const satisfies readonly SnapshotCause[]

/** Numbers of snapshots since the start of the server. */
export interface SnapshotStats {
  /** Number of snapshots that callers got, by format. */
  readonly made: Readonly<Record<'jpeg' | 'mp4', number>>
  /** Number of JPEG among `made` that came from the cache, so that no conversion program ran. */
  readonly cacheHits: number
  /** Number of snapshots that could not be made, by cause. */
  readonly failed: Readonly<Record<SnapshotCause, number>>
}

/** Members of a snapshot that its count needs: the format. */
interface Counted {
  readonly contentType: 'image/jpeg' | 'video/mp4'
}

/** Counts the snapshots that callers got, and those that failed, since the start of the server. */
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

  /** Counts a JPEG from the cache. The caller counts the snapshot itself with {@link count}. */
  noteHit(): void {
    this.#cacheHits++
  }

  /**
   * Counts the snapshot that a function makes, or the cause of its {@link SnapshotError}.
   *
   * @throws The error of the function.
   */
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
