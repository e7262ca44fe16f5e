import type { Socket } from 'node:net'
import type { AdoptedClient, Clock, Session, SessionStats, StreamTransport } from 'rtspool'
import type { WebSocket } from 'ws'
import { closeWith, closingOf } from './close-codes.js'
import type { ResolvedLiveOptions } from './live-options.js'

/** First messages to a browser: one that names its tracks, and the init segment of each. */
export interface LiveOffer {
  readonly frames: readonly Buffer[]
}

/** Number of bytes sent to browsers, and of fragments left out, since the start. */
export interface LiveTraffic {
  readonly bytesOut: number
  readonly packetsDropped: number
}

/**
 * One browser that watches a stream; it is the transport of a session. Each frame written to the
 * socket is a whole WebSocket message, which is the same for all browsers.
 */
export class LiveViewer implements StreamTransport, AdoptedClient {
  readonly session: Session
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #options: ResolvedLiveOptions
  readonly #counters: SessionStats
  readonly #onClosed: (() => void)[] = []
  /** True while fragments are left out for the browser, until the next key frame. */
  #isSkipping = true
  #isClosed = false
  #writtenBytes = 0
  /**
   * Number of bytes that had been sent at the last check, without pings and pongs. `#stalledSince`
   * is the time since which no more have been sent.
   */
  #sentBytes = 0
  #stalledSince: number
  #pingedAt: number
  #heardAt: number

  constructor(
    session: Session,
    webSocket: WebSocket,
    socket: Socket,
    options: ResolvedLiveOptions,
  ) {
    this.session = session
    this.#webSocket = webSocket
    this.#socket = socket
    this.#options = options
    this.#clock = options.clock
    this.#counters = session.stats
    this.#stalledSince = this.#pingedAt = this.#heardAt = this.#clock.now()
    webSocket.on('pong', () => {
      this.#heardAt = this.#clock.now()
    })
    webSocket.on('ping', (data) => this.#pong(data))
    webSocket.on('close', () => session.end('connectionClosed'))
  }

  /** Calls a function once when the session of the browser ends, or at once if the session has already ended. */
  onClosed(closed: () => void): void {
    if (this.#isClosed) closed()
    else this.#onClosed.push(closed)
  }

  /** Number of bytes that wait in this process to be sent to the browser. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /**
   * Begins to send to the browser, or begins again because tracks or formats have changed.
   *
   * @param kept - Stored fragments from a key frame on; empty if the viewer must wait for the next
   * key frame.
   */
  begin({ frames }: LiveOffer, kept: readonly Buffer[]): void {
    if (this.#isClosed) return
    for (const frame of frames) this.#write(frame)
    this.#isSkipping = kept.length === 0 || this.queuedBytes > this.#options.maxQueuedBytes
    if (this.#isSkipping) this.#counters.packetsDropped += kept.length
    else for (const frame of kept) this.#writeMedia(frame)
  }

  /**
   * Sends a fragment. If too many bytes wait, leaves out this fragment, and all others up to one with
   * which a decoder can begin.
   *
   * @param isEntry - True if a decoder can begin with the fragment.
   */
  send(frame: Buffer, isEntry: boolean): void {
    if (this.#isClosed) return
    const { maxQueuedBytes } = this.#options
    const queuedBytes = this.#socket.writableLength
    if (this.#isSkipping) {
      this.#isSkipping = !isEntry || queuedBytes > maxQueuedBytes / 2
    } else {
      this.#isSkipping = queuedBytes > 0 && queuedBytes + frame.length > maxQueuedBytes
    }
    if (this.#isSkipping) this.#counters.packetsDropped++
    else this.#writeMedia(frame)
  }

  /**
   * Ends the session if the browser reads nothing or has disconnected. The stream calls this method
   * about once a second.
   */
  check(): void {
    if (this.#isClosed) return
    const now = this.#clock.now()
    const sentBytes = this.#writtenBytes - this.queuedBytes
    if (sentBytes > this.#sentBytes || this.queuedBytes === 0) this.#stalledSince = now
    this.#sentBytes = Math.max(sentBytes, this.#sentBytes)
    const { slowReaderTimeout, pingSeconds } = this.#options
    if (now - this.#stalledSince >= slowReaderTimeout * 1000) this.session.end('slowReader')
    else if (now - this.#pingedAt >= pingSeconds * 1000) this.#ping(now)
  }

  /**
   * Closes the WebSocket with the reason for the end of the session. The session calls this method
   * when it ends.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeWith(this.#webSocket, closingOf(this.session.removalReason ?? 'removed'), this.#clock)
    for (const closed of this.#onClosed) closed()
  }

  /** Closes the connection at once, because the server is overloaded. */
  destroy(): void {
    this.#webSocket.terminate()
  }

  #ping(now: number): void {
    if (this.#heardAt < this.#pingedAt) {
      this.#webSocket.terminate()
      return
    }
    this.#pingedAt = now
    this.#webSocket.ping()
  }

  /**
   * Responds to a ping, but only if no bytes wait. Otherwise a client that sends pings and reads
   * nothing could fill the memory with pongs.
   */
  #pong(data: Buffer): void {
    if (this.queuedBytes === 0) this.#webSocket.pong(data)
  }

  #writeMedia(frame: Buffer): void {
    this.#counters.packetsOut++
    this.#counters.bytesOut += frame.length
    this.#write(frame)
  }

  #write(frame: Buffer): void {
    this.#writtenBytes += frame.length
    this.#socket.write(frame)
  }
}
