import { type Backoff, backoffMs, type Clock } from 'rtspool'
import { EventSubscription, waitSeconds } from './event-subscription.js'
import type { CameraLogin } from './http-digest.js'
import { MotionStates } from './motion-states.js'
import { type Post, SoapClient } from './soap-client.js'

/** Delays from a failed attempt to the next one. */
const retries: Backoff = { firstMs: 1000, maxMs: 30_000, jitter: 1 / 4 }
/** Seconds for which a request waits for its response, beyond the wait for events. */
const responseSeconds = 10
/** Longest time in seconds for the end of a subscription. */
const farewellSeconds = 2
/** Least milliseconds between two requests for events: some cameras respond at once, although nothing has happened. */
const minPullMs = 250

export interface MotionWatchInit {
  /** URL of the device service of the camera. */
  readonly url: string
  /** User of the camera; `undefined` = no login. */
  readonly user: CameraLogin | undefined
  readonly clock: Clock
  readonly post: Post
  /** Called with `true` when something begins to move, and with `false` when nothing moves any more. */
  readonly onChange: (isMoving: boolean) => void
  /** Called when the events of the camera arrive (`undefined`), or no longer (the reason). Repetitions are left out. */
  readonly onState: (failure: string | undefined) => void
}

/**
 * Watches the motion events of one camera (ONVIF), and subscribes anew after each failure. Nothing counts as moving
 * while the camera tells nothing. The first event of a subscription is the present state, so no end of a motion is
 * missed.
 */
export class MotionWatch {
  readonly #init: MotionWatchInit
  readonly #client: SoapClient
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #isMoving = false
  /** Reason of the last failure; `undefined` while events arrive, `null` before the first attempt has ended. */
  #failure: string | undefined | null = null

  constructor(init: MotionWatchInit) {
    this.#init = init
    this.#client = new SoapClient(init.user, init.clock, init.post)
    this.#running = this.#run()
  }

  /** Ends the subscription. Resolves when the camera knows, or after 2 s. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let attempt = 0; !signal.aborted; ) {
      const hasWatched = await this.#watch()
      this.#move(false)
      attempt = hasWatched ? 1 : attempt + 1
      if (!signal.aborted) await this.#pause(backoffMs(retries, attempt, Math.random()))
    }
  }

  /** Subscribes, and reads events until the subscription fails. @returns Whether it has begun */
  async #watch(): Promise<boolean> {
    const { clock, url } = this.#init
    const states = new MotionStates()
    let subscription: EventSubscription | undefined
    try {
      subscription = await this.#timed(responseSeconds, (signal) =>
        EventSubscription.open(this.#client, clock, url, signal),
      )
      const opened = subscription
      while (!this.#closing.signal.aborted) {
        const begunMs = clock.now()
        const seconds = waitSeconds + responseSeconds
        states.read(await this.#timed(seconds, (signal) => opened.pull(signal)))
        this.#tell(undefined)
        this.#move(states.isMoving)
        const leftMs = begunMs + minPullMs - clock.now()
        if (leftMs > 0) await this.#pause(leftMs)
      }
      return true
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#tell(reasonOf(error))
      return subscription !== undefined
    } finally {
      const ended = subscription
      if (ended) await this.#timed(farewellSeconds, (signal) => ended.close(signal), true)
    }
  }

  /** Calls a function with a signal that aborts after some seconds, and at the end unless `isLast`. */
  async #timed<Result>(
    seconds: number,
    act: (signal: AbortSignal) => Promise<Result>,
    isLast = false,
  ): Promise<Result> {
    const late = new AbortController()
    const text = `the camera has not responded within ${seconds} s`
    const end = (): void => late.abort(new Error(text))
    const timer = this.#init.clock.schedule(end, seconds * 1000, false)
    const { signal } = late
    try {
      return await act(isLast ? signal : AbortSignal.any([signal, this.#closing.signal]))
    } finally {
      timer.cancel()
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#closing
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.#init.clock.schedule(done, ms, false)
      signal.addEventListener('abort', done)
    })
  }

  #move(isMoving: boolean): void {
    if (isMoving === this.#isMoving) return
    this.#isMoving = isMoving
    this.#init.onChange(isMoving)
  }

  #tell(failure: string | undefined): void {
    if (failure === this.#failure) return
    this.#failure = failure
    this.#init.onState(failure)
  }
}

/** Returns the reason of a failed request; that of `fetch` is in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
