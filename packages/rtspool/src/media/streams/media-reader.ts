import type { AccessUnit } from '../../public/access-unit.js'
import type { Depacketizer, RtpUnit } from '../../rtp/index.js'
import type { SinkReader } from '../fan-out/reader.js'
import type { Media } from '../media.js'
import type { MediaParticipant } from '../participants.js'
import { accessUnitOf, depacketizerOf } from '../track/access-units.js'
import type { Track } from '../track/track.js'
import { ReadQueue } from './read-queue.js'

export interface MediaReaderOptions {
  readonly from: 'keyFrame' | 'now'
  /**
   * Maximum bytes of packets that the application has not read. Above the limit, packets are left
   * out up to the next key frame. 0 = unlimited.
   */
  readonly maxQueuedBytes: number
  /** True if the reader does not keep the media alive, and does not count as a participant. @default false */
  readonly isObserver?: boolean
}

/** A track of the media, as {@link MediaReader} reads it. */
interface ReadTrack {
  readonly track: Track
  readonly reader: SinkReader
  readonly depacketizer: Depacketizer
  /** Number of packets left out since the last access unit of the track, because the application's queue was full. */
  missed: number
}

/**
 * Reads a media for code inside the process. For each packet, the media only adds an entry to a
 * bounded queue. Access units are assembled when the application asks for the next one, so that no
 * viewer waits for the application.
 */
export class MediaReader implements MediaParticipant {
  readonly #media: Media
  readonly #from: 'keyFrame' | 'now'
  readonly #tracks: readonly ReadTrack[]
  readonly #queue: ReadQueue
  /** Access units that are complete but not read yet, in order. */
  #units: AccessUnit[] = []
  #isEnded = false
  #isFlushed = false
  #wake: (() => void) | undefined

  constructor(media: Media, { from, maxQueuedBytes, isObserver }: MediaReaderOptions) {
    this.#media = media
    this.#from = from
    const leader = media.tracks.find((track) => track.hasKeyFrames) ?? media.tracks[0]
    this.#queue = new ReadQueue(maxQueuedBytes, leader?.index ?? 0, from === 'keyFrame')
    this.#tracks = media.tracks.map((track) => this.#readTrack(track))
    if (isObserver) media.participants.observe(this)
    else media.participants.join(this)
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
    const kept = this.#tracks.map(({ track }) => (this.#isLive ? track.recentPackets() : []))
    const leads = this.#tracks.some(({ track }, index) => track.hasKeyFrames && kept[index]?.length)
    const first = this.#from === 'keyFrame' && (leads || !this.#hasKeyFrames) ? kept : []
    this.#tracks.forEach(({ track, reader }, index) => {
      track.addReader(reader, first[index] ?? [])
    })
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
    for (const { track, reader } of this.#tracks) track.removeReader(reader)
    this.#media.participants.leave(this)
    this.#queue.clear()
    this.#units = []
    this.mediaEnded()
  }

  get #isLive(): boolean {
    return this.#media.playback === undefined
  }

  get #hasKeyFrames(): boolean {
    return this.#tracks.some(({ track }) => track.hasKeyFrames)
  }

  #readTrack(track: Track): ReadTrack {
    const { index } = track
    const sink = {
      begin: (first: readonly Buffer[]) => {
        this.#queue.begin(index, first)
        this.wake()
      },
      take: (batch: Parameters<SinkReader['sink']['take']>[0]) => {
        this.#queue.take(index, batch)
        this.wake()
      },
    }
    return {
      track,
      reader: { kind: 'sink', sink, counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 } },
      depacketizer: depacketizerOf(track),
      missed: 0,
    }
  }

  #add(read: ReadTrack, units: readonly RtpUnit[]): void {
    for (const unit of units) {
      this.#units.push(accessUnitOf(read.track, unit, read.missed))
      read.missed = 0
    }
  }
}
