import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { Base64Stream } from '../../http/index.js'
import { UnreadBytes } from '../tcp/unread-bytes.js'

/** Characters that are decoded at once. Whoever reads may stop behind each piece. */
const pieceLength = 16 * 1024

const nothing = Buffer.alloc(0)

/** The POST that is open. */
interface Post {
  readonly socket: Socket
  readonly decoder: Base64Stream
  readonly unread: UnreadBytes
}

/**
 * What a client sends through an HTTP tunnel, as the bytes that it means: the bodies of its POSTs, one after the
 * other, out of base64. It does not end with a POST: the client may open another.
 *
 * While nobody reads, one read of the POST waits here at most, in the bytes that came.
 *
 * Closing it closes the POST; bytes that are not base64 destroy it with `MalformedMessageError`.
 */
export class HttpTunnelInput extends Readable {
  #post: Post | undefined
  #hasEnded = false

  constructor() {
    super({ highWaterMark: 1 })
  }

  /** Whether a POST is open. */
  get hasPost(): boolean {
    return this.#post !== undefined
  }

  /** Whether nothing comes any more: it has ended, or is closed. */
  get hasEnded(): boolean {
    return this.#hasEnded || this.destroyed
  }

  /** The client has nothing more to say. What it says all the same is thrown away. Idempotent. */
  end(): void {
    if (this.hasEnded) return
    this.#hasEnded = true
    if (this.#post) this.#decodeRest(this.#post)
    this.push(null)
    this.#post?.socket.destroy()
  }

  /**
   * Reads from this POST until its client ends it, or closes it where it comes too late.
   *
   * @param first - What came behind its head.
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

  override _read(): void {
    const post = this.#post
    if (!post) return
    const bytes = post.unread.take() ?? nothing
    const rest = this.#decode(post, bytes)
    if (rest.length > 0) post.unread.putBack(rest)
    // What was decoded asks for more by itself, once it has been read.
    else if (this.readableLength === 0 || bytes.length === 0) post.socket.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#post?.socket.destroy()
    callback(error)
  }

  /** Decodes piece by piece, as long as somebody reads. @returns What is left. */
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

  /** The client closes the tunnel: what it has said before counts. */
  #decodeRest({ socket, decoder, unread }: Post): void {
    try {
      for (const bytes of [unread.take(), socket.read() as Buffer | null]) {
        if (bytes) this.push(decoder.push(bytes))
      }
    } catch (error) {
      this.destroy(error as Error)
    }
  }
}
