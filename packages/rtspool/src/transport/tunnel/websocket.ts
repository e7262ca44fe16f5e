import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { ByteAccumulator } from '../../rtsp/byte-accumulator.js'
import {
  type MessageOutput,
  type MessageWriter,
  messageOf,
  opcodes,
} from '../tcp/message-header.js'

/** Status code of a normal closure (RFC 6455 section 7.4.1). */
const normalClosure = 1000
const unsupportedData = 1003
/** Number of unsent responses to pings at which a peer that does not read is cut off. */
const maxPendingPongs = 500

/**
 * A WebSocket as a stream of bytes, which reads and writes binary messages. Message boundaries have
 * no meaning, and a text message closes the connection. Bytes count as written once the kernel has
 * accepted them.
 *
 * @see ONVIF Streaming Specification, RTSP over WebSocket
 */
export class WebSocketStream extends Duplex implements MessageOutput {
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
  /** Writer of all frames on the side of a server; `undefined` = the package `ws` writes them. */
  #writer: MessageWriter | undefined
  #pendingPongs = 0
  /** Functions that wait until the event loop may write to the socket, in order. */
  readonly #last: (() => void)[] = []

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 })
    this.#socket = socket
    for (const event of ['message', 'ping', 'pong']) socket.on(event, () => this.#receivedCount++)
    socket.on('message', (message: RawData, isBinary) => {
      if (!isBinary) socket.close(unsupportedData, 'expected binary messages')
      else this.#receive(message as Buffer)
    })
    // The package sends a close frame before.
    socket.on('error', (error) => this.#atEnd(() => this.destroy(error)))
    socket.on('close', () => {
      this.push(null)
      this.destroy()
    })
  }

  /** Number of WebSocket messages, pings and pongs that have been received completely. */
  get receivedCount(): number {
    return this.#receivedCount
  }

  /**
   * Lets a server's writer write everything, so that no frame gets amid another. The package `ws` must not respond to
   * pings. It still makes the close frames, each once the writer has written its last byte.
   */
  writeBy(writer: MessageWriter): void {
    const socket = this.#socket
    const close = socket.close.bind(socket)
    this.#writer = writer
    socket.on('ping', (payload: Buffer) => {
      if (this.#pendingPongs++ >= maxPendingPongs) this.destroy()
      else writer.writeControl(messageOf(payload, opcodes.pong), () => void this.#pendingPongs--)
    })
    socket.close = (code, reason) => this.#atEnd(() => close(code, reason))
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

  #atEnd(call: () => void): void {
    if (!this.#writer) {
      call()
      return
    }
    this.#last.push(call)
    if (this.#last.length > 1) return
    this.#writer.finish(() => {
      for (const waiting of this.#last.splice(0)) waiting()
    })
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
