import type { Clock } from '../clock.js'
import type { MediaOutput, MediaSource } from '../media/media-source.js'
import type { SessionDescription } from '../sdp/index.js'
import type { TrackPacket } from './backlog.js'
import type { StatedTime } from './upstream.js'

/** Functions of the relay that its sources call. */
export interface OutletEvents {
  /** Called when a media can be sent packets. */
  attached(source: RelaySource): void
  /** Called when a source is closed. @returns Resolves when everything is released that nobody needs any more. */
  closed(source: RelaySource): Promise<void>
}

/** Source of one media of a server: passes on the packets of the relay. */
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

  /** True while the media can be sent packets. */
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

  /** @returns `false` if the media has ended, because the codecs have changed or for another reason. */
  back(description: SessionDescription): boolean {
    return this.#output?.sourceBack(description) ?? true
  }
}

/** All media that a relay feeds. */
export class Outlet {
  readonly #sources = new Set<RelaySource>()
  /** Latest time that the present connection has stated for each track. */
  readonly #times = new Map<number, StatedTime>()

  get size(): number {
    return this.#sources.size
  }

  /** True if a media can be sent packets. */
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

  /** Sends a packet to all media. It belongs to the first of them: a continuous timeline changes its header. */
  push(track: number, packet: Buffer): void {
    let isGiven = false
    for (const source of this.#sources) {
      source.push(track, isGiven ? Buffer.from(packet) : packet)
      isGiven = true
    }
  }

  /** Returns whether the present connection has stated a time for a track. */
  isTimed(track: number): boolean {
    return this.#times.has(track)
  }

  tell(track: number, time: StatedTime): void {
    this.#times.set(track, time)
    for (const source of this.#sources) source.tell(track, time)
  }

  /** Replaces the times by those of another connection, which media are told with {@link back}. */
  restate(times: ReadonlyMap<number, StatedTime>): void {
    this.#times.clear()
    for (const [track, time] of times) this.#times.set(track, time)
  }

  /** Sends a new media the times and packets of before. */
  begin(source: RelaySource, packets: readonly TrackPacket[]): void {
    for (const [track, time] of this.#times) source.tell(track, time)
    for (const { track, packet } of packets) source.push(track, packet)
  }

  /** Notes that the connection has ended: viewers wait, or leave. */
  away(): void {
    this.#times.clear()
    for (const source of [...this.#sources]) source.away()
  }

  /**
   * Continues all media with another connection.
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
