import type { Socket } from 'node:net'

/**
 * Timer that fires when a socket has had no traffic for some time. It fires again only after
 * traffic or {@link start}.
 */
export class IdleTimer {
  readonly #socket: Socket
  readonly #timeoutMs: number

  /** @param timeoutMs - Milliseconds without traffic; 0 = the timer never fires. */
  constructor(socket: Socket, timeoutMs: number, onIdle: () => void) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on('timeout', onIdle)
    this.start()
  }

  /** Restarts the timer with its full time. */
  start(): void {
    this.#socket.setTimeout(this.#timeoutMs)
  }
}
