import type { MountPoints } from 'rtspool'
import { type ReplayedRecordings, replayMount } from './replay-mount.js'

/** Settings of the replay of recordings over RTSP. */
export interface ReplayPlan {
  /** Path below which recordings are played; `false` = nowhere. */
  readonly path: string | false
}

export const replayDefaults = Object.freeze({ path: '/replay' }) satisfies ReplayPlan

const wantedPath = ({ path }: ReplayPlan, hasRecordings: boolean): string | undefined =>
  hasRecordings && path !== false ? path : undefined

/** Mounts the recordings of the command for replay over RTSP. */
export class Replay {
  readonly #mounts: MountPoints
  readonly #recordings: ReplayedRecordings
  readonly #onFailed: (path: string, error: unknown) => void
  #mounted: string | undefined

  constructor(
    mounts: MountPoints,
    recordings: ReplayedRecordings,
    onFailed: (path: string, error: unknown) => void,
  ) {
    this.#mounts = mounts
    this.#recordings = recordings
    this.#onFailed = onFailed
  }

  /**
   * Mounts the recordings at another path, or removes the mount. Viewers of the former path are not disconnected.
   *
   * @param hasRecordings - False if nothing is recorded, so that there is nothing to mount.
   * @throws The error of the mount if the path is in use. The mount before then stays.
   */
  update(plan: ReplayPlan, hasRecordings: boolean): void {
    const wanted = wantedPath(plan, hasRecordings)
    if (wanted === this.#mounted) return
    if (wanted !== undefined) {
      const [recordings, onFailed] = [this.#recordings, this.#onFailed]
      this.#mounts.add(wanted, replayMount({ recordings, prefix: wanted, onFailed }))
    }
    if (this.#mounted !== undefined) this.#mounts.remove(this.#mounted)
    this.#mounted = wanted
  }

  /** Returns whether something else is mounted where {@link update} would mount the recordings. */
  isTaken(plan: ReplayPlan, hasRecordings: boolean): boolean {
    const wanted = wantedPath(plan, hasRecordings)
    return (
      wanted !== undefined && wanted !== this.#mounted && this.#mounts.get(wanted) !== undefined
    )
  }
}
