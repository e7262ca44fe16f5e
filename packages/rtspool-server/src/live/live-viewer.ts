import type { Socket } from 'node:net'
import type { Clock, Session, SessionStats, StreamTransport } from 'rtspool'
import type { WebSocket } from 'ws'
import { closeWith, closingOf } from './closings.js'
import type { ResolvedLiveOptions } from './live-options.js'

/** First messages of a browser: its tracks, and their init segments. */
export interface LiveOffer {
  readonly frames: readonly Buffer[]
}

/**
 * One browser that watches a stream, and the transport of its session. Frames are written to its socket as they are: they are
 * whole WebSocket messages that all browsers share.
 */
export class LiveViewer implements StreamTransport {
  readonly session: Session
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #options: ResolvedLiveOptions
  readonly #counters: SessionStats
  readonly #onClosed: (() => void)[] = []
  /** True while fragments are left out, up to a key frame. */
  #isSkipping = true
  #isClosed = false
  #writtenBytes = 0
  /** Bytes that had left the queue at the last check, and since when no more have. Pings and pongs do not count. */
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

  /** Calls a function once, when the viewer has left: at once where it has already. */
  onClosed(closed: () => void): void {
    if (this.#isClosed) closed()
    else this.#onClosed.push(closed)
  }

  /** Bytes that wait for the browser in this process. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /**
   * Begins, or begins again with other tracks or another format.
   *
   * @param kept - Fragments from a key frame on; empty if the next one has still to arrive.
   */
  begin({ frames }: LiveOffer, kept: readonly Buffer[]): void {
    if (this.#isClosed) return
    for (const frame of frames) this.#write(frame)
    this.#isSkipping = kept.length === 0 || this.queuedBytes > this.#options.maxQueuedBytes
    if (this.#isSkipping) this.#counters.packetsDropped += kept.length
    else for (const frame of kept) this.#writeMedia(frame)
  }

  /** @param isEntry - True if a decoder can begin with the fragment. */
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

  /** Ends a browser that reads nothing or has gone. Called about every second. */
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

  /** Called when the session releases its media: tells the browser why. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeWith(this.#webSocket, closingOf(this.session.removalReason ?? 'removed'), this.#clock)
    for (const closed of this.#onClosed) closed()
  }

  #ping(now: number): void {
    if (this.#heardAt < this.#pingedAt) {
      this.#webSocket.terminate()
      return
    }
    this.#pingedAt = now
    this.#webSocket.ping()
  }

  /** A client that sends pings and reads nothing could fill the memory with pongs. */
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
