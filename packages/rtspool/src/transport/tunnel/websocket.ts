import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { ByteAccumulator } from '../../rtsp/byte-accumulator.js'

/** Status code of a normal closure (RFC 6455 section 7.4.1). */
const normalClosure = 1000
const unsupportedData = 1003

/**
 * A WebSocket as a stream of bytes, which reads and writes binary messages. Message boundaries have
 * no meaning, and a text message closes the connection. Bytes count as written once the kernel has
 * accepted them.
 *
 * @see ONVIF Streaming Specification, RTSP over WebSocket
 */
export class WebSocketStream extends Duplex {
  readonly #socket: WebSocket
  #receivedCount = 0
  /**
   * Received messages that wait for the reader, joined into one buffer: one read of the socket may bring thousands of
   * them.
   */
  readonly #waiting = new ByteAccumulator()
  /**
   * True while the bytes pushed last are unread by the consumer of the stream. Reading them calls
   * `_read`.
   */
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

  /** Number of WebSocket messages, pings and pongs that have been received completely. */
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
