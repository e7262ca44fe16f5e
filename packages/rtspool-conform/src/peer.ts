import type { Answer } from './answer.js'
import type { Carrier, CarrierSink } from './carriers/carrier.js'
import { authorization, type Credentials, isDigest, parseChallenge } from './credentials.js'
import { Mismatch } from './mismatch.js'
import { StreamReader } from './stream-reader.js'
import type { Waiting } from './waiting.js'

/** Interleaved frame (RTP or RTCP on the RTSP connection) that has arrived. */
export interface Frame {
  readonly channel: number
  readonly payload: Buffer
  /** Time of the arrival, in milliseconds of `performance.now()`. */
  readonly at: number
}

export type HeaderLines = Readonly<Record<string, string>>

export interface PeerOptions {
  readonly waiting: Waiting
  /** Credentials for servers that request them. Not used for requests with {@link PeerRequest.isAnonymous}. */
  readonly credentials: Credentials | undefined
  /** Called with each response, so that the test can tear down the sessions that it has created on the server. */
  onAnswer(method: string, uri: string, answer: Answer): void
}

/** Deviations of a request from the usual one, for conformance tests. */
export interface PeerRequest {
  readonly headers?: HeaderLines
  readonly body?: string | undefined
  /** Value of CSeq. @default the next number of the connection */
  readonly cSeq?: number
  /** True to send no credentials after a 401, and to return that response like any other. */
  readonly isAnonymous?: boolean
}

/** Maximum number of interleaved frames in memory; for each further one, the oldest is dropped. */
const maxFrames = 20_000

const busyTries = 5
const busyPauseMs = 200

/**
 * One RTSP connection of a conformance test. Sends messages exactly as the test gives them, right
 * or wrong. Keeps all received responses and frames.
 */
export class Peer implements CarrierSink {
  readonly frames: Frame[] = []
  readonly #answers: Answer[] = []
  readonly #reader: StreamReader
  readonly #options: PeerOptions
  #carrier: Carrier | undefined
  #cSeq = 0
  #closed: string | undefined
  #garbage: string | undefined

