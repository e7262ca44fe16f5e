import type { Readable } from 'node:stream'
import type { Clock } from '../../clock.js'
import { MalformedMessageError } from '../../errors.js'
import { RtspParser, type RtspRequest } from '../../rtsp/index.js'
import { beginRead, endRead } from '../../transport/tcp/end-of-read.js'
import { UnreadBytes } from '../../transport/tcp/unread-bytes.js'
import type { PublisherReads } from '../sources/publisher-reads.js'
import { MessageDeadline } from './message-deadline.js'

/** Functions of a connection that its {@link RequestReader} calls. */
export interface RequestReaderOwner {
  /** Returns whether the connection is open and not about to close. */
  isOpen(): boolean
  /** Returns whether the connection can handle another request now. Otherwise further bytes stay unparsed. */
  isReady(): boolean
  request(request: RtspRequest): void
  /**
   * Function that the parser calls for each interleaved frame, without `this`. The payload is valid during the call.
   */
  readonly interleaved: (channel: number, payload: Buffer) => void
  /** Called when the bytes are not a valid message; no request follows. */
  malformed(error: MalformedMessageError): void
  /** Called when the client takes too long to send one message. The connection must close. */
  tooSlow(): void
}

/**
 * Parses the bytes of one connection. The parser stops after a request whose response takes time,
 * and later bytes stay unparsed. So an interleaved frame is handled after the request that precedes
 * it. At most one read is held in memory.
 */
export class RequestReader {
  readonly #input: Readable
  readonly #owner: RequestReaderOwner
  readonly #parser: RtspParser
  readonly #unread: UnreadBytes
  readonly #deadline: MessageDeadline
  readonly #spacing: PublisherReads | undefined
  #isParsing = false
  #readCount = 0

  /**
   * Creates a reader of a stream.
   *
   * @param spacing - Spaces the reads while nobody watches what the client publishes; `undefined` = never.
   */
  constructor(
    input: Readable,
    clock: Clock,
    owner: RequestReaderOwner,
    spacing: PublisherReads | undefined,
  ) {
    this.#input = input
    this.#spacing = spacing
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

  /** True if unparsed bytes are stored until {@link readOn} is called. */
  get isWaiting(): boolean {
    return !this.#isParsing && this.#input.isPaused()
  }

  /** Number of chunks of bytes that the connection has read so far. */
  get readCount(): number {
    return this.#readCount
  }

  /** Parses bytes from the client, or stores them until {@link readOn}. */
  receive(chunk: Buffer): void {
    this.#readCount++
    const read = this.#owner.isReady() ? this.#parse(chunk) : 0
    // Bytes after the last request of a connection are dropped: if held, they would block the end
    // of the stream.
    if (read < chunk.length && this.#owner.isOpen()) this.#unread.hold(chunk.subarray(read))
    this.#spacing?.note()
  }

  /**
   * Continues to parse and read, unless a request has no response yet or the client does not read
   * its responses. If the connection closes, bytes are read and dropped.
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

  /** Stops parsing the connection's bytes; further bytes are ignored. Idempotent. */
  stop(): void {
    this.#parser.close()
    this.#deadline.cancel()
    this.#spacing?.close()
  }

  /** Parses as much of a chunk as possible. @returns Number of bytes parsed */
  #parse(chunk: Buffer): number {
    this.#isParsing = true
    const isOutermost = beginRead()
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
      if (isOutermost) endRead()
    }
  }
}
