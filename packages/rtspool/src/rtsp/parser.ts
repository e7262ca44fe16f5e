import { MalformedMessageError } from '../errors.js'
import { ByteAccumulator } from './byte-accumulator.js'
import {
  isToken,
  isTokenCode,
  parseDecimal,
  quoteReceived,
  trimLinearSpace,
  withoutUserinfo,
} from './grammar.js'
import { parseContentLength } from './headers/content-length.js'
import { maxCSeq } from './headers/cseq.js'
import { frameHeaderBytes } from './interleaved.js'
import { decodeLine } from './line-text.js'
import { RtspHeaders, type RtspRequest, type RtspResponse } from './message.js'
import { type RtspParserLimits, resolveRtspParserLimits } from './parser-limits.js'
import { PartialFrame } from './partial-frame.js'
import { parseStartLine, requestUriBytes, type StartLine } from './start-line.js'

// One byte stream carries three kinds of data, and their states share the same dozen fields. So
// this file is over 200 lines.

/**
 * Receiver of the parsed messages and frames, called from inside `push` in the order of the stream.
 */
export interface RtspParserSink {
  /** Receives a parsed request. The receiver may call {@link RtspParser.stop}. */
  request(request: RtspRequest): void
  response(response: RtspResponse): void
  /**
   * Receives an interleaved frame (RFC 2326 section 10.12).
   *
   * @param payload - 0 to 65535 bytes. If the frame lies within the pushed chunk, a view of the
   *   chunk, valid until the owner of the chunk reuses it.
   */
  interleaved(channel: number, payload: Buffer): void
}

type MalformedCode = MalformedMessageError['code']

const State = {
  /**
   * State between messages. The next byte begins an interleaved frame, an empty line or a start
   * line.
   */
  Idle: 0,
  StartLine: 1,
  HeaderLine: 2,
  Body: 3,
  /**
   * State inside the header of an interleaved frame: the four bytes `$`, channel and length, which precede its
   * payload.
   */
  FrameHeader: 4,
  FramePayload: 5,
  Failed: 6,
  Closed: 7,
} as const
type State = (typeof State)[keyof typeof State]

const LF = 0x0a
const CR = 0x0d
const DOLLAR = 0x24
const emptyBody = Buffer.alloc(0)

/**
 * Splits the byte stream of an RTSP connection into requests, responses and interleaved frames.
 *
 * ```text
 *            '$'                              4 bytes                n bytes
 *   Idle ──────────► FrameHeader ───────────────────► FramePayload ─────────► Idle
 *     │ other                  empty line                   n bytes
 *     └────► StartLine ─► HeaderLine ─────────────► Body ───────────────────► Idle
 * ```
 *
 * Lines end with CRLF or LF. One stream has one interpretation: anything but an exact message is an
 * error, and the parser does not resynchronise after an error. The cost is linear in the pushed
 * bytes, for chunks of any size. Memory is limited by the limits plus one interleaved frame. Bench:
 * bench/rtsp-parser.
 *
 * @see RFC 2326 sections 4, 6, 7 and 10.12
 */
export class RtspParser {
  readonly #sink: RtspParserSink
  readonly #limits: Readonly<Required<RtspParserLimits>>
  #state: State = State.Idle
  #isRunning = false
  #isStopped = false
  #error: MalformedMessageError | undefined

  /** Offset in the byte stream of the connection of the first byte of the current chunk. */
  #chunkOffset = 0
  #messageOffset = 0
  #lineOffset = 0

  /** Beginning of a line or body whose other bytes have not arrived yet. */
  readonly #pending = new ByteAccumulator()
  #startLine: StartLine | undefined
  #headers = new RtspHeaders()
  #headerBytes = 0
  #bodyBytes = 0

  readonly #frame = new PartialFrame()

  /**
   * Creates a parser for one connection.
   *
   * @throws {RangeError} A limit is not a whole number of 0 or more.
   */
  constructor(sink: RtspParserSink, limits?: RtspParserLimits) {
    this.#sink = sink
    this.#limits = resolveRtspParserLimits(limits)
  }

  /** `true` if no message or frame is incomplete, so that the stream could end here. */
  get isBetweenMessages(): boolean {
    return this.#state === State.Idle
  }