  constructor(options: PeerOptions) {
    this.#options = options
    this.#reader = new StreamReader({
      answer: (answer) => void this.#answers.push(answer),
      // Requests of the server get a 501, as RFC 2326 section 10 demands.
      request: (_startLine, cSeq) =>
        this.write(`RTSP/1.0 501 Not Implemented\r\n${cSeq ? `CSeq: ${cSeq}\r\n` : ''}\r\n`),
      frame: (channel, payload) => {
        if (this.frames.length >= maxFrames) this.frames.shift()
        this.frames.push({ channel, payload, at: performance.now() })
      },
      garbage: (what) => {
        this.#garbage = what
      },
    })
  }

  /** Uses an open connection to send and receive. The peer owns the connection, and closes it in `close`. */
  attach(carrier: Carrier): this {
    this.#carrier = carrier
    return this
  }

  bytes(chunk: Buffer): void {
    this.#reader.push(chunk)
    this.#options.waiting.notify()
  }

  closed(why: string): void {
    this.#closed ??= why
    this.#options.waiting.notify()
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** Description of received bytes that could not be parsed; `undefined` if there were none. */
  get garbage(): string | undefined {
    return this.#garbage
  }

  /** Closes the connection without a TEARDOWN. */
  close(): void {
    this.#closed ??= 'closed by this side'
    this.#carrier?.destroy()
  }

  write(bytes: string | Buffer): void {
    this.#carrier?.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends a text byte by byte, each byte with a separate write, to test the parser of the server. */
  async writeSlowly(text: string): Promise<void> {
    for (const byte of Buffer.from(text, 'latin1')) {
      this.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Returns the text of a request with the next CSeq of the connection, unless `request` gives a CSeq. */
  format(method: string, uri: string, request: PeerRequest = {}): string {
    const { headers = {}, body = '', cSeq = this.#cSeq + 1 } = request
    if (request.cSeq === undefined) this.#cSeq += 1
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    return `${method} ${uri} RTSP/1.0\r\nCSeq: ${cSeq}\r\n${lines.join('')}${length}\r\n${body}`
  }

  /** Sends a request, and after a 401 again with credentials. Waits for the response until the deadline of the test. */
  async request(method: string, uri: string, request: PeerRequest = {}): Promise<Answer> {
    const { credentials } = this.#options
    let answer = await this.#exchange(method, uri, request)
    if (answer.status === 401 && credentials && !request.isAnonymous) {
      const challenges = answer.all('WWW-Authenticate').map(parseChallenge)
      const challenge = challenges.find((each) => isDigest(each, 'MD5')) ?? challenges[0]
      if (challenge) {
        const Authorization = authorization(challenge, credentials, method, uri)
        const headers = { ...request.headers, Authorization }
        answer = await this.#exchange(method, uri, { ...request, headers })
      }
    }
    this.#options.onAnswer(method, uri, answer)
    return answer
  }

  /**
   * Sends a request, and repeats it up to five times while the server is busy (503), for example
   * because a source is just ending.
   */
  async #exchange(method: string, uri: string, request: PeerRequest): Promise<Answer> {
    let answer = await this.#exchangeOnce(method, uri, request)
    for (let n = 0; n < busyTries && answer.status === 503; n += 1) {
      await this.#options.waiting.pass(busyPauseMs)
      answer = await this.#exchangeOnce(method, uri, request)
    }
    return answer
  }

  async #exchangeOnce(method: string, uri: string, request: PeerRequest): Promise<Answer> {
    this.write(this.format(method, uri, request))
    return this.answer(`an answer to ${method}`)
  }

  /**
   * Sends a request, waits for the response, and checks its status.
   *
   * @throws {Mismatch} If the response has none of these status codes.
   */
  async expect(
    status: number | readonly number[],
    method: string,
    uri: string,
    request: PeerRequest = {},
  ): Promise<Answer> {
    const answer = await this.request(method, uri, request)
    return requireStatus(answer, status, method)
  }

  /**
   * Waits for the next response on the connection that no earlier call has returned.
   *
   * @param expected - Description of the response, for the message of the error.
   * @param limitMs - Time limit in milliseconds. Default: the deadline of the test.
   * @throws {Mismatch} If no response arrives in time, or the connection ends first.
   */
  answer(expected: string, limitMs?: number): Promise<Answer> {
    return this.#until(() => this.#answers.shift(), expected, limitMs)
  }

  /**
   * Waits until a frame satisfies `isWanted`, for `limitMs` milliseconds at most (default: the deadline of the test),
   * and returns the frame. Looks at {@link frames} from index `start` on. `expected` describes the frame in the error.
   */
  frame(
    expected: string,
    isWanted: (frame: Frame) => boolean,
    limitMs?: number,
    start = 0,
  ): Promise<Frame> {
    let next = start
    const look = (): Frame | undefined => {
      while (next < this.frames.length) {
        const frame = this.frames[next++]
        if (frame && isWanted(frame)) return frame
      }
      return undefined
    }
    return this.#until(look, expected, limitMs)
  }

  /** Waits at most `limitMs` milliseconds for a frame after this call, to check that the stream continues. */
  nextFrame(expected: string, limitMs: number): Promise<Frame> {
    return this.frame(expected, () => true, limitMs, this.frames.length)
  }

  /**
   * Waits at most `limitMs` milliseconds for the end of the connection.
   *
   * @returns `true` if the connection has ended.
   */
  async closes(limitMs: number): Promise<boolean> {
    const { waiting } = this.#options
    const closed = waiting.until(
      () => this.#closed,
      'a close',
      () => 'none',
      limitMs,
    )
    return closed.then(
      () => true,
      (error: unknown) => {
        if (error instanceof Mismatch) return false
        throw error
      },
    )
  }

  #until<T>(probe: () => T | undefined, expected: string, limitMs?: number): Promise<T> {
    const look = (): T | undefined => {
      const found = probe()
      if (found !== undefined) return found
      if (this.#garbage !== undefined) throw new Mismatch(expected, this.#garbage)
      if (this.#closed !== undefined) throw new Mismatch(expected, this.#closed)
      return undefined
    }
    return this.#options.waiting.until(look, expected, () => 'nothing', limitMs)
  }
}

/**
 * Checks that the status of a response is one of the given codes. @throws {Mismatch} If it is none
 * of them.
 */
export function requireStatus(
  answer: Answer,
  status: number | readonly number[],
  what: string,
): Answer {
  const wanted = typeof status === 'number' ? [status] : status
  if (wanted.includes(answer.status)) return answer
  throw new Mismatch(`${wanted.join(' or ')} to ${what}`, answer.toString())
}
