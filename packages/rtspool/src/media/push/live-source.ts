import type { TrackOutput } from '../../public/track.js'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../rtp/index.js'
import type { SessionDescription } from '../../sdp/index.js'
import type { MediaOutput, MediaSource } from '../media-source.js'
import type { SentUnit } from './live-backlog.js'
import type { LiveLink } from './live-link.js'
import type { LiveInstant } from './live-timeline.js'

export interface LiveSourceEvents {
  /** Called when the media can be sent packets. */
  began(): void
  closed(): void
  keyFrameWanted(track: number): void
}

/** Source of one media of a server: passes on the packets of a live media. */
export class LiveSource implements MediaSource {
  readonly description: SessionDescription
  readonly #links: readonly LiveLink[]
  readonly #events: LiveSourceEvents
  /** Positions in the description, by index of the track in the live media. */
  readonly #places = new Map<number, number>()
  #output: MediaOutput | undefined
  #isEnded = false

  /** @param links - Tracks that can be described, in the order of the description. */
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
   * Gives the media the packets of the past, and the numbers at which each track continues.
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
      this.send(track, packets)
    }
    this.#continueAt(position)
  }

  #continueAt(position: number): void {
    for (const link of this.#links) {
      if (!link.next) continue
      this.#trackOf(link.index)?.startAt({ ...link.next, timestamp: link.timestampAt(position) })
    }
  }

  /** Tells all tracks a present instant, so that sender reports follow the timeline. */
  tell({ position, unixMs, clockMs }: LiveInstant): void {
    for (const link of this.#links) {
      if (!link.next) continue
      this.#trackOf(link.index)?.mapTime(unixMs, link.timestampAt(position), clockMs)
    }
  }

  send(track: number, packets: readonly Buffer[]): void {
    const output = this.#trackOf(track)
    if (!output) return
    for (const packet of packets) output.push(packet)
  }

  sendOne(track: number, packet: Buffer): void {
    this.#trackOf(track)?.push(packet)
  }

  /** Changes `a=fmtp` of a track to that of another description. */
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
