import { type Clock, type ClockTimer, scheduleAfterReads } from '../clock.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import type { SessionDescription } from '../sdp/index.js'
import { Backlog } from './backlog.js'
import { maxReportWaitMs, type StatedTime, type Upstream } from './upstream.js'

/**
 * Connection to the first source that is about to replace the present one. Keeps packets until they begin with a key
 * frame.
 */
export class Standby {
  readonly upstream: Upstream
  /** Latest pair of RTP time and wall-clock time in a sender report of the source, by index of the track. */
  readonly times = new Map<number, StatedTime>()
  readonly #clock: Clock
  readonly #limits: GopCacheLimits
  readonly #ready: () => void
  #description: SessionDescription | undefined
  #backlog: Backlog | undefined
  #timer: ClockTimer | undefined

  /**
   * Creates the standby for a connection that is being opened.
   *
   * @param init - `ready` is called once, a moment after the kept packets begin with a key frame. Viewers can then
   *   switch.
   */
  constructor(init: {
    readonly upstream: Upstream
    readonly clock: Clock
    readonly limits: GopCacheLimits
    readonly ready: () => void
  }) {
    this.upstream = init.upstream
    this.#clock = init.clock
    this.#limits = init.limits
    this.#ready = init.ready
  }

  /**
   * Description, kept packets and times of the source, with which viewers can switch; `undefined` before the source has
   * described its stream.
   */
  get contents() {
    const [description, backlog] = [this.#description, this.#backlog]
    return description && backlog && { description, backlog, times: this.times }
  }

  begin(description: SessionDescription): void {
    this.#description = description
    this.#backlog?.clear()
    this.#backlog = new Backlog(description.media, this.#limits)
  }

  push(track: number, packet: Buffer): void {
    this.#backlog?.push(track, packet)
    if (!this.#backlog?.isReady || this.#timer) return
    // The reports of the source may follow a moment later.
    this.#timer = scheduleAfterReads(this.#clock, this.#ready, maxReportWaitMs)
  }

  tell(track: number, time: StatedTime): void {
    this.times.set(track, time)
  }

  /** Cancels the call of `ready`, and drops the kept packets. Leaves the connection open: the caller closes it. */
  cancel(): void {
    this.#timer?.cancel()
    this.#backlog?.clear()
  }
}
