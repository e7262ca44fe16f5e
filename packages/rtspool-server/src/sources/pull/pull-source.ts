import { isDeepStrictEqual } from 'node:util'
import type { Clock, MediaFactory } from 'rtspool'
import { type RelayMedia, type RelayStatus, type RelayUpdate, relayMedia } from 'rtspool/relay'
import type { SourceStatus } from '../source-status.js'
import { type PullPlan, relayOptionsOf, relaySourcesOf } from './pull-plan.js'

export interface PullSourceInit {
  readonly clock: Clock
  /** True to connect only for viewers until {@link PullSource.begin} is called, even with `alwaysOn`. */
  readonly isHeld: boolean
  /** Called with the new status after each change of the source's state, such as from `connecting` to `playing`. */
  readonly changed: (status: SourceStatus) => void
}

/** Source of a path whose media is pulled from a camera or another server. */
export class PullSource {
  readonly #relay: RelayMedia
  #plan: PullPlan
  #isHeld: boolean

  /**
   * Creates a source, which pulls at once with `alwaysOn`.
   *
   * @throws {RangeError | TypeError} Names the invalid option, without credentials.
   */
  constructor(plan: PullPlan, { clock, changed, isHeld }: PullSourceInit) {
    this.#plan = plan
    this.#isHeld = isHeld
    this.#relay = relayMedia(relaySourcesOf(plan), { ...this.#options, clock })
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
   * Applies other settings while viewers stay. After a change of URL or login, viewers wait for the new camera as for
   * the return of the old one.
   */
  update(plan: PullPlan): void {
    const isOther = !isDeepStrictEqual(relaySourcesOf(plan), relaySourcesOf(this.#plan))
    this.#plan = plan
    const source = isOther ? { source: relaySourcesOf(plan) } : {}
    this.#relay.update({ ...this.#options, ...source })
  }

  /** Connects to the camera if the plan has `alwaysOn`; `isHeld` counts no longer. */
  begin(): void {
    this.#isHeld = false
    if (this.#plan.alwaysOn) this.#relay.update({ alwaysOn: true })
  }

  close(): Promise<void> {
    return this.#relay.close()
  }

  get #options(): RelayUpdate {
    const options = relayOptionsOf(this.#plan)
    return this.#isHeld ? { ...options, alwaysOn: false } : options
  }

  #statusOf({ lastError, ...status }: RelayStatus): SourceStatus {
    const { path } = this.#plan
    return { path, kind: 'pull', ...status, lastError: lastError?.message, pid: undefined }
  }
}