  /**
   * Offset in the stream of the first byte of the current, incomplete message or frame. The
   * offset shows whether two pushes ended inside the same message, for deadlines on a whole message.
   */
  get messageOffset(): number {
    return this.#messageOffset
  }

  /** Makes the parser ignore all further bytes, even those of a running `push`. Idempotent. */
  close(): void {
    this.#state = State.Closed
    this.#release()
  }

  /**
   * Ends the running `push` after the current request; the following bytes stay unread. May only be
   * called from inside `request` of the sink.
   */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Reads the next bytes of the stream and calls the sink for everything that they complete.
   *
   * After {@link close} this does nothing. A sink that throws closes the parser.
   *
   * @returns Number of bytes read: all of them, unless the sink has called {@link stop}. The caller
   * must keep the unread bytes and push them first next time.
   * @param chunk - Bodies are copied out of it; payloads of interleaved frames are views of it.
   * @throws {MalformedMessageError} when the bytes break the grammar or a limit; every later call
   * throws the same error. Its context has `offset` (bytes from the start of the stream),
   * `production`, and `cSeq` if the broken message had a valid one.
   * @throws {TypeError} when called from inside the sink.
   */
  push(chunk: Buffer): number {
    if (this.#state === State.Closed) return chunk.length
    if (this.#error !== undefined) throw this.#error
    if (this.#isRunning) throw new TypeError('push must not be called from inside the sink')
    this.#isRunning = true
    this.#isStopped = false
    let read = chunk.length
    let isThrown = true
    try {
      read = this.#read(chunk)
      isThrown = false
    } finally {
      this.#isRunning = false
      this.#chunkOffset += read
      if (isThrown && this.#error === undefined) this.close()
    }
    return read
  }

  /** Reads a chunk according to the state of the parser. @returns The number of bytes read. */
  #read(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length && !this.#isStopped) {
      switch (this.#state) {
        case State.Idle:
          at = this.#readFrames(chunk, at)
          if (at < chunk.length && this.#state === State.Idle) at = this.#beginMessage(chunk, at)
          break
        case State.StartLine:
        case State.HeaderLine:
          at = this.#readLine(chunk, at)
          break
        case State.Body:
          at = this.#readBody(chunk, at)
          break
        case State.FrameHeader:
          at = this.#readFrameHeader(chunk, at)
          break
        case State.FramePayload:
          at = this.#readFramePayload(chunk, at)
          break
        default:
          return chunk.length
      }
    }
    return at
  }

  /**
   * Reads the interleaved frames that the chunk contains completely, and passes on a view of each.
   * This is the fast path. Bench: bench/rtsp-parser.
   *
   * @returns Offset after the last of them.
   */
  #readFrames(chunk: Buffer, start: number): number {
    const size = chunk.length
    let at = start
    while (at + frameHeaderBytes <= size && chunk[at] === DOLLAR) {
      const payloadStart = at + frameHeaderBytes
      const end = payloadStart + (((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number))
      if (end > size) return at
      this.#sink.interleaved(chunk[at + 1] as number, chunk.subarray(payloadStart, end))
      at = end
      if (this.#state !== State.Idle) return at
    }
    return at
  }

  /**
   * Determines by its first byte whether a message or a frame begins. Refuses most other protocols
   * here, such as TLS.
   *
   * @returns Offset of the byte to read next.
   */
  #beginMessage(chunk: Buffer, at: number): number {
    const byte = chunk[at] as number
    if (byte === LF) return at + 1
    this.#messageOffset = this.#chunkOffset + at
    if (byte === DOLLAR) {
      this.#frame.begin()
      this.#state = State.FrameHeader
      return at
    }
    this.#lineOffset = this.#messageOffset
    if (byte !== CR && !isTokenCode(byte)) {
      this.#fail(
        'ERR_RTSP_START_LINE',
        'start-line',
        `expected a method, RTSP/ or $, got ${quoteReceived(String.fromCharCode(byte))}`,
      )
    }
    this.#state = State.StartLine
    return at
  }

  #readFrameHeader(chunk: Buffer, start: number): number {
    const at = this.#frame.readHeader(chunk, start)
    if (!this.#frame.hasHeader) return at
    this.#state = State.FramePayload
    return this.#readFramePayload(chunk, at)
  }

  #readFramePayload(chunk: Buffer, start: number): number {
    const at = this.#frame.readPayload(chunk, start)
    if (this.#frame.isComplete) {
      this.#state = State.Idle
      this.#sink.interleaved(this.#frame.channel, this.#frame.take())
    }
    return at
  }

  #readLine(chunk: Buffer, start: number): number {
    const found = chunk.indexOf(LF, start)
    const end = found === -1 ? chunk.length : found
    this.#checkLineLength(chunk, start, end)
    if (found === -1) {
      this.#pending.append(chunk, start, end)
      return end
    }
    if (this.#pending.length === 0) {
      this.#finishLine(chunk, start, end)
    } else {
      this.#pending.append(chunk, start, end)
      const line = this.#pending.view()
      this.#pending.clear()
      this.#finishLine(line, 0, line.length)
    }
    this.#lineOffset = this.#chunkOffset + found + 1
    return found + 1
  }

