import type { BatchSink, SinkReader } from '../fan-out/reader.js'
import type { Media } from '../media.js'
import type { MediaParticipant } from '../participants.js'
import type { Track } from '../track/track.js'

/** First packets of a reader inside the process: those since the last key frame in the cache, or the next ones. */
export type FirstPackets = 'keyFrame' | 'now'

/** Options of a reader inside the process. */
export interface MediaReaderOptions {
  readonly from: FirstPackets
  /**
   * Maximum bytes of packets that the application has not read. Above the limit, packets are left
   * out up to the next key frame. 0 = unlimited.
   */
  readonly maxQueuedBytes: number
  /** True if the reader does not keep the media alive, and does not count as a participant. @default false */
  readonly isObserver?: boolean
  /** True if the packets may arrive late; see `ReadOptions`. @default false */
  readonly allowsDelay?: boolean | undefined
}

/** Connection of a reader inside the process with the tracks of a media: one sink for the packets of each track. */
export class MediaIntake {
  readonly #media: Media
  readonly #participant: MediaParticipant
  readonly #readers: readonly (readonly [Track, SinkReader])[]

  /**
   * Joins the media. No packet arrives before {@link start}.
   *
   * @param participant - Receives the end of the media.
   * @param sinkOf - Returns the receiver of the packets of a track.
   * @param options - `isObserver` and `allowsDelay` of {@link MediaReaderOptions}.
   */
  constructor(
    media: Media,
    participant: MediaParticipant,
    sinkOf: (track: Track) => BatchSink,
    { isObserver = false, allowsDelay }: Omit<MediaReaderOptions, 'from' | 'maxQueuedBytes'> = {},
  ) {
    this.#media = media
    this.#participant = participant
    this.#readers = media.tracks.map((track) => {
      const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
      return [track, { kind: 'sink', sink: sinkOf(track), allowsDelay, counters }]
    })
    if (isObserver) media.participants.observe(participant)
    else media.participants.join(participant)
  }

  /**
   * Starts to pass packets to the sinks. With `from: 'keyFrame'`, begins with the packets that are cached since the last
   * key frame.
   */
  start(from: FirstPackets): void {
    const isLive = this.#media.playback === undefined
    const kept = this.#readers.map(([track]) => (isLive ? track.recentPackets() : []))
    const hasKeyFrames = this.#readers.some(([track]) => track.hasKeyFrames)
    const leads = this.#readers.some(([track], index) => track.hasKeyFrames && kept[index]?.length)
    const first = from === 'keyFrame' && (leads || !hasKeyFrames) ? kept : []
    this.#readers.forEach(([track, reader], index) => {
      track.addReader(reader, first[index] ?? [])
    })
  }

  /** Leaves the media. No sink is called afterwards. Idempotent. */
  close(): void {
    for (const [track, reader] of this.#readers) track.removeReader(reader)
    this.#media.participants.leave(this.#participant)
  }
}

/** Returns the index of the track at whose key frames a reader of the media begins. */
export function leaderIndexOf({ tracks }: Media): number {
  const leader = tracks.find((track) => track.hasKeyFrames) ?? tracks[0]
  return leader?.index ?? 0
}
