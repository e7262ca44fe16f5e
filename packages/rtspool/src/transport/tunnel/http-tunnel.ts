import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { Base64Stream } from '../../http/index.js'
import { UnreadBytes } from '../tcp/unread-bytes.js'

/** Number of base64 characters that are decoded at a time. After each piece, the reader may stop the flow. */
const pieceLength = 16 * 1024

const nothing = Buffer.alloc(0)

/** State of the client's POST that is open at present: its connection and its base64 decoder. */
interface Post {
  readonly socket: Socket
  readonly decoder: Base64Stream
  readonly unread: UnreadBytes
}

/**
 * The bytes that a client sends through an HTTP tunnel: the bodies of its POSTs, one after the
 * other, decoded from base64. The end of a POST does not end the stream, because the client may
 * open another.
 *
 * While the stream is not read, at most one read of the POST is in memory, undecoded. Closing the
 * stream closes the POST. Bytes that are not base64 destroy the stream with
 * `MalformedMessageError`.
 */
export class HttpTunnelInput extends Readable {
  #post: Post | undefined
  #hasEnded = false

  constructor() {
    super({ highWaterMark: 1 })
  }

  /** True while the client has a POST open, from which the tunnel reads. */
  get hasPost(): boolean {
    return this.#post !== undefined
  }

  /** True if no more bytes will follow, because the stream has ended or is closed. */
  get hasEnded(): boolean {
    return this.#hasEnded || this.destroyed
  }

  /** Ends the stream, because the client has closed its side. Later bytes are discarded. Idempotent. */
  end(): void {
    if (this.hasEnded) return
    this.#hasEnded = true
    if (this.#post) this.#decodeRest(this.#post)
    this.push(null)
    this.#post?.socket.destroy()
  }

  /**
   * Reads from a POST until the client ends it. If the stream has ended already, closes the POST.
   *
   * @param first - Bytes that arrived after the header of the POST.
   */
  attach(socket: Socket, first: Buffer): void {
    if (this.hasEnded) {
      socket.destroy()
      return
    }
    const post = { socket, decoder: new Base64Stream(), unread: new UnreadBytes(socket) }
    const receive = (chunk: Buffer): void => {
      const rest = this.#decode(post, chunk)
      if (rest.length > 0 && !this.hasEnded) post.unread.hold(rest)
    }
    const detach = (): void => {
      if (this.#post === post) this.#post = undefined
      socket.destroy()
    }
    this.#post = post
    for (const event of ['end', 'close', 'error']) socket.on(event, detach)
    socket.on('data', receive)
    receive(first)
  }

  /**
   * Reads in a microtask. Node 26 emits bytes that are pushed inside `_read` before a byte that was put back into the
   * stream (26.12; 24 keeps the order).
   */
  override _read(): void {
    queueMicrotask(() => this.#readPost())
  }

  #readPost(): void {
    const post = this.#post
    if (!post || this.hasEnded) return
    const bytes = post.unread.take() ?? nothing
    const rest = this.#decode(post, bytes)
    if (rest.length > 0) post.unread.putBack(rest)
    // The stream asks for more by itself once decoded bytes have been read.
    else if (this.readableLength === 0 || bytes.length === 0) post.socket.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#post?.socket.destroy()
    callback(error)
  }

  /** Decodes `chunk` piece by piece until the reader stops the flow. @returns The bytes that are not decoded yet. */
  #decode({ decoder }: Post, chunk: Buffer): Buffer {
    let at = 0
    try {
      while (at < chunk.length && !this.hasEnded) {
        const decoded = decoder.push(chunk.subarray(at, at + pieceLength))
        at += pieceLength
        if (decoded.length > 0 && !this.push(decoded)) break
      }
    } catch (error) {
      this.destroy(error as Error)
    }
    return chunk.subarray(at)
  }

  /**
   * Decodes all bytes that are stored here or unread in the socket, because the client has closed
   * its side after sending them.
   */
  #decodeRest({ socket, decoder, unread }: Post): void {
    try {
      const read = (): Buffer | null => socket.read()
      // Node 26 returns one piece a call, earlier versions return all.
      for (let bytes = unread.take() ?? read(); bytes; bytes = read()) {
        this.push(decoder.push(bytes))
      }
    } catch (error) {
      this.destroy(error as Error)
    }
  }
}