  /**
   * Refuses a line that exceeds the limit on its length, before its bytes are kept. The line may be incomplete.
   *
   * @throws {MalformedMessageError} If the line is too long.
   */
  #checkLineLength(chunk: Buffer, start: number, end: number): void {
    const { maxLineBytes, maxHeaderBytes } = this.#limits
    const isStartLine = this.#state === State.StartLine
    const headerBytesLeft = isStartLine ? maxLineBytes : maxHeaderBytes - this.#headerBytes
    const limit = Math.min(maxLineBytes, headerBytesLeft)
    const length = this.#pending.length + (end - start)
    if (length <= limit) return
    const last = end > start ? chunk[end - 1] : this.#pending.at(this.#pending.length - 1)
    // The CR may belong to the line end.
    if (length === limit + 1 && last === CR) return

    if (isStartLine) this.#checkCutUri(chunk, start, limit + 1)
    if (limit < maxLineBytes) {
      this.#fail(
        'ERR_RTSP_TOO_MANY_HEADERS',
        'message-header',
        `expected at most ${maxHeaderBytes} bytes of headers, got more`,
      )
    }
    this.#fail(
      'ERR_RTSP_LINE_TOO_LONG',
      isStartLine ? 'start-line' : 'message-header',
      `expected a line of at most ${maxLineBytes} bytes, got more`,
    )
  }

  /**
   * Refuses a start line that is too long because of its URI, for which there is a status of its
   * own (414). Returns if the URI is not the cause.
   */
  #checkCutUri(chunk: Buffer, start: number, length: number): void {
    const missing = length - this.#pending.length
    const piece = chunk.subarray(start, start + Math.max(missing, 0))
    const cut = Buffer.concat([this.#pending.view(), piece], length)
    this.#checkUriLength(requestUriBytes(cut))
  }

  #checkUriLength(uriBytes: number): void {
    const { maxUriBytes } = this.#limits
    if (uriBytes <= maxUriBytes) return
    this.#fail(
      'ERR_RTSP_URI_TOO_LONG',
      'Request-URI',
      `expected a request URI of at most ${maxUriBytes} bytes, got more`,
    )
  }

  #finishLine(bytes: Buffer, start: number, lineFeed: number): void {
    const end = lineFeed > start && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed
    if (this.#state === State.StartLine) {
      // Skips empty lines before a message, as HTTP requires and RFC 2326 does not.
      if (end === start) this.#state = State.Idle
      else this.#finishStartLine(bytes, start, end)
    } else if (end === start) {
      this.#finishHeaders()
    } else {
      this.#finishHeaderLine(bytes, start, end)
    }
  }

  #finishStartLine(bytes: Buffer, start: number, end: number): void {
    const text = this.#decode(bytes, start, end, 'start-line', 'ERR_RTSP_START_LINE')
    this.#checkUriLength(requestUriBytes(bytes.subarray(start, end)))
    const startLine = parseStartLine(text)
    if (startLine === undefined) {
      const got = quoteReceived(withoutUserinfo(text))
      this.#fail(
        'ERR_RTSP_START_LINE',
        'start-line',
        `expected "METHOD URI RTSP/1.0" or "RTSP/1.0 CODE REASON", got ${got}`,
      )
    }
    const { maxMethodBytes } = this.#limits
    if (startLine.kind === 'request' && startLine.method.length > maxMethodBytes) {
      const got = quoteReceived(startLine.method)
      const expected = `a method of at most ${maxMethodBytes} bytes`
      this.#fail('ERR_RTSP_START_LINE', 'Method', `expected ${expected}, got ${got}`)
    }
    this.#startLine = startLine
    this.#state = State.HeaderLine
  }

  #finishHeaderLine(bytes: Buffer, start: number, end: number): void {
    const { maxHeaders } = this.#limits
    if (this.#headers.size >= maxHeaders) {
      this.#fail(
        'ERR_RTSP_TOO_MANY_HEADERS',
        'message-header',
        `expected at most ${maxHeaders} header lines, got more`,
      )
    }
    this.#headerBytes += end - start
    const text = this.#decode(bytes, start, end, 'message-header', 'ERR_RTSP_HEADER_LINE')
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(colon, 0))
    // Also refuses folded lines, which begin with a space or a tab and so are no token.
    if (!isToken(name)) {
      // Without the value, which may be a password.
      const got = quoteReceived(colon === -1 ? text : name)
      this.#fail('ERR_RTSP_HEADER_LINE', 'message-header', `expected "Name: value", got ${got}`)
    }
    this.#headers.append(name, trimLinearSpace(text.slice(colon + 1)))
  }

  #finishHeaders(): void {
    const headers = this.#headers
    const transferEncoding = headers.get('transfer-encoding')
    if (transferEncoding !== undefined) {
      this.#fail(
        'ERR_RTSP_TRANSFER_ENCODING',
        'Transfer-Encoding',
        `expected Content-Length only, got Transfer-Encoding ${quoteReceived(transferEncoding)}`,
      )
    }
    this.#bodyBytes = this.#contentLength()
    const { maxBodyBytes } = this.#limits
    if (this.#bodyBytes > maxBodyBytes) {
      this.#fail(
        'ERR_RTSP_BODY_TOO_LARGE',
        'Content-Length',
        `expected a body of at most ${maxBodyBytes} bytes, got Content-Length ${this.#bodyBytes}`,
      )
    }
    if (this.#bodyBytes === 0) this.#finishMessage(emptyBody)
    else this.#state = State.Body
  }

  #contentLength(): number {
    try {
      return parseContentLength(this.#headers.getAll('content-length'))
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      return this.#fail(error.code, 'Content-Length', error.message)
    }
  }

  #readBody(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + (this.#bodyBytes - this.#pending.length))
    if (this.#pending.length === 0 && end - start === this.#bodyBytes) {
      // A copy: requests outlive the chunk, which may be the reused buffer of a socket.
      this.#finishMessage(Buffer.from(chunk.subarray(start, end)))
      return end
    }
    this.#pending.append(chunk, start, end)
    if (this.#pending.length === this.#bodyBytes) {
      const body = this.#pending.view()
      this.#pending.clear()
      this.#finishMessage(body)
    }
    return end
  }

  #finishMessage(body: Buffer): void {
    const startLine = this.#startLine as StartLine
    const headers = this.#headers
    this.#release()
    // Before calling the sink, which may close the parser.
    this.#state = State.Idle
    if (startLine.kind === 'request') {
      const { method, uri, version } = startLine
      this.#sink.request({ kind: 'request', method, uri, version, headers, body })
    } else {
      const { version, statusCode, reason } = startLine
      this.#sink.response({ kind: 'response', version, statusCode, reason, headers, body })
    }
  }

  #decode(
    bytes: Buffer,
    start: number,
    end: number,
    production: string,
    code: MalformedCode,
  ): string {
    const text = decodeLine(bytes, start, end, this.#state === State.HeaderLine)
    if (typeof text === 'string') return text
    this.#lineOffset += text.index
    const got = quoteReceived(String.fromCharCode(text.byte))
    return this.#fail(code, production, `expected no control character in a line, got ${got}`)
  }

  /** Drops the incomplete message and frees the memory that it takes. */
  #release(): void {
    this.#pending.clear()
    this.#frame.drop()
    this.#startLine = undefined
    this.#headers = new RtspHeaders()
    this.#headerBytes = 0
    this.#bodyBytes = 0
  }

  #fail(code: MalformedCode, production: string, message: string): never {
    const cSeq = parseDecimal(this.#headers.get('cseq') ?? '', maxCSeq)
    const context = { offset: this.#lineOffset, production, ...(cSeq !== undefined && { cSeq }) }
    this.#error = new MalformedMessageError(code, `${production}: ${message}`, { context })
    this.#state = State.Failed
    this.#release()
    throw this.#error
  }
}
