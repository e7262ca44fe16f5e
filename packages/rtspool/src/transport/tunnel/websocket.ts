import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { ByteAccumulator } from '../../rtsp/byte-accumulator.js'

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
  /** Messages behind one that nobody has read yet, in one piece: thousands of them may come in one read. */
  readonly #waiting = new ByteAccumulator()
  /** Nobody has read what was pushed last; the stream asks for more when somebody has. */
  #isFull = false

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 })
    this.#socket = socket
    for (const event of ['message', 'ping', 'pong']) socket.on(event, () => this.#receivedCount++)
    socket.on('message', (message: RawData, isBinary) => {
      if (!isBinary) socket.close(unsupportedData, 'expected binary messages')
      else this.#receive(message as Buffer)
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
    this.#isFull = false
    if (this.#waiting.length > 0) {
      const bytes = this.#waiting.view()
      this.#waiting.clear()
      this.#isFull = !this.push(bytes)
    } else if (this.#socket.isPaused) this.#socket.resume()
  }

  #receive(message: Buffer): void {
    if (this.#isFull) this.#waiting.append(message, 0, message.length)
    else if (!this.push(message)) {
      this.#isFull = true
      this.#socket.pause()
    }
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
