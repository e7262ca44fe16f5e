import type { MountPoints } from 'rtspool'
import { type ReplayedRecordings, replayMount } from './replay-mount.js'

/** Settings of the replay of recordings. */
export interface ReplayPlan {
  /** Path below which recordings are played; `false` = nowhere. */
  readonly path: string | false
}

export const replayDefaults = Object.freeze({ path: '/replay' }) satisfies ReplayPlan

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
   */
  update({ path }: ReplayPlan, hasRecordings: boolean): void {
    const wanted = hasRecordings && path !== false ? path : undefined
    if (wanted === this.#mounted) return
    if (this.#mounted !== undefined) this.#mounts.remove(this.#mounted)
    this.#mounted = wanted
    if (wanted === undefined) return
    const [recordings, onFailed] = [this.#recordings, this.#onFailed]
    this.#mounts.add(wanted, replayMount({ recordings, prefix: wanted, onFailed }))
  }
}
