import type { Readable } from 'node:stream'
import type { Clock } from '../../clock.js'
import { MalformedMessageError } from '../../errors.js'
import { RtspParser, type RtspRequest } from '../../rtsp/index.js'
import { UnreadBytes } from '../../transport/tcp/unread-bytes.js'
import { MessageDeadline } from './message-deadline.js'

/** Callbacks of a {@link RequestReader} to its connection. */
export interface RequestReaderOwner {
  /** True until the connection closes or begins to. */
  isOpen(): boolean
  /** True if another request may be handled. */
  isReady(): boolean
  request(request: RtspRequest): void
  /** A function without `this`: the parser calls it for each frame. */
  readonly interleaved: (channel: number, payload: Buffer) => void
  /** The bytes are no message; no request follows. */
  malformed(error: MalformedMessageError): void
  /** The client takes too long to send one message. */
  tooSlow(): void
}

/**
 * Reads the bytes of one connection. The parser stops behind a request whose response takes time.
 * Later bytes stay unparsed, and at most one read is held in memory. So frames are handled after the
 * request that they followed.
 */
export class RequestReader {
  readonly #input: Readable
  readonly #owner: RequestReaderOwner
  readonly #parser: RtspParser
  readonly #unread: UnreadBytes
  readonly #deadline: MessageDeadline
  #isParsing = false
  #readCount = 0

  constructor(input: Readable, clock: Clock, owner: RequestReaderOwner) {
    this.#input = input
    this.#owner = owner
    this.#unread = new UnreadBytes(input)
    this.#parser = new RtspParser({
      request: (request) => {
        owner.request(request)
        if (!owner.isReady()) this.#parser.stop()
      },
      response: () => {
        // The server sends no requests, and ignores responses (FFmpeg 5.1 responds without CSeq).
      },
      interleaved: owner.interleaved,
    })
    this.#deadline = new MessageDeadline(this.#parser, clock, () => owner.tooSlow())
  }

  /** True if bytes wait until {@link readOn}. */
  get isWaiting(): boolean {
    return !this.#isParsing && this.#input.isPaused()
  }

  /** Number of reads so far. */
  get readCount(): number {
    return this.#readCount
  }

  /** Handles bytes of the client, or holds them. */
  receive(chunk: Buffer): void {
    this.#readCount++
    const read = this.#owner.isReady() ? this.#parse(chunk) : 0
    // Bytes after the last request of a connection are dropped: if held, they would block the end
    // of the stream.
    if (read < chunk.length && this.#owner.isOpen()) this.#unread.hold(chunk.subarray(read))
  }

  /**
   * Reads on, unless a request is under way or the client does not read its responses. Bytes of a
   * connection that closes are read and dropped.
   */
  readOn(): void {
    if (!this.isWaiting) return
    while (this.#owner.isOpen()) {
      if (!this.#owner.isReady()) return
      const bytes = this.#unread.take()
      if (!bytes) break
      const read = this.#parse(bytes)
      if (read < bytes.length) this.#unread.putBack(bytes.subarray(read))
    }
    this.#input.resume()
  }

  /** Parses nothing any more. Idempotent. */
  stop(): void {
    this.#parser.close()
    this.#deadline.cancel()
  }

  /** @returns Number of bytes parsed. */
  #parse(chunk: Buffer): number {
    this.#isParsing = true
    try {
      const read = this.#parser.push(chunk)
      this.#deadline.update()
      return read
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#owner.malformed(error)
      return chunk.length
    } finally {
      this.#isParsing = false
    }
  }
}
