import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { Base64Stream } from '../http/index.js'

/**
 * What a client sends through an HTTP tunnel, as the bytes that it means: the bodies of its POSTs, one after the
 * other, out of base64. It does not end with a POST: the client may open another.
 *
 * Closing it closes the POST; bytes that are not base64 destroy it with `MalformedMessageError`.
 */
export class HttpTunnelInput extends Readable {
  #post: Socket | undefined
  #hasEnded = false

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
    this.push(null)
    this.#post?.destroy()
  }

  /**
   * Reads from this POST until its client ends it, or closes it where it comes too late.
   *
   * @param first - What came behind its head.
   */
  attach(post: Socket, first: Buffer): void {
    if (this.hasEnded) {
      post.destroy()
      return
    }
    const decoder = new Base64Stream()
    const receive = (chunk: Buffer): void => {
      if (this.hasEnded) return
      try {
        const decoded = decoder.push(chunk)
        if (decoded.length > 0 && !this.push(decoded)) post.pause()
      } catch (error) {
        this.destroy(error as Error)
      }
    }
    const detach = (): void => {
      if (this.#post === post) this.#post = undefined
      post.destroy()
    }
    this.#post = post
    for (const event of ['end', 'close', 'error']) post.on(event, detach)
    post.on('data', receive)
    receive(first)
  }

  override _read(): void {
    this.#post?.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#post?.destroy()
    callback(error)
  }
}
