import { type Clock, PeriodicCheck } from '../../clock.js'
import {
  type RingSizes,
  SendThread,
  type ThreadListener,
  type ThreadRunner,
} from './send-thread.js'

/** Milliseconds between two searches for send threads that have work and handle none. */
const lookMs = 1000
/** Number of failures within {@link failureWindowMs} after which no thread is started any more. */
const maxFailures = 3
const failureWindowMs = 60_000

/**
 * Function that starts a send thread for the memory of `thread`, and notifies `events`.
 *
 * @returns The running thread; `undefined` if the system refuses threads.
 */
export type StartThread = (
  thread: SendThread,
  events: {
    /** Called when the started thread can send. */
    ready(): void
    /** Called when the thread has written reports, or handled entries for which the event loop waits. */
    noticed(): void
    /** Called when the thread has ended. @param error - Error that has ended the thread; `undefined` without one. */
    ended(error: Error | undefined): void
  },
) => ThreadRunner | undefined

export interface ThreadPoolOptions {
  readonly clock: Clock
  readonly start: StartThread
  /** Maximum number of send threads that the pool runs at a time. */
  readonly maxThreads: number
  /** Number of viewers that each thread serves before a further one is started. */
  readonly splitFrom: number
  /** Milliseconds after which a thread that has work and handles none has failed. */
  readonly stallMs: number
  readonly sizes?: RingSizes | undefined
}

/** Receives the events of all threads. */
export interface ThreadPoolListener extends ThreadListener {
  /** Called when a thread has begun to send, or sends no more, so that groups choose threads again. */
  changed(): void
  /**
   * Called when a thread sends no more, because it has failed or the pool is closed.
   *
   * @param error - Reason of the failure; absent when the pool is closed.
   */
  stopped(thread: SendThread, error: Error | undefined): void
  /** Called after `stopped`, when the thread has ended, so that its duplicated descriptors can be closed. */
  ended(thread: SendThread): void
}

interface RunningThread {
  readonly thread: SendThread
  runner: ThreadRunner | undefined
  isReady: boolean
  /** Promise that resolves when the thread can send, or has ended. */
  readonly settled: Promise<void>
  /**
   * Position in the ring up to which the thread had handled entries when it last made progress. `movedAt` is the time
   * of the progress, in milliseconds of the clock.
   */
  handled: number
  movedAt: number
}

/** Starts the send threads of a server when they are needed, and ends those that stand still. */
export class ThreadPool {
  readonly #options: ThreadPoolOptions
  readonly #listener: ThreadPoolListener
  readonly #written: SharedArrayBuffer
  readonly #running: RunningThread[] = []
  readonly #failures: number[] = []
  readonly #look: PeriodicCheck
  #isClosed = false
  /** True once the system has refused to start a thread: the pool then starts no more. */
  #isRefused = false

  /**
   * Creates a pool without threads. {@link withRoom} starts them one by one, and {@link start} all of them.
   *
   * @param written - Counters shared by all threads; see `ThreadMemory`.
   */
  constructor(
    options: ThreadPoolOptions,
    written: SharedArrayBuffer,
    listener: ThreadPoolListener,
  ) {
    this.#options = options
    this.#written = written
    this.#listener = listener
    this.#look = new PeriodicCheck(options.clock, lookMs, () => this.#findStalled())
  }

  /** The threads that send at present. */
  get threads(): readonly SendThread[] {
    return this.#running.map(({ thread }) => thread)
  }

  /**
   * Returns the thread with the fewest viewers. Starts a further thread first if each allowed one serves `splitFrom`
   * viewers, or there is none.
   *
   * @param isAllowed - Whether a thread may be returned. Default: each may.
   * @returns `undefined` until the started threads can send.
   */
  withRoom(isAllowed?: (thread: SendThread) => boolean): SendThread | undefined {
    const { splitFrom } = this.#options
    const hasRoom = ({ thread }: RunningThread): boolean =>
      thread.load < splitFrom && isAllowed?.(thread) !== false
    if (!this.#running.some(hasRoom)) this.#startOne()
    return this.leastLoaded(isAllowed)
  }

  /**
   * Returns the thread with the fewest viewers, and starts none.
   *
   * @param isAllowed - Whether a thread may be returned. Default: each may.
   * @returns `undefined` without such a thread, and until all started threads can send.
   */
  leastLoaded(isAllowed?: (thread: SendThread) => boolean): SendThread | undefined {
    let best: RunningThread | undefined
    for (const one of this.#running) {
      if (!one.isReady) return undefined
      if (isAllowed?.(one.thread) === false) continue
      if (!best || one.thread.load < best.thread.load) best = one
    }
    return best?.thread
  }

  /** Starts all threads now, and not when they are needed. Resolves when they can send, or have failed. */
  async start(): Promise<void> {
    while (this.#startOne()) {}
    await Promise.all(this.#running.map(({ settled }) => settled))
  }

  /** Reads the reports that all threads have written so far, and passes them to the listener. */
  collect(): void {
    const running = this.#running
    for (let index = 0; index < running.length; index++) running[index]?.thread.collect()
  }

  /** Ends all threads. Resolves when they have ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#look.stop()
    await Promise.all([...this.#running].map(({ runner }) => runner?.terminate()))
  }

  /**
   * Starts one thread. @returns `false` if none may start: all run, too many failed, the system refused one, or the
   * pool is closed.
   */
  #startOne(): boolean {
    const { clock, maxThreads, sizes, start } = this.#options
    if (this.#running.length >= maxThreads || this.#isClosed) return false
    if (this.#isRefused || this.#failsTooOften()) return false
    const thread = new SendThread(clock, this.#written, this.#listener, sizes)
    let settle = (): void => {}
    const settled = new Promise<void>((resolve) => {
      settle = resolve
    })
    const running: RunningThread = {
      thread,
      settled,
      runner: undefined,
      isReady: false,
      handled: thread.handled,
      movedAt: clock.now(),
    }
    running.runner = start(thread, {
      ready: () => {
        running.isReady = true
        this.#listener.changed()
        settle()
      },
      noticed: () => thread.noticed(),
      ended: (error) => {
        this.#stop(running, error ?? new Error('a send thread has ended'))
        this.#listener.ended(thread)
        settle()
      },
    })
    if (!running.runner) {
      this.#isRefused = true
      return false
    }
    this.#running.push(running)
    this.#look.start()
    return true
  }

  #failsTooOften(): boolean {
    const first = this.#failures.at(-maxFailures)
    return first !== undefined && this.#options.clock.now() - first < failureWindowMs
  }

  #findStalled(): boolean {
    const { clock, stallMs } = this.#options
    const now = clock.now()
    for (const one of [...this.#running]) {
      one.thread.collect()
      const { handled } = one.thread
      if (handled !== one.handled || !one.thread.hasWork || !one.isReady) {
        one.handled = handled
        one.movedAt = now
      } else if (now - one.movedAt >= stallMs) {
        this.#stop(one, new Error(`a send thread has handled nothing for ${stallMs / 1000} s`))
        one.runner?.terminate().catch(() => {})
      }
    }
    return this.#running.length > 0
  }

  /** Removes a thread that sends no more, and notifies the listener. Does nothing the second time. */
  #stop(one: RunningThread, error: Error): void {
    const index = this.#running.indexOf(one)
    if (index < 0) return
    this.#running.splice(index, 1)
    if (!this.#isClosed) this.#failures.push(this.#options.clock.now())
    if (this.#failures.length > maxFailures) this.#failures.shift()
    this.#listener.changed()
    this.#listener.stopped(one.thread, this.#isClosed ? undefined : error)
  }
}
