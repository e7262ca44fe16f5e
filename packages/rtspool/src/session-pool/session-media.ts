import { RequestError } from '../errors.js'

/** What carries one track of a media to or from the client. */
export interface StreamTransport {
  /** Gives back what the transport holds: port, channel, socket. Called once. */
  close(): void
  /** Adds to the session's `stats` what it has not been told yet. Called whenever these are asked for. */
  settleCounters?(): void
}

/** Interleaved channels are one byte on the wire (RFC 2326 section 10.12). */
const channelCount = 256

/**
 * One presentation inside a session: what is set up, and over which transports.
 *
 * Made by {@link Session.manageMedia}. `TMedia` is whatever the application streams from or to.
 *
 * @see gst-rtsp-server: GstRTSPSessionMedia
 */
export class SessionMedia<TMedia = unknown> {
  /** Path of the presentation, as given to `manageMedia`. */
  readonly path: string
  readonly media: TMedia
  readonly #transports = new Map<number, StreamTransport>()
  #nextChannel = 0
  #released = false

  constructor(path: string, media: TMedia) {
    this.path = path
    this.media = media
  }

  /** Transports by index of the track. To change them, use {@link setTransport}. */
  get transports(): ReadonlyMap<number, StreamTransport> {
    return this.#transports
  }

  /** Whether {@link release} has been called; a released media takes no transport. */
  get released(): boolean {
    return this.#released
  }

  getTransport(index: number): StreamTransport | undefined {
    return this.#transports.get(index)
  }

  /**
   * Sets the transport of a track; the one it replaces is closed. Setting the same one again does
   * nothing.
   *
   * @param transport - Belongs to this media from now on. It is closed at once if the media has been
   *   released meanwhile.
   * @throws {RequestError} `ERR_SESSION_NOT_FOUND` when the media has been released.
   */
  setTransport(index: number, transport: StreamTransport): void {
    if (!Number.isInteger(index) || index < 0) throw new RangeError(`No track has index ${index}`)
    if (this.#released) {
      transport.close()
      throw new RequestError('ERR_SESSION_NOT_FOUND', 'The session has released this media')
    }
    const replaced = this.#transports.get(index)
    if (replaced === transport) return
    this.#transports.set(index, transport)
    replaced?.close()
  }

  /** Closes the transport of a track. @returns Whether there was one. */
  removeTransport(index: number): boolean {
    const transport = this.#transports.get(index)
    if (transport === undefined) return false
    this.#transports.delete(index)
    transport.close()
    return true
  }

  /**
   * Hands out the next pair of interleaved channels: 0-1, then 2-3, and so on.
   *
   * @returns The channel for RTP and the one for RTCP.
   * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` when all 256 channels are handed out.
   * @see gst_rtsp_session_media_alloc_channels()
   */
  allocateChannels(): [rtp: number, rtcp: number] {
    const first = this.#nextChannel
    if (first + 2 > channelCount) {
      throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'All interleaved channels are taken')
    }
    this.#nextChannel = first + 2
    return [first, first + 1]
  }

  /**
   * Whether `path` is this presentation or lies below it. A presentation at `/` holds every path.
   *
   * @returns How many characters of `path` are this presentation's, or `undefined`.
   * @see gst_rtsp_session_media_matches()
   */
  matches(path: string): number | undefined {
    if (!path.startsWith(this.path)) return undefined
    const length = this.path.length
    const isWhole = path.length === length || this.path === '/' || path[length] === '/'
    return isWhole ? length : undefined
  }

  /**
   * Closes every transport. Idempotent. One that throws does not keep the others from being closed.
   *
   * @throws {AggregateError} What `close()` of transports threw, after all have been closed.
   */
  release(): void {
    this.#released = true
    const errors: unknown[] = []
    for (const [index, transport] of this.#transports) {
      this.#transports.delete(index)
      try {
        transport.close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Transports could not be closed')
  }
}
