import { RequestError } from '../errors.js'

/** Transport of one track of a media, to or from the client. */
export interface StreamTransport {
  /** Releases the port, channel or socket of the transport. Called once. */
  close(): void
  /** Adds counts that are not yet in the `stats` of the session. Called on each read of `stats`. */
  settleCounters?(): void
  /**
   * Bytes that wait for the client to read. For an interleaved transport, these are the bytes of the whole connection.
   */
  readonly queuedBytes?: number | undefined
  /**
   * Values of the last RTCP reception report: from the viewer about the packets sent to it, or from this server about
   * a publisher's packets. `undefined` before the first report.
   */
  readonly reception?: TransportReception | undefined
}

/**
 * Returns the largest number of queued bytes of all transports. They are not added up, because
 * tracks inside one connection share its queue.
 */
export function queuedBytesOf(media: readonly SessionMedia[]): number {
  let most = 0
  for (const { transports } of media) {
    for (const { queuedBytes = 0 } of transports.values()) most = Math.max(most, queuedBytes)
  }
  return most
}

/** Quality of reception of one track, from its last reception report. */
export interface TransportReception {
  /** Share of packets lost between the last two reports, 0 to 1. */
  readonly fractionLost: number
  /** Number of RTP packets lost since the beginning of reception. */
  readonly cumulativeLost: number
  readonly jitterMs: number
  /** Milliseconds for a packet to the receiver and back; `undefined` if unknown. */
  readonly roundTripMs: number | undefined
}

/**
 * Number of interleaved channels of a connection: the channel number is one byte on the wire (RFC
 * 2326 section 10.12).
 */
const channelCount = 256

/**
 * One presentation inside a session: its media and the transports of its tracks.
 *
 * Made by {@link Session.manageMedia}. `TMedia` is the application's type for what it streams.
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

  /** Transports of the presentation's tracks, by index of the track. Use {@link setTransport} to change them. */
  get transports(): ReadonlyMap<number, StreamTransport> {
    return this.#transports
  }

  /** `true` after {@link release}: no transport can be set any more. */
  get released(): boolean {
    return this.#released
  }

  getTransport(index: number): StreamTransport | undefined {
    return this.#transports.get(index)
  }

  /**
   * Sets the transport of a track and closes the transport that it replaces. Setting the same
   * transport again does nothing.
   *
   * @param transport - Belongs to this media from now on. If the media has been released meanwhile,
   *   the transport is closed at once.
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

  /** Closes the transport of a track. @returns Whether the track had a transport. */
  removeTransport(index: number): boolean {
    const transport = this.#transports.get(index)
    if (transport === undefined) return false
    this.#transports.delete(index)
    transport.close()
    return true
  }

  /**
   * Allocates the next pair of interleaved channels: 0-1, then 2-3, and so on.
   *
   * @returns The channel for RTP and the one for RTCP.
   * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` when all 256 channels are allocated.
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
   * Compares `path` with the path of this presentation. A presentation at `/` matches every path.
   *
   * @returns Number of characters of `path` that belong to this presentation; `undefined` if `path`
   *   is neither this presentation nor below it.
   * @see gst_rtsp_session_media_matches()
   */
  matches(path: string): number | undefined {
    if (!path.startsWith(this.path)) return undefined
    const length = this.path.length
    const isWhole = path.length === length || this.path === '/' || path[length] === '/'
    return isWhole ? length : undefined
  }

  /**
   * Closes every transport. Idempotent. If one throws, the others are closed nevertheless.
   *
   * @throws {AggregateError} Errors of the transports, thrown after all have been closed.
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
