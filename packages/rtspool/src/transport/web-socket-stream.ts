import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** RFC 6455 section 7.4.1. */
const normalClosure = 1000
const unsupportedData = 1003

/**
 * A WebSocket as a stream of bytes: binary messages in, binary messages out, where one ends and the next begins
 * means nothing. Text is refused. Bytes count as written when the kernel has taken them.
 *
 * @see ONVIF Streaming Specification, RTSP over WebSocket
 */
export class WebSocketStream extends Duplex {
  readonly #socket: WebSocket
  #receivedCount = 0

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    for (const event of ['message', 'ping', 'pong']) socket.on(event, () => this.#receivedCount++)
    socket.on('message', (message: RawData, isBinary) => {
      if (!isBinary) socket.close(unsupportedData, 'expected binary messages')
      else if (!this.push(message)) socket.pause()
    })
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => {
      this.push(null)
      this.destroy()
    })
  }

  /** Messages, pings and pongs that have come whole. */
  get receivedCount(): number {
    return this.#receivedCount
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void) {
    this.#socket.send(chunk, { binary: true, compress: false }, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.close(normalClosure)
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.terminate()
    callback(error)
  }
}
