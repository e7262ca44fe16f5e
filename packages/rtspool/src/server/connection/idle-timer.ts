import type { Socket } from 'node:net'

/** Timer of a socket without traffic. It fires once, and again only after traffic or {@link start}. */
export class IdleTimer {
  readonly #socket: Socket
  readonly #timeoutMs: number

  /** @param timeoutMs - 0 = never. */
  constructor(socket: Socket, timeoutMs: number, onIdle: () => void) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on('timeout', onIdle)
    this.start()
  }

  /** Starts the whole time anew. */
  start(): void {
    this.#socket.setTimeout(this.#timeoutMs)
  }
}
