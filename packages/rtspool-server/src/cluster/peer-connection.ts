import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock, ClockTimer } from 'rtspool'
import { RtspParser, type RtspResponse } from 'rtspool/rtsp'

/** Outcome of one request: the response, or the reason why there is none. */
export type PeerAnswer = RtspResponse | Error

/** Request to another server. */
export interface PeerRequestBytes {
  /** Whole request, with its header CSeq. */
  readonly bytes: Buffer
  /** Value of the header CSeq, which the response repeats (RFC 2326 section 12.17). */
  readonly cSeq: number
}

/** Terms of a {@link PeerConnection}. */
interface PeerConnectionOptions {
  readonly clock: Clock
  /** Milliseconds after which a connection without a request closes. */
  readonly lingerMs: number
  /** Called when the connection has closed, from either side. */
  readonly onClosed: (connection: PeerConnection) => void
}

const defaultPort = 554
const defaultTlsPort = 322

/** Connection to another server of the cluster, which carries one request at a time. */
export class PeerConnection {
  readonly #options: PeerConnectionOptions
  readonly #socket: Socket
  readonly #parser: RtspParser
  #settle: ((answer: PeerAnswer) => void) | undefined
  /** CSeq of the request that waits for its response. */
  #cSeq = 0
  #linger: ClockTimer | undefined
  #isClosed = false

  /**
   * Opens a connection.
   *
   * @param url - URL with the scheme `rtsp` or `rtsps`, such as `rtsp://10.0.0.7:8554`.
   */
  constructor(url: string, options: PeerConnectionOptions) {
    this.#options = options
    this.#socket = connectToServer(url)
    this.#parser = new RtspParser({
      // A server has nothing to ask here, and 1xx announces another response.
      request: () => {},
      response: (response) => {
        if (response.statusCode >= 200) this.#answered(response)
      },
      interleaved: () => {
        throw new Error('the server has sent media')
      },
    })
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#socket.on('error', (error) => this.close(error))
    // The server reads no further request after its end.
    this.#socket.on('end', () => this.close())
    this.#socket.on('close', () => this.close())
  }

  /**
   * Sends a request. The caller waits for the answer to the one before.
   *
   * @param settle - Called once with the answer.
   */
  send({ bytes, cSeq }: PeerRequestBytes, settle: (answer: PeerAnswer) => void): void {
    this.#linger?.cancel()
    this.#linger = undefined
    this.#settle = settle
    this.#cSeq = cSeq
    this.#socket.write(bytes)
  }

  /** Closes the connection; a request without response fails. Idempotent. */
  close(error: Error = new Error('the server has closed the connection')): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#linger?.cancel()
    this.#parser.close()
    this.#socket.destroy()
    this.#options.onClosed(this)
    this.#finish(error)
  }

  #receive(chunk: Buffer): void {
    try {
      this.#parser.push(chunk)
    } catch (error) {
      this.close(error as Error)
    }
  }

  #answered(response: RtspResponse): void {
    if (this.#settle === undefined) {
      this.close()
      return
    }
    const cSeq = response.headers.get('CSeq')
    // The next response would be that of another request, too: perhaps one of another client.
    if (cSeq !== String(this.#cSeq)) {
      this.close(new Error(`expected a response with CSeq ${this.#cSeq}, got ${cSeq ?? 'none'}`))
      return
    }
    const { clock, lingerMs } = this.#options
    this.#linger = clock.schedule(() => this.close(), lingerMs, false)
    this.#finish(response)
  }

  #finish(answer: PeerAnswer): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(answer)
  }
}

/**
 * Opens a socket to another server of the cluster.
 *
 * @param url - URL with the scheme `rtsp`, or `rtsps` for TLS; a path is ignored.
 */
export function connectToServer(url: string): Socket {
  const { protocol, hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isSecure = protocol === 'rtsps:'
  const target = { host, port: Number(port) || (isSecure ? defaultTlsPort : defaultPort) }
  const socket = isSecure ? connectTls({ ...target, servername: nameOf(host) }) : connect(target)
  return socket.setNoDelay()
}

/** Returns whether a text that another server has told is a URL of a server, without a path. */
export const isServerUrl = (text: string): boolean =>
  /^rtsps?:\/\/[^/@\s]+$/.test(text) && URL.canParse(text)

/** Returns the name for SNI, which cannot be an address. */
const nameOf = (host: string): string => (/^[\d.]+$|:/.test(host) ? '' : host)
