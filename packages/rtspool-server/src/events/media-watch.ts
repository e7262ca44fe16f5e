import {
  type Clock,
  type ClockTimer,
  type MediaInfo,
  type RtspServer,
  systemClock,
  type TrackInfo,
} from 'rtspool'
import type { EventFeed } from './event-feed.js'
import { mediaFacts } from './server-events.js'

const lookMs = 1000
/** Number of measurements, one each second, over which a bitrate is averaged. */
const rateLooks = 5

/** Last measurements of one track, the oldest first: counted bytes, and the times in milliseconds of the clock. */
interface TrackLooks {
  readonly octets: number[]
  readonly times: number[]
}

interface MediaLooks {
  packets: number
  /** Time of the last measurement that found new packets of the media, in milliseconds of the clock. */
  packetsAt: number
  isDown: boolean
  readonly tracks: Map<number, TrackLooks>
}

/**
 * Measures all live media once a second: bitrates, and the time without packets. Publishes the event `mediaDown` for a
 * media without packets for some seconds, and `mediaUp` when packets arrive again.
 */
export class MediaWatch {
  readonly #server: RtspServer
  readonly #feed: EventFeed
  readonly #clock: Clock
  readonly #downAfterMs: number
  #looks = new Map<MediaInfo, MediaLooks>()
  #timer: ClockTimer

  /**
   * Starts to measure, once a second until `close`.
   *
   * @param downAfterSeconds - Seconds without a packet after which a media is down; 0 = never.
   */
  constructor(
    server: RtspServer,
    feed: EventFeed,
    {
      downAfterSeconds = 10,
      clock = systemClock,
    }: { readonly downAfterSeconds?: number; readonly clock?: Clock } = {},
  ) {
    this.#server = server
    this.#feed = feed
    this.#clock = clock
    this.#downAfterMs = downAfterSeconds * 1000
    this.#timer = this.#schedule()
  }

  close(): void {
    this.#timer.cancel()
  }

  /** Number of media that are down now: no packets arrive. */
  get downCount(): number {
    let count = 0
    for (const { isDown } of this.#looks.values()) if (isDown) count++
    return count
  }

  isDown(media: MediaInfo): boolean {
    return this.#looks.get(media)?.isDown ?? false
  }

  /**
   * Returns the bitrate of a track's payload in bits per second, averaged over five seconds;
   * `undefined` before the second measurement.
   */
  bitrateOf(media: MediaInfo, { index }: TrackInfo): number | undefined {
    const looks = this.#looks.get(media)?.tracks.get(index)
    if (!looks || looks.octets.length < 2) return undefined
    const octets = (looks.octets.at(-1) ?? 0) - (looks.octets[0] ?? 0)
    const seconds = ((looks.times.at(-1) ?? 0) - (looks.times[0] ?? 0)) / 1000
    return seconds > 0 ? Math.round((octets * 8) / seconds) : undefined
  }

  #schedule(): ClockTimer {
    return this.#clock.schedule(
      () => {
        this.#look()
        this.#timer = this.#schedule()
      },
      lookMs,
      false,
    )
  }

  #look(): void {
    const looks = new Map<MediaInfo, MediaLooks>()
    const now = this.#clock.now()
    for (const media of this.#server.media) {
      // A media with a duration is a file, which sends nothing while all its viewers pause.
      if (media.state !== 'playing' || media.durationSeconds !== undefined) continue
      const known = this.#looks.get(media) ?? newLooks(media, now)
      looks.set(media, known)
      for (const track of media.tracks) noteTrack(known, track, now)
      this.#judge(media, known, now)
    }
    this.#looks = looks
  }

  #judge(media: MediaInfo, known: MediaLooks, now: number): void {
    const packets = packetsOf(media)
    const seconds = (now - known.packetsAt) / 1000
    if (packets !== known.packets) {
      if (known.isDown) this.#feed.publish('mediaUp', { ...mediaFacts(media), seconds })
      Object.assign(known, { packets, packetsAt: now, isDown: false })
      return
    }
    if (known.isDown || this.#downAfterMs === 0) return
    if (media.awaySince === undefined && seconds * 1000 < this.#downAfterMs) return
    known.isDown = true
    this.#feed.publish('mediaDown', { ...mediaFacts(media), seconds })
  }
}

const packetsOf = ({ tracks }: MediaInfo): number =>
  tracks.reduce((sum, { packetCount }) => sum + packetCount, 0)

const newLooks = (media: MediaInfo, now: number): MediaLooks => ({
  packets: packetsOf(media),
  packetsAt: now,
  isDown: false,
  tracks: new Map(),
})

function noteTrack({ tracks }: MediaLooks, { index, octetCount }: TrackInfo, now: number): void {
  const looks = tracks.get(index) ?? { octets: [], times: [] }
  tracks.set(index, looks)
  // A new SSRC counts from 0 again.
  if (octetCount < (looks.octets.at(-1) ?? 0)) {
    looks.octets.length = 0
    looks.times.length = 0
  }
  looks.octets.push(octetCount)
  looks.times.push(now)
  if (looks.octets.length > rateLooks + 1) {
    looks.octets.shift()
    looks.times.shift()
  }
}
