import type { AccessUnit } from '../../public/access-unit.js'
import type { Depacketizer, RtpUnit } from '../../rtp/index.js'
import type { BatchSink } from '../fan-out/reader.js'
import type { Media } from '../media.js'
import type { MediaParticipant } from '../participants.js'
import { accessUnitOf, depacketizerOf } from '../track/access-units.js'
import type { Track } from '../track/track.js'
import { leaderIndexOf, MediaIntake, type MediaReaderOptions } from './media-intake.js'
import { QueuedTimes } from './queued-times.js'
import { ReadQueue } from './read-queue.js'

/** A track of the media, as {@link MediaReader} reads it. */
interface ReadTrack {
  readonly track: Track
  readonly depacketizer: Depacketizer
  readonly times: QueuedTimes
  /** Number of packets left out since the last access unit of the track, because the application's queue was full. */
  missed: number
}

/**
 * Reads a media for code inside the process. For each packet, the media only adds an entry to a
 * bounded queue. Access units are assembled when the application asks for the next one, so that no
 * viewer waits for the application.
 */
export class MediaReader implements MediaParticipant {
  readonly #intake: MediaIntake
  readonly #from: MediaReaderOptions['from']
  readonly #tracks: readonly ReadTrack[]
  readonly #queue: ReadQueue
  /** Access units that are complete but not read yet, in order. */
  #units: AccessUnit[] = []
  #isEnded = false
  #isFlushed = false
  #wake: (() => void) | undefined

  constructor(media: Media, options: MediaReaderOptions) {
    const { from, maxQueuedBytes } = options
    this.#from = from
    const tracks = media.tracks.map((track) => {
      return {
        track,
        depacketizer: depacketizerOf(track),
        times: new QueuedTimes(track),
        missed: 0,
      }
    })
    this.#tracks = tracks
    const timeOf = (index: number, packet: Buffer) => tracks[index]?.times.ofArrival(packet)
    this.#queue = new ReadQueue(maxQueuedBytes, leaderIndexOf(media), from === 'keyFrame', timeOf)
    this.#intake = new MediaIntake(media, this, ({ index }) => this.#sinkOf(index), options)
  }

  /** True if the media has ended, or the reader is closed. Packets queued before the end can still be read. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /**
   * Starts to queue packets. With `from: 'keyFrame'`, begins with the packets that are cached since
   * the last key frame.
   */
  start(): void {
    this.#intake.start(this.#from)
  }

  /** Returns and removes the next complete access unit; `undefined` if none is complete. Never throws. */
  next(): AccessUnit | undefined {
    while (this.#units.length === 0) {
      const queued = this.#queue.shift()
      const read = queued && this.#tracks[queued.track]
      if (!queued || !read) {
        if (!this.#isEnded || this.#isFlushed) return undefined
        this.#isFlushed = true
        for (const each of this.#tracks) this.#add(each, each.depacketizer.flush())
        continue
      }
      read.missed += queued.missed
      read.times.noteQueued(queued.packet, queued.unixTimeMs)
      this.#add(read, read.depacketizer.push(queued.packet))
    }
    return this.#units.shift()
  }

  /**
   * Resolves when a packet has arrived, the media has ended, or {@link wake} is called. Allows one wait at a time.
   */
  async ready(): Promise<void> {
    if (!this.#queue.isEmpty || this.#isEnded) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  /** Resolves the promise of {@link ready}, if the application waits for it. */
  wake(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  mediaEnded(): void {
    this.#isEnded = true
    this.wake()
  }

  rangeEnded(): void {
    this.mediaEnded()
  }

  /** Stops reading the media, and drops the queued packets. Idempotent. */
  close(): void {
    this.#intake.close()
    this.#queue.clear()
    this.#units = []
    this.mediaEnded()
  }

  #sinkOf(index: number): BatchSink {
    return {
      begin: (first) => {
        this.#queue.begin(index, first)
        this.wake()
      },
      take: (batch) => {
        this.#queue.take(index, batch)
        this.wake()
      },
    }
  }

  #add(read: ReadTrack, units: readonly RtpUnit[]): void {
    for (const unit of units) {
      const unixTimeMs = read.times.ofUnit(unit.timestamp)
      this.#units.push(accessUnitOf(read.track, unit, read.missed, unixTimeMs))
      read.missed = 0
    }
  }
}
