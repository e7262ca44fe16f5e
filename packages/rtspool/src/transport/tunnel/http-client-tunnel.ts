import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import { HttpResponseHeadReader, type ReadHttpResponseHead } from '../../http/index.js'
import { type ClientSocket, openStream } from '../tcp/open-stream.js'
import { type HttpTunnelTarget, TunnelRefused } from './tunnel-target.js'

const tunnelType = 'application/x-rtsp-tunnelled'
/** Number of random bytes in the cookie that joins GET and POST; 22 hexadecimal digits, as long as that of QuickTime. */
const cookieBytes = 11
/** Lowest status code of an HTTP response that refuses a request. */
const firstErrorStatus = 400

/**
 * Opens an HTTP tunnel: a GET whose response carries the bytes of the server, and a POST whose body carries those of the
 * client in base64. The POST goes to the address that has answered the GET.
 *
 * ```text
 *   client ── POST /path, x-sessioncookie: c ── base64 ──► server
 *   client ◄── 200 ── RTSP ── GET /path, x-sessioncookie: c ── server
 * ```
 *
 * @param signal - Aborts the attempt; no effect once the promise has settled.
 * @throws {TunnelRefused} the server does not respond 200 to the GET.
 * @throws {MalformedMessageError} the server does not speak HTTP.
 * @throws The errors of {@link openStream}.
 * @see ONVIF Streaming Specification section 5.1.1.4; the tunnel of QuickTime
 */
export async function openHttpTunnel(
  target: HttpTunnelTarget,
  signal: AbortSignal,
): Promise<ClientSocket> {
  const cookie = randomBytes(cookieBytes).toString('hex')
  const get = await openStream(target, signal)
  try {
    get.write(headOf('GET', target, { 'x-sessioncookie': cookie, Accept: tunnelType }))
    const { head, rest } = await responseOf(get, signal)
    if (head.statusCode !== 200) throw new TunnelRefused(refusedText('GET'), head)
    const address = get.remoteAddress ?? target.host
    const openPost = async (postSignal: AbortSignal): Promise<ClientSocket> => {
      const post = await openStream({ ...target, address }, postSignal)
      post.write(headOf('POST', target, { 'x-sessioncookie': cookie, ...postHeaders }))
      return post
    }
    return new HttpClientTunnel(get, rest, await openPost(signal), openPost)
  } catch (error) {
    get.destroy()
    throw error
  }
}

/**
 * Headers of a POST. Content-Length has the customary value, which servers ignore: the body ends with the connection.
 */
const postHeaders = {
  'Content-Type': tunnelType,
  'Content-Length': '32767',
  Expires: 'Sun, 9 Jan 1972 00:00:00 GMT',
}

function headOf(
  method: 'GET' | 'POST',
  { path, headersOf }: HttpTunnelTarget,
  headers: Readonly<Record<string, string>>,
): string {
  const all = {
    ...headersOf(method),
    ...headers,
    Pragma: 'no-cache',
    'Cache-Control': 'no-cache',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${path} HTTP/1.0`, ...lines, '', ''].join('\r\n')
}

/**
 * Reads the head of the HTTP response on a new connection, which is paused afterwards. Rejects if the connection ends
 * before, or the signal aborts.
 */
function responseOf(socket: ClientSocket, signal: AbortSignal): Promise<ReadHttpResponseHead> {
  const reader = new HttpResponseHeadReader()
  return new Promise((resolve, reject) => {
    const settle = (error: unknown, read?: ReadHttpResponseHead): void => {
      signal.removeEventListener('abort', aborted)
      socket.off('data', receive).off('close', closed).off('error', settle)
      socket.on('error', ignore)
      socket.pause()
      if (read) resolve(read)
      else reject(error)
    }
    const receive = (chunk: Buffer): void => {
      try {
        const read = reader.push(chunk)
        if (read) settle(undefined, read)
      } catch (error) {
        settle(error)
      }
    }
    const aborted = (): void => settle(signal.reason)
    const closed = (): void => settle(new Error('the server has closed the HTTP tunnel'))
    socket.on('data', receive).on('close', closed).on('error', settle)
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}

const refusedText = (method: string): string => `the server refuses the ${method} of an HTTP tunnel`

/** Listener that ignores an error of a socket: its event `close` follows, and is handled. */
const ignore = (): void => undefined

type OpenPost = (signal: AbortSignal) => Promise<ClientSocket>

/**
 * The two connections of a tunnel as one stream of bytes. The stream ends with the GET. After the end of a POST, the next
 * write opens another one.
 */
class HttpClientTunnel extends Duplex {
  readonly remoteAddress: string | undefined
  readonly localAddress: string | undefined
  readonly #get: ClientSocket
  readonly #openPost: OpenPost
  readonly #closing = new AbortController()
  /** Connection of the POST that is open or being opened; `undefined` after its end. */
  #post: Promise<ClientSocket> | undefined
  /** Connection of the last opened POST, whose response is being watched; `undefined` after its end. */
  #watched: ClientSocket | undefined

  constructor(get: ClientSocket, rest: Buffer, post: ClientSocket, openPost: OpenPost) {
    super()
    this.remoteAddress = get.remoteAddress
    this.localAddress = get.localAddress
    this.#get = get
    this.#openPost = openPost
    this.#post = Promise.resolve(post)
    this.#watch(post)
    if (rest.length > 0) this.push(rest)
    get.on('data', (chunk) => {
      if (!this.push(chunk)) get.pause()
    })
    get.on('end', () => this.push(null))
    get.on('error', (error) => this.destroy(error))
    // The bytes before the end may still be unread.
    get.on('close', () => void (get.readableEnded || this.destroy()))
    this.on('end', () => this.destroy())
  }

  override _read(): void {
    this.#get.resume()
  }

  override _write(chunk: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void) {
    this.#post ??= this.#openNextPost()
    this.#post.then((post) => post.write(chunk.toString('base64'), callback), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#closing.abort()
    this.#get.destroy()
    this.#post?.then((post) => post.destroy(), ignore)
    callback(error)
  }

  async #openNextPost(): Promise<ClientSocket> {
    const post = await this.#openPost(this.#closing.signal)
    this.#watch(post)
    return post
  }

  /** Reads the response to a POST, and ignores it unless it is a refusal: an error status destroys the tunnel. */
  #watch(post: ClientSocket): void {
    const reader = new HttpResponseHeadReader()
    const receive = (chunk: Buffer): void => {
      try {
        const read = reader.push(chunk)
        if (!read) return
        post.off('data', receive).resume()
        if (read.head.statusCode >= firstErrorStatus)
          this.destroy(new TunnelRefused(refusedText('POST'), read.head))
      } catch (error) {
        this.destroy(error as Error)
      }
    }
    const forget = (): void => {
      if (this.#watched === post) this.#post = this.#watched = undefined
      post.destroy()
    }
    this.#watched = post
    post.on('data', receive)
    post.on('error', ignore)
    for (const event of ['end', 'close']) post.on(event, forget)
  }
}
