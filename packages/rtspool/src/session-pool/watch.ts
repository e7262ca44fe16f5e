import { checkBoolean, checkMethods, checkOptions } from '../option-checks.js'

/** Options of a watch, which calls a function whenever sessions of a pool are due to expire. */
export interface SessionPoolWatchOptions {
  /** Signal whose abort closes the watch. */
  readonly signal?: AbortSignal | undefined
  /** Keeps the process alive while the watch runs. @defaultValue false */
  readonly ref?: boolean | undefined
}

/**
 * Function that a watch calls when sessions are due to expire; the result `false` ends the watch.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that answers nothing is welcome
export type SessionPoolWatchFunction<P> = (pool: P) => boolean | undefined | void

/**
 * A running watch: calls a function whenever a session of the pool is due to expire. All watches of a pool share one
 * timer.
 *
 * @see gst_rtsp_session_pool_create_watch()
 */
export interface SessionPoolWatch extends Disposable {
  readonly closed: boolean
  /** Ends the watch. Idempotent. */
  close(): void
}

function checkWatchOptions(options: SessionPoolWatchOptions): void {
  checkOptions('a watch', options, ['signal', 'ref'])
  if (options.ref !== undefined) checkBoolean('ref', options.ref)
  if (options.signal !== undefined) checkMethods('signal', options.signal, ['addEventListener'])
}

/** Watch of an {@link Expiry}: a function that is called, or the removal of due sessions. */
export class Watch implements SessionPoolWatch {
  /**
   * Function to call when a session is due to expire. Without it, the watch removes due sessions
   * itself.
   */
  readonly dispatch: (() => boolean) | undefined
  readonly ref: boolean
  readonly #onClose: (watch: Watch) => void
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.close()
  #closed = false

  constructor(
    dispatch: (() => boolean) | undefined,
    options: SessionPoolWatchOptions,
    onClose: (watch: Watch) => void,
  ) {
    checkWatchOptions(options)
    this.dispatch = dispatch
    this.ref = options.ref ?? false
    this.#onClose = onClose
    this.#signal = options.signal
    this.#signal?.addEventListener('abort', this.#onAbort)
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#onClose(this)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
