import { isDeepStrictEqual } from 'node:util'
import type { Clock, MediaFactory } from 'rtspool'
import { type RelayMedia, type RelayStatus, relayMedia } from 'rtspool/relay'
import type { SourceStatus } from '../source-status.js'
import { type PullPlan, relayOptionsOf, relaySourcesOf } from './pull-plan.js'

export interface PullSourceInit {
  readonly clock: Clock
  /** Called after each change of the state. */
  readonly changed: (status: SourceStatus) => void
}

/** Source of a path whose media is pulled from a camera or another server. */
export class PullSource {
  readonly #relay: RelayMedia
  #plan: PullPlan

  /**
   * Creates a source, which pulls at once with `alwaysOn`.
   *
   * @throws {RangeError | TypeError} Names the invalid option, without credentials.
   */
  constructor(plan: PullPlan, { clock, changed }: PullSourceInit) {
    this.#plan = plan
    this.#relay = relayMedia(relaySourcesOf(plan), { ...relayOptionsOf(plan), clock })
    this.#relay.on('stateChanged', (status) => changed(this.#statusOf(status)))
  }

  get plan(): PullPlan {
    return this.#plan
  }

  get factory(): MediaFactory {
    return this.#relay.factory
  }

  get status(): SourceStatus {
    return this.#statusOf(this.#relay.status)
  }

  /**
   * Uses other settings. Viewers stay. After a change of URL or login, they wait for the new camera as for the return
   * of the old one.
   */
  update(plan: PullPlan): void {
    const isOther = !isDeepStrictEqual(relaySourcesOf(plan), relaySourcesOf(this.#plan))
    this.#plan = plan
    const source = isOther ? { source: relaySourcesOf(plan) } : {}
    this.#relay.update({ ...relayOptionsOf(plan), ...source })
  }

  close(): Promise<void> {
    return this.#relay.close()
  }

  #statusOf({ lastError, ...status }: RelayStatus): SourceStatus {
    const { path } = this.#plan
    return { path, kind: 'pull', ...status, lastError: lastError?.message, pid: undefined }
  }
}
