import type { Socket } from 'node:net'

/**
 * Timer that fires when a socket has had no traffic for some time, and again only after traffic or
 * {@link start}. After a stall of the process, the timer waits until the socket has been read:
 * timers run before sockets are read.
 */
export class IdleTimer {
  readonly #socket: Socket
  readonly #timeoutMs: number

  /**
   * Starts the timer for a socket.
   *
   * @param timeoutMs - Milliseconds without traffic; 0 = the timer never fires.
   * @param onIdle - Called when the socket has had no traffic for that time.
   */
  constructor(socket: Socket, timeoutMs: number, onIdle: () => void) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on('timeout', () => {
      const { bytesRead } = socket
      setImmediate(() => {
        if (!socket.destroyed && socket.bytesRead === bytesRead) onIdle()
      })
    })
    this.start()
  }

  /** Starts the timer again with the full time, as after traffic on the socket. */
  start(): void {
    this.#socket.setTimeout(this.#timeoutMs)
  }
}
