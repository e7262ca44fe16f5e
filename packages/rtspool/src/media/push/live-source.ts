import type { TrackOutput } from '../../public/track.js'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../rtp/index.js'
import type { SessionDescription } from '../../sdp/index.js'
import type { MediaOutput, MediaSource } from '../media-source.js'
import type { SentUnit } from './live-backlog.js'
import type { LiveLink } from './live-link.js'
import type { LiveInstant } from './live-timeline.js'

export interface LiveSourceEvents {
  /** Called when the media has given the source its output, so that packets can be sent. */
  began(): void
  closed(): void
  keyFrameWanted(track: number): void
}

/** Source of one media of a server, which passes on to it the packets that an application writes to a live media. */
export class LiveSource implements MediaSource {
  readonly description: SessionDescription
  readonly #links: readonly LiveLink[]
  readonly #events: LiveSourceEvents
  /**
   * Position of each track in the description, by its index in the live media. Tracks that cannot be described are
   * absent.
   */
  readonly #places = new Map<number, number>()
  #output: MediaOutput | undefined
  #isEnded = false

  /**
   * Adds the descriptions of the tracks to `description`.
   *
   * @param links - Tracks that can be described, in the order of the description.
   */
  constructor(
    description: SessionDescription,
    links: readonly LiveLink[],
    events: LiveSourceEvents,
  ) {
    this.description = description
    this.#links = links
    this.#events = events
    for (const [place, { index, coded }] of links.entries()) {
      this.#places.set(index, place)
      if (coded) description.media.push(coded.description.clone())
    }
  }

  prepare(output: MediaOutput): void {
    this.#output = output
    if (this.#isEnded) output.end()
    else this.#events.began()
  }

  start(): void {
    // Packets flow since `prepare`.
  }

  close(): void {
    this.#output = undefined
    this.#events.closed()
  }

  keyFrameWanted(place: number): void {
    const link = this.#links[place]
    if (link) this.#events.keyFrameWanted(link.index)
  }

  /**
   * Sends the media copies of the kept packets of the past, and sets the sequence number and RTP time at which each
   * track continues.
   *
   * @param position - Present position on the timeline, in seconds, at which the tracks continue.
   */
  begin(instant: LiveInstant, units: readonly SentUnit[], position: number): void {
    this.tell(instant)
    // First of all: a new SSRC empties what a track keeps.
    this.#continueAt(position)
    for (const { track, packets } of units) {
      const [first] = packets
      if (!first) continue
      // Announced, because packets of seconds that arrive in one instant look like jumps.
      this.#trackOf(track)?.startAt({
        ssrc: ssrcOf(first),
        sequenceNumber: sequenceNumberOf(first),
        timestamp: timestampOf(first),
      })
      this.send(
        track,
        packets.map((packet) => Buffer.from(packet)),
      )
    }
    this.#continueAt(position)
  }

  #continueAt(position: number): void {
    for (const link of this.#links) {
      if (!link.next) continue
      this.#trackOf(link.index)?.startAt({ ...link.next, timestamp: link.timestampAt(position) })
    }
  }

  /** Notes that nothing is written for a while: viewers wait, or are sent a slate. */
  away(): void {
    this.#output?.sourceAway()
  }

  /** Notes that units are written again, and tells the tracks the present instant. */
  back(instant: LiveInstant | undefined): void {
    this.#output?.sourceBack(this.description)
    if (instant) this.tell(instant)
  }

  /**
   * Passes a present instant to all tracks, in wall clock and RTP time, so that sender reports follow the common
   * timeline.
   */
  tell({ position, unixMs, clockMs }: LiveInstant): void {
    for (const link of this.#links) {
      if (!link.next) continue
      this.#trackOf(link.index)?.mapTime(unixMs, link.timestampAt(position), clockMs)
    }
  }

  /** Sends the packets of one picture or sound frame. The media then owns the packets, and may rewrite their headers. */
  send(track: number, packets: readonly Buffer[]): void {
    const output = this.#trackOf(track)
    if (!output) return
    for (const packet of packets) output.push(packet)
  }

  sendOne(track: number, packet: Buffer): void {
    this.#trackOf(track)?.push(packet)
  }

  /**
   * Replaces `a=fmtp` in the description of a track by that of another description: its parameters, such as SPS and
   * PPS, have changed.
   */
  describe(track: number, { description }: NonNullable<LiveLink['coded']>): void {
    const media = this.description.media[this.#places.get(track) ?? -1]
    const fmtp = description.attribute('fmtp')
    if (!media) return
    if (fmtp === undefined) media.removeAttributes('fmtp')
    else media.setAttribute('fmtp', fmtp)
    this.#output?.descriptionChanged()
  }

  /** Ends the media: the sessions of its viewers end with reason `mediaEnded`. */
  end(): void {
    this.#isEnded = true
    this.#output?.end()
  }

  #trackOf(track: number): TrackOutput | undefined {
    return this.#output?.tracks[this.#places.get(track) ?? -1]
  }
}
