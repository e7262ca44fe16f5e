import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock, ClockTimer } from '../../clock.js'
import { hostOf } from '../../host-of.js'
import {
  type HttpRequestHead,
  httpContinue,
  type ReadHttpHead,
  serializeTunnelAnswer,
} from '../../http/index.js'
import { plainAddress } from '../../transport/system/addresses.js'
import { HttpTunnelInput } from '../../transport/tunnel/http-tunnel.js'
import type { ConnectionCarrier } from '../connection/carrier.js'
import { refuseHttp } from './http-refusal.js'

/** How long a GET waits for its POST. */
const maxWaitMs = 10_000
/**
 * How long a POST may bring nothing before it is answered. Apple and live555 answer no POST, and most clients send their
 * first request without waiting; gortsplib 5.2 and `rtspsrc2` wait for 200.
 */
const postSilenceMs = 500
/** GETs that wait at the same time; one more ends the oldest. */
const maxWaiting = 2000
/** FFmpeg 5.1 sends 16 characters, GStreamer 1.22 sends 22. */
const maxCookieLength = 128

interface Tunnel {
  readonly get: Socket
  readonly input: HttpTunnelInput
  /** Until the first POST is there. */
  deadline: ClockTimer | undefined
}

/** Who takes tunnels, and the sockets that they are made of. */
export interface HttpTunnelsOwner {
  /** A tunnel has both its ends. */
  opened(carrier: ConnectionCarrier): void
  /** The socket belongs to a tunnel from now on. */
  taken(socket: Socket): void
}

/**
 * RTSP through HTTP: a GET that carries what the server sends, and a POST that carries what the client sends. They
 * belong together by a cookie that the client chooses; so that nobody else can choose it too, it means something
 * only together with the host of the client, and apart for TLS.
 *
 * @see ONVIF Streaming Specification section 5.1.1.4; the tunnel of QuickTime
 */
export class HttpTunnels {
  readonly #clock: Clock
  readonly #owner: HttpTunnelsOwner
  readonly #tunnels = new Map<string, Tunnel>()
  /** Keys, in the order of their beginning. */
  readonly #waiting = new Set<string>()

  constructor(clock: Clock, owner: HttpTunnelsOwner) {
    this.#clock = clock
    this.#owner = owner
  }

  /** Takes one half of a tunnel, or refuses it. */
  take(socket: Socket, cookie: string, { head, rest }: ReadHttpHead): void {
    if (cookie === '' || cookie.length > maxCookieLength) {
      const expected = `an x-sessioncookie of 1 to ${maxCookieLength} characters`
      refuseHttp(socket, 400, `expected ${expected}, got ${cookie.length}`, this.#clock)
      return
    }
    const isSecure = socket instanceof TLSSocket
    const key = `${isSecure} ${hostOf(plainAddress(socket.remoteAddress))} ${cookie}`
    if (head.method === 'GET') this.#takeGet(socket, key, head, rest)
    else this.#takePost(socket, key, head, rest)
  }

  #takeGet(get: Socket, key: string, { version }: HttpRequestHead, rest: Buffer): void {
    // A second GET never takes the place of the first, and one socket is never both halves.
    if (this.#tunnels.has(key)) {
      refuseHttp(get, 409, 'a tunnel with this x-sessioncookie is open already', this.#clock)
    } else if (rest.length > 0) {
      refuseHttp(get, 400, 'expected nothing behind the GET of a tunnel', this.#clock)
    } else {
      this.#begin(get, key)
      get.write(serializeTunnelAnswer(version))
    }
  }

  #begin(get: Socket, key: string): void {
    if (this.#waiting.size >= maxWaiting) this.#dropOldest()
    const input = new HttpTunnelInput()
    const deadline = this.#clock.schedule(() => get.destroy(), maxWaitMs, false)
    this.#tunnels.set(key, { get, input, deadline })
    this.#waiting.add(key)
    // Once there is a connection, it takes what comes behind the GET.
    get.on('data', () => {
      if (this.#waiting.has(key)) get.destroy()
    })
    get.on('error', () => get.destroy())
    get.on('end', () => {
      if (this.#waiting.has(key)) get.destroy()
      else input.end()
    })
    get.on('close', () => {
      input.destroy()
      deadline.cancel()
      if (this.#tunnels.get(key)?.get !== get) return
      this.#tunnels.delete(key)
      this.#waiting.delete(key)
    })
  }

  #dropOldest(): void {
    const [oldest = ''] = this.#waiting
    this.#waiting.delete(oldest)
    this.#tunnels.get(oldest)?.get.destroy()
    this.#tunnels.delete(oldest)
  }

  #takePost(post: Socket, key: string, head: HttpRequestHead, rest: Buffer): void {
    const { headers } = head
    const tunnel = this.#tunnels.get(key)
    // One whose client has ended it is still there until its last answer is out.
    if (!tunnel || tunnel.input.hasEnded) {
      refuseHttp(post, 404, 'no GET with this x-sessioncookie came from this address', this.#clock)
    } else if (tunnel.input.hasPost) {
      refuseHttp(post, 409, 'the tunnel has a POST already', this.#clock)
    } else if (headers.has('transfer-encoding')) {
      refuseHttp(post, 400, 'expected no Transfer-Encoding in a tunnel', this.#clock)
    } else {
      if (headers.get('expect')?.toLowerCase() === '100-continue') post.write(httpContinue)
      this.#join(tunnel, key, post, rest)
      if (rest.length === 0) this.#answerSilence(post, head)
    }
  }

  /** Answers a POST that waits for it; one that brings something needs no answer. */
  #answerSilence(post: Socket, { version }: HttpRequestHead): void {
    if (post.destroyed) return
    const wait = this.#clock.schedule(
      () => {
        if (post.writable) post.write(serializeTunnelAnswer(version))
      },
      postSilenceMs,
      false,
    )
    const cancel = (): void => wait.cancel()
    post.once('data', cancel)
    post.once('close', cancel)
  }

  /** There is no other answer to a POST that brings something, and its Content-Length is not to be believed (FFmpeg 5.1: 32767). */
  #join(tunnel: Tunnel, key: string, post: Socket, rest: Buffer): void {
    const { get, input } = tunnel
    this.#owner.taken(post)
    if (this.#waiting.delete(key)) {
      tunnel.deadline?.cancel()
      tunnel.deadline = undefined
      this.#owner.taken(get)
      this.#owner.opened({ input, output: get, socket: get, frames: get })
    }
    post.setNoDelay(true)
    input.attach(post, rest)
  }
}
