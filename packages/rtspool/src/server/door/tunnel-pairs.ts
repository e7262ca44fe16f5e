import type { Socket } from 'node:net'
import type { Clock, ClockTimer } from '../../clock.js'
import { hostOf } from '../../host-of.js'
import {
  type HttpRequestHead,
  httpContinue,
  type ReadHttpHead,
  serializeTunnelAnswer,
} from '../../http/index.js'
import { HttpTunnelInput } from '../../transport/tunnel/http-tunnel.js'
import type { ConnectionCarrier } from '../connection/carrier.js'
import { type Arrival, isSecureArrival } from './arrival.js'
import { refuseHttp } from './http-refusal.js'

/** Maximum milliseconds that the GET of a tunnel waits for its POST. */
const maxWaitMs = 10_000
/**
 * Milliseconds without a received byte after which the server responds to the POST of a tunnel.
 * Apple and live555 never respond to a POST, and most clients send their first request without
 * waiting. gortsplib 5.2 and `rtspsrc2` wait for 200.
 */
const postSilenceMs = 500
/** Maximum number of tunnels whose GET waits for its POST; beyond it, the oldest is closed. */
const maxWaiting = 2000
/**
 * Maximum number of characters of a tunnel's cookie; a longer one is refused. FFmpeg 5.1 sends 16,
 * GStreamer 1.22 sends 22.
 */
const maxCookieLength = 128

interface Tunnel {
  readonly get: Arrival
  readonly input: HttpTunnelInput
  /** Timer that closes the tunnel if no POST of its client arrives in time. */
  deadline: ClockTimer | undefined
}

/** Owner of the tunnels, which receives complete tunnels and is told about their sockets. */
export interface TunnelPairsOwner {
  /** Called when a tunnel has its GET and its POST. */
  opened(carrier: ConnectionCarrier): void
  /** Called when a socket becomes part of a tunnel, so that the lobby no longer closes the socket. */
  taken(socket: Socket): void
}

/**
 * Accepts RTSP through HTTP: a GET carries bytes from the server, a POST carries bytes from the
 * client. The client connects the two by a cookie of its choice. A cookie is valid only for the
 * client's host, and separately with and without TLS, so that no other client can use it.
 *
 * @see ONVIF Streaming Specification section 5.1.1.4; the tunnel of QuickTime
 */
export class TunnelPairs {
  readonly #clock: Clock
  readonly #owner: TunnelPairsOwner
  readonly #tunnels = new Map<string, Tunnel>()
  /** Keys (host and cookie) of the tunnels whose GET waits for a POST, oldest first. */
  readonly #waiting = new Set<string>()

  constructor(clock: Clock, owner: TunnelPairsOwner) {
    this.#clock = clock
    this.#owner = owner
  }

  /**
   * Accepts an HTTP request as the GET or the POST of a tunnel, or refuses the request.
   *
   * @param cookie - Text by which the client connects its GET and its POST.
   */
  take(arrival: Arrival, cookie: string, { head, rest }: ReadHttpHead): void {
    const { socket, ends } = arrival
    if (cookie === '' || cookie.length > maxCookieLength) {
      const expected = `an x-sessioncookie of 1 to ${maxCookieLength} characters`
      refuseHttp(socket, 400, `expected ${expected}, got ${cookie.length}`, this.#clock)
      return
    }
    const key = `${isSecureArrival(arrival)} ${hostOf(ends.remoteAddress)} ${cookie}`
    if (head.method === 'GET') this.#takeGet(arrival, key, head, rest)
    else this.#takePost(socket, key, head, rest)
  }

  #takeGet(arrival: Arrival, key: string, { version }: HttpRequestHead, rest: Buffer): void {
    const { socket: get } = arrival
    // A second GET never replaces the first, and one socket is never both halves.
    if (this.#tunnels.has(key)) {
      refuseHttp(get, 409, 'a tunnel with this x-sessioncookie is open already', this.#clock)
    } else if (rest.length > 0) {
      refuseHttp(get, 400, 'expected nothing behind the GET of a tunnel', this.#clock)
    } else {
      this.#begin(arrival, key)
      get.write(serializeTunnelAnswer(version))
    }
  }

  #begin(arrival: Arrival, key: string): void {
    const { socket: get } = arrival
    if (this.#waiting.size >= maxWaiting) this.#dropOldest()
    const input = new HttpTunnelInput()
    const deadline = this.#clock.schedule(() => get.destroy(), maxWaitMs, false)
    this.#tunnels.set(key, { get: arrival, input, deadline })
    this.#waiting.add(key)
    // Once the tunnel is complete, its connection reads the bytes behind the GET.
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
      if (this.#tunnels.get(key)?.get !== arrival) return
      this.#tunnels.delete(key)
      this.#waiting.delete(key)
    })
  }

  #dropOldest(): void {
    const [oldest = ''] = this.#waiting
    this.#waiting.delete(oldest)
    this.#tunnels.get(oldest)?.get.socket.destroy()
    this.#tunnels.delete(oldest)
  }

  #takePost(post: Socket, key: string, head: HttpRequestHead, rest: Buffer): void {
    const { headers } = head
    const tunnel = this.#tunnels.get(key)
    // A tunnel that its client has ended stays until the last response has been sent.
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

  /**
   * Responds to a POST that brings no bytes, because its client may wait for the response. A POST
   * that brings bytes gets no response.
   */
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

  /**
   * Adds a POST to the tunnel of its GET. Ignores its Content-Length: FFmpeg 5.1 always announces
   * 32767.
   */
  #join(tunnel: Tunnel, key: string, post: Socket, rest: Buffer): void {
    const { input } = tunnel
    const { socket: get, ends, isSecure } = tunnel.get
    this.#owner.taken(post)
    if (this.#waiting.delete(key)) {
      tunnel.deadline?.cancel()
      tunnel.deadline = undefined
      this.#owner.taken(get)
      this.#owner.opened({
        ...{ input, output: get, socket: get, ends, frames: get, tunnel: 'http' },
        ...(isSecure !== undefined && { isSecure }),
      })
    }
    post.setNoDelay(true)
    input.attach(post, rest)
  }
}
