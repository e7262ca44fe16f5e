/**
 * Maximum numbers of tasks that wait because others run. Above a maximum, {@link ConcurrencyLimit.run} fails at once.
 */
export interface WaitingLimits {
  /** Maximum number of tasks that wait. @default unlimited */
  readonly maxWaiting?: number
  /** Maximum number of tasks of one host that wait. @default unlimited */
  readonly maxWaitingPerHost?: number
}

/** Client host of a task, and the signal that ends the wait of the task for its turn. */
export interface Waiting {
  /** Host of the client; hosts take turns. Tasks without a host count as those of one host. */
  readonly host?: string
  /** Signal that ends the wait when it aborts. */
  readonly signal?: AbortSignal
}

/** Error for a task that was refused because too many tasks wait already. */
export class QueueFullError extends Error {
  override name = 'QueueFullError'
}

/**
 * Runs a limited number of tasks at a time. Hosts with waiting tasks take turns, so that many tasks
 * of one host do not delay those of others. Tasks of one host run in order of arrival.
 */
export class ConcurrencyLimit {
  readonly #limit: number
  readonly #maxWaiting: number
  readonly #maxWaitingPerHost: number
  /**
   * Waiting tasks by host; hosts without a waiting task are removed. The first host is served next.
   */
  readonly #queues = new Map<string, Set<() => void>>()
  #waiting = 0
  #running = 0

  /**
   * Creates the limit.
   *
   * @param limit - Maximum number of tasks at a time, at least 1.
   */
  constructor(
    limit: number,
    {
      maxWaiting = Number.POSITIVE_INFINITY,
      maxWaitingPerHost = Number.POSITIVE_INFINITY,
    }: WaitingLimits = {},
  ) {
    this.#limit = limit
    this.#maxWaiting = maxWaiting
    this.#maxWaitingPerHost = maxWaitingPerHost
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Runs a task, after a wait if too many tasks run already.
   *
   * @throws {QueueFullError} Too many tasks wait. An aborted wait throws the reason of the signal.
   */
  async run<Result>(
    task: () => Promise<Result>,
    { host = '', signal }: Waiting = {},
  ): Promise<Result> {
    if (this.#running >= this.#limit) await this.#turnOf(host, signal)
    else this.#running++
    try {
      return await task()
    } finally {
      // The next task takes the place of the finished one, so the count stays.
      if (!this.#startNext()) this.#running--
    }
  }

  /** Waits until a task of the host may run. Rejects with the reason of the signal if the signal aborts first. */
  #turnOf(host: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const queue = this.#queues.get(host) ?? new Set<() => void>()
    if (this.#waiting >= this.#maxWaiting) {
      throw new QueueFullError(`${this.#waiting} questions wait`)
    }
    if (queue.size >= this.#maxWaitingPerHost) {
      throw new QueueFullError(`${queue.size} questions of one host wait`)
    }
    this.#queues.set(host, queue)
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        queue.delete(start)
        this.#waiting--
        if (queue.size === 0) this.#queues.delete(host)
        reject(signal?.reason)
      }
      queue.add(start)
      this.#waiting++
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /**
   * Starts the first waiting task of the next host, in place of a task that has ended.
   *
   * @returns False if no task waits.
   */
  #startNext(): boolean {
    const [next] = this.#queues
    if (!next) return false
    const [host, queue] = next
    this.#queues.delete(host)
    const [start] = queue
    if (!start) return false
    queue.delete(start)
    this.#waiting--
    if (queue.size > 0) this.#queues.set(host, queue)
    start()
    return true
  }
}
