import type { Clock, MediaFactory } from 'rtspool'
import { type RelayMedia, type RelaySourceOptions, relayMedia } from 'rtspool/relay'
import { type ExecPlan, maxStartSeconds } from './exec/exec-plan.js'
import type { PullPlan } from './pull/pull-plan.js'
import type { SourceStatus } from './source-status.js'

type SourcePlan = ExecPlan | PullPlan

/** Seconds for which viewers wait for another process to take the source over. */
const holdSeconds = 20
/** Seconds from a DESCRIBE to the SETUP of a viewer, at most; the owner then waits for its own time. */
const lingerSeconds = 1
/** Delays after failed attempts: short, because the process is on the same machine. */
const backoff = { firstSeconds: 0.1, maxSeconds: 1 }
const failedRetrySeconds = 1
/** Seconds that the reply of the owner may need after its own limit. */
const replySeconds = 2
/**
 * Seconds for which the reply of the owner may wait for the camera: as long as any plan says. The plan may change, and
 * another value would let the connection begin anew.
 */
const responseTimeout = maxStartSeconds + replySeconds

/** Division of the sources among several processes of one server. */
export interface SharedSources {
  /** Returns whether this process has the source of a path. */
  owns(path: string): boolean
  /** Returns the place at which the process that has the source serves its path. */
  placeOf(path: string): RelaySourceOptions
  /** Notes the paths of all sources in the configuration. */
  want(paths: readonly string[]): void
}

/**
 * Source of a path that another process of this server has. The media is pulled from that process while somebody watches,
 * so that the process counts its own viewers and these.
 */
export class SiblingSource {
  readonly #relay: RelayMedia
  #plan: SourcePlan
  #url: string
  #isClosed = false
  /** Status that the owner has told last. */
  #told: SourceStatus | undefined

  /** @param place - Place at which the owner serves the path. */
  constructor(plan: SourcePlan, place: RelaySourceOptions, clock: Clock) {
    this.#plan = plan
    this.#url = String(place.url)
    this.#relay = relayMedia(
      { ...place, responseTimeout },
      {
        ...{ clock, backoff, failedRetrySeconds, transport: 'tcp', passRefusals: true },
        // The owner waits for the camera, and for its viewers to return.
        ...{ lingerSeconds, stallSeconds: 0, onAway: { holdSeconds } },
        waitSeconds: plan.startSeconds + replySeconds,
      },
    )
  }

  /** Plan of the source, which the owner follows. */
  get plan(): SourcePlan {
    return this.#plan
  }

  setPlan(plan: SourcePlan): void {
    const isLonger = plan.startSeconds !== this.#plan.startSeconds
    this.#plan = plan
    // An update connects anew after a failure.
    if (isLonger) this.#relay.update({ waitSeconds: plan.startSeconds + replySeconds })
  }

  get factory(): MediaFactory {
    return this.#relay.factory
  }

  /** Status as the owner has told it; that of a source without viewers before. */
  get status(): SourceStatus {
    if (this.#told !== undefined) return this.#told
    const { path, kind } = this.plan
    const { since } = this.#relay.status
    return {
      ...{ path, kind, state: 'idle', since, until: undefined, reason: undefined, attempts: 0 },
      ...{ lastError: undefined, bytes: 0, source: '', pid: undefined },
    }
  }

  /**
   * Notes the status that the owner tells. An owner that is new has another time for `idle`, which is no other state.
   *
   * @returns True if the state is another one than before.
   */
  note(status: SourceStatus): boolean {
    const { state, since, attempts } = this.status
    this.#told = status
    if (status.state !== state || status.attempts !== attempts) return true
    return state !== 'idle' && status.since.getTime() !== since.getTime()
  }

  /** Continues from another process. Viewers stay. */
  follow(place: RelaySourceOptions): void {
    const url = String(place.url)
    if (url === this.#url) return
    this.#url = url
    this.#relay.update({ source: { ...place, responseTimeout } })
  }

  /** Nothing to start: the connection waits for viewers. */
  begin(): void {}

  /** Serves the present viewers from another place, and closes when the last one has left. */
  async retire(place: RelaySourceOptions): Promise<void> {
    this.follow(place)
    while (!this.#isClosed && this.#relay.status.state !== 'idle') {
      await new Promise((resolve) => {
        this.#relay.once('stateChanged', resolve)
      })
    }
    await this.close()
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#relay.close()
  }
}
