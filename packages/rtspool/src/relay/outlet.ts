import type { Clock } from '../clock.js'
import type { MediaOutput, MediaSource } from '../media/media-source.js'
import type { SessionDescription } from '../sdp/index.js'
import type { TrackPacket } from './backlog.js'
import type { StatedTime } from './upstream.js'

/** Functions of the relay that each {@link RelaySource} calls. */
export interface OutletEvents {
  /** Called when the media of a source begins to accept packets. */
  attached(source: RelaySource): void
  /**
   * Called when the media of a source has closed it.
   *
   * @returns Resolves when the connection is closed, if no other media needs it; otherwise at once.
   */
  closed(source: RelaySource): Promise<void>
}

/**
 * Source of one media of a server, which serves one path: passes the packets that a relay receives on to this media.
 */
export class RelaySource implements MediaSource {
  readonly description: SessionDescription
  readonly sendsReports = true
  readonly #events: OutletEvents
  readonly #clock: Clock
  #output: MediaOutput | undefined

  constructor(description: SessionDescription, clock: Clock, events: OutletEvents) {
    this.description = description
    this.#clock = clock
    this.#events = events
  }

  /** True from `prepare` to `close`: the media accepts packets. */
  get isAttached(): boolean {
    return this.#output !== undefined
  }

  prepare(output: MediaOutput): void {
    this.#output = output
    this.#events.attached(this)
  }

  start(): void {
    // Packets flow since `prepare`.
  }

  close(): Promise<void> {
    this.#output = undefined
    return this.#events.closed(this)
  }

  push(track: number, packet: Buffer): void {
    this.#output?.tracks[track]?.push(packet)
  }

  tell(track: number, { unixMs, rtpTime, clockMs }: StatedTime): void {
    const output = this.#output
    // Clocks of different origins cannot be compared.
    const arrival = output?.clock === this.#clock ? clockMs : undefined
    output?.tracks[track]?.mapReportedTime(unixMs, rtpTime, arrival)
  }

  away(): void {
    this.#output?.sourceAway()
  }

  /**
   * Tells the media that the source has returned with this description.
   *
   * @returns `false` if the media has ended, because the codecs have changed or for another reason.
   */
  back(description: SessionDescription): boolean {
    return this.#output?.sourceBack(description) ?? true
  }
}

/** Distributes packets and times to all media that a relay serves. Tracks are indices into the description, from 0. */
export class Outlet {
  readonly #sources = new Set<RelaySource>()
  /**
   * Latest pair of RTP time and wall-clock time in a sender report of the present connection, by index of the track.
   */
  readonly #times = new Map<number, StatedTime>()

  get size(): number {
    return this.#sources.size
  }

  /** True if at least one media accepts packets. */
  get isAttached(): boolean {
    for (const source of this.#sources) if (source.isAttached) return true
    return false
  }

  add(source: RelaySource): void {
    this.#sources.add(source)
  }

  remove(source: RelaySource): void {
    this.#sources.delete(source)
  }

  /** Sends a packet to all media. The first media owns the packet, and may change its header; the others get copies. */
  push(track: number, packet: Buffer): void {
    let isGiven = false
    for (const source of this.#sources) {
      source.push(track, isGiven ? Buffer.from(packet) : packet)
      isGiven = true
    }
  }

  /** Returns whether a sender report of the present connection has stated a time of the track. */
  isTimed(track: number): boolean {
    return this.#times.has(track)
  }

  tell(track: number, time: StatedTime): void {
    this.#times.set(track, time)
    for (const source of this.#sources) source.tell(track, time)
  }

  /**
   * Replaces the times stated by sender reports by those of another connection. The media get them with {@link back}.
   */
  restate(times: ReadonlyMap<number, StatedTime>): void {
    this.#times.clear()
    for (const [track, time] of times) this.#times.set(track, time)
  }

  /** Sends a new media the latest times stated by sender reports, and the packets that arrived before the media. */
  begin(source: RelaySource, packets: readonly TrackPacket[]): void {
    for (const [track, time] of this.#times) source.tell(track, time)
    for (const { track, packet } of packets) source.push(track, packet)
  }

  /** Tells all media that the connection has ended: their viewers wait for the next, or leave. */
  away(): void {
    this.#times.clear()
    for (const source of [...this.#sources]) source.away()
  }

  /**
   * Continues all media with another connection, whose description is given.
   *
   * @returns Number of media that have ended instead, because the codecs have changed.
   */
  back(description: SessionDescription): number {
    let ended = 0
    for (const source of [...this.#sources]) {
      if (!source.isAttached) continue
      if (!source.back(description)) ended++
      else for (const [track, time] of this.#times) source.tell(track, time)
    }
    return ended
  }
}
