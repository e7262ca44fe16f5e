import { ClientError } from '../../errors.js'
import {
  frameHeaderBytes,
  RtspParser,
  type RtspParserSink,
  type RtspRequest,
  type RtspResponse,
  rtspMethods,
} from '../../rtsp/index.js'
import { PartialFrame } from '../../rtsp/partial-frame.js'

/** Receiver of the messages and frames of a {@link MessageStream}. */
export interface MessageStreamSink extends RtspParserSink {
  /** Returns whether a track uses the interleaved channel, so that frames on it are expected. */
  isChannel(channel: number): boolean
}

const LF = 0x0a
const CR = 0x0d
const DOLLAR = 0x24
const status = 'RTSP/'
/** Texts with which responses and requests of a server begin, for finding the next one after stray bytes. */
const beginnings = [status, ...rtspMethods.map((method) => `${method} `)]
const longestBeginning = Math.max(...beginnings.map(({ length }) => length))

/** Maximum number of bytes in a row without a message or frame. A stream with more is not RTSP. */
export const maxStrayBytes = 1024 * 1024

/**
 * Number of bytes of a frame that are checked before it is accepted: its header, and the byte with
 * the RTP version.
 */
const frameProbeBytes = frameHeaderBytes + 1
/** Size of the smallest RTCP packet in bytes. */
const smallestPacketBytes = 8

const nothing = Buffer.alloc(0)

/**
 * Splits the byte stream of a server into responses, requests and interleaved frames, and skips
 * stray bytes, which some cameras send between frames.
 *
 * ```text
 *              frame or message             neither
 *   in step ───────────────────► in step ──────────► out of step ──► in step
 *                                           frame of a known channel with
 *                                           version 2, or RTSP/, follows
 * ```
 *
 * A frame within one chunk is passed on as a view of the chunk. Memory is limited by the parser's
 * limits plus one frame.
 */
export class MessageStream {
  readonly #sink: MessageStreamSink
  readonly #parser: RtspParser
  readonly #frame = new PartialFrame()
  #isFrameOpen = false
  /**
   * Bytes at the end of the last chunk too few to be recognised as a message or frame; at most
   * {@link longestBeginning}.
   */
  #held: Buffer = nothing
  #isClosed = false
  #isInStep = true
  #strayBytes = 0
  /** Number of stray bytes in a row since the last message or frame; above a limit the stream fails. */
  #strayRun = 0

  constructor(sink: MessageStreamSink) {
    this.#sink = sink
    this.#parser = new RtspParser({
      request: (request: RtspRequest) => {
        this.#parser.stop()
        sink.request(request)
      },
      response: (response: RtspResponse) => {
        this.#parser.stop()
        sink.response(response)
      },
      // The parser never receives the beginning of a frame.
      interleaved: () => undefined,
    })
  }

  /** Number of bytes of the server skipped so far, because they belonged to no message and no frame. */
  get strayBytes(): number {
    return this.#strayBytes
  }

  /** Ignores all further bytes, even those of a running {@link push}. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#held = nothing
    this.#frame.drop()
    this.#parser.close()
  }

  /**
   * Reads the next bytes of the stream.
   *
   * @param chunk - Payloads of frames are views of it.
   * @throws {MalformedMessageError} A message breaks the grammar or a limit.
   * @throws {ClientError} `ERR_CLIENT_PROTOCOL` after 1 MiB of stray bytes.
   */
  push(chunk: Buffer): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = nothing
    let at = 0
    while (at < bytes.length && !this.#isClosed) {
      if (this.#isFrameOpen) at = this.#readFrame(bytes, at)
      else if (!this.#parser.isBetweenMessages) at += this.#parser.push(bytes.subarray(at))
      else {
        const next = this.#begin(bytes, at)
        if (next === undefined) {
          // A copy: a view would hold the whole chunk.
          this.#held = Buffer.from(bytes.subarray(at))
          return
        }
        at = next
      }
    }
  }

  /**
   * Reads the bytes after a message or frame, where the next one should begin.
   *
   * @returns The offset to continue at; `undefined` if the bytes do not suffice for a decision.
   */
  #begin(bytes: Buffer, at: number): number | undefined {
    const first = bytes[at]
    if (first === CR || first === LF) return at + 1
    if (first === DOLLAR) return this.#beginFrame(bytes, at)
    const head = bytes.toString('latin1', at, Math.min(bytes.length, at + longestBeginning))
    const candidates = this.#isInStep ? beginnings : [status]
    if (candidates.some((beginning) => head.startsWith(beginning))) {
      this.#noteStep()
      return at + this.#parser.push(bytes.subarray(at))
    }
    const isCut = candidates.some((beginning) => beginning.startsWith(head))
    return isCut ? undefined : this.#skip(bytes, at)
  }

  #beginFrame(bytes: Buffer, at: number): number | undefined {
    const left = bytes.length - at
    if (left < frameHeaderBytes) return undefined
    const size = bytes.readUInt16BE(at + 2)
    if (size > 0 && left < frameProbeBytes) return undefined
    const isChannel = this.#sink.isChannel(bytes[at + 1] as number)
    const hasVersion = size > 0 && (bytes[at + frameHeaderBytes] as number) >> 6 === 2
    const isPlausible = this.#isInStep
      ? isChannel || hasVersion
      : isChannel && hasVersion && size >= smallestPacketBytes
    if (!isPlausible) return this.#skip(bytes, at)
    this.#noteStep()
    const end = at + frameHeaderBytes + size
    if (end <= bytes.length) {
      const payload = bytes.subarray(at + frameHeaderBytes, end)
      this.#sink.interleaved(bytes[at + 1] as number, payload)
      return end
    }
    this.#frame.begin()
    this.#isFrameOpen = true
    return this.#frame.readHeader(bytes, at)
  }

  #readFrame(bytes: Buffer, start: number): number {
    const at = this.#frame.readPayload(bytes, start)
    if (this.#frame.isComplete) {
      this.#isFrameOpen = false
      this.#sink.interleaved(this.#frame.channel, this.#frame.take())
    }
    return at
  }

  #noteStep(): void {
    this.#isInStep = true
    this.#strayRun = 0
  }

  /**
   * Skips stray bytes from the offset `at` on. Returns the offset of the next byte at which a message or frame may
   * begin.
   */
  #skip(bytes: Buffer, at: number): number {
    this.#isInStep = false
    let next = at + 1
    while (next < bytes.length && bytes[next] !== DOLLAR && bytes[next] !== 0x52 /* R */) next++
    this.#strayBytes += next - at
    this.#strayRun += next - at
    if (this.#strayRun > maxStrayBytes) {
      throw new ClientError(
        'ERR_CLIENT_PROTOCOL',
        `expected RTSP or interleaved frames, got ${this.#strayRun} bytes of something else`,
      )
    }
    return next
  }
}
