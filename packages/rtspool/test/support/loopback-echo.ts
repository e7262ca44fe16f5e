import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/**
 * A socket that sends to itself. What the kernel was given before an echo lies in its receiver's socket after it: the
 * kernel of a busy machine may bring bytes to another socket of this process only after many turns of the event loop.
 */
export class LoopbackEcho {
  readonly #socket: Socket

  static async open(): Promise<LoopbackEcho> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new LoopbackEcho(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Waits until a datagram has come back. */
  async come(): Promise<void> {
    const echo = once(this.#socket, 'message')
    this.#socket.send('echo', this.#socket.address().port, '127.0.0.1')
    await echo
  }

  close(): void {
    this.#socket.close()
  }
}
