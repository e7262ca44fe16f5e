import { initSegment } from '../fmp4/init-segment.js'
import { type EntryFragment, randomAccess } from '../fmp4/random-access.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import { PendingFragment } from './pending-fragment.js'
import type { RecordedSample, RecordedTrack } from './recorded-track.js'
import { endBox, factsBox, type SegmentFacts } from './segment-facts.js'
import type { SegmentFile } from './segment-store.js'

/** Facts of a segment (one file of a recording) that is complete: name, end and size of its closed file. */
export interface ClosedSegment extends SegmentFacts {
  /** Name of the file, relative to the folder of the recording. */
  readonly file: string
  readonly endMs: number
  readonly sizeBytes: number
}

export interface SegmentOptions {
  readonly facts: SegmentFacts
  /** Tracks of the stream. The file has those that have a format and samples when it is created. */
  readonly tracks: readonly RecordedTrack[]
  /** Leading track of the stream: each segment begins with one of its key frames. */
  readonly leader: RecordedTrack
  /** Creates the file of the segment with `head` as first bytes. Called when the first fragment is to be written. */
  readonly create: (head: Buffer) => Promise<SegmentFile>
}

/**
 * Writes one file: an init segment, and fragments of all tracks that can be played without each other.
 *
 * ```text
 *  ftyp uuid moov { prft moof mdat } { prft moof mdat } … uuid mfra
 * ```
 */
export class Segment {
  readonly facts: SegmentFacts
  /** Time on the stream's timeline, in milliseconds, at which the file begins. */
  readonly baseMs: number
  readonly #options: SegmentOptions
  readonly #pending = new PendingFragment()
  readonly #entries: EntryFragment[] = []
  /** Format of the first sample of each track. The format of the stream may change before the file is created. */
  readonly #formats = new Map<RecordedTrack, TrackFormat>()
  #tracks: readonly RecordedTrack[]
  #file: SegmentFile | undefined
  #sizeBytes = 0
  #fragments = 0
  /** Time on the stream's timeline, in milliseconds, at which the last written sample ends. */
  #endMs: number

  /** @param first - Key frame with which the segment begins. The caller passes this sample to {@link add} too. */
  constructor(options: SegmentOptions, first: RecordedSample) {
    const { facts, tracks, leader } = options
    this.#options = options
    this.facts = facts
    this.#tracks = tracks
    this.baseMs = leader.msOf(first.decodeTime)
    this.#endMs = this.baseMs
  }

  /** True once the file of the segment exists, which the first fragment creates. */
  get isOpen(): boolean {
    return this.#file !== undefined
  }

  /** Tracks of the file, or of the stream while there is no file yet. */
  get tracks(): readonly RecordedTrack[] {
    return this.#tracks
  }

  add(track: RecordedTrack, sample: RecordedSample): void {
    const { format } = track
    if (format && !this.#formats.has(track)) this.#formats.set(track, format)
    this.#pending.add(track, sample)
  }

  /**
   * Returns the milliseconds from the first unwritten sample of a track to `next`, a sample that {@link add} does not
   * have.
   */
  waitingMs(track: RecordedTrack, next: RecordedSample): number {
    return this.#pending.waitingMs(track, next.decodeTime)
  }

  /**
   * Removes and returns the unwritten samples from `fromMs` on (milliseconds on the stream's timeline), except samples of
   * the leading track.
   */
  takeFrom(fromMs: number): (readonly [RecordedTrack, RecordedSample])[] {
    return this.#pending.takeFrom(fromMs, this.#options.leader)
  }

  /**
   * Writes the waiting samples to the file as one fragment. Does nothing if no sample waits.
   *
   * @param next - Sample of the leading track after the waiting ones, at which the last of these ends.
   * @throws The error of the system, such as `ENOSPC`.
   */
  async flush(next?: RecordedSample): Promise<void> {
    if (this.#pending.isEmpty) return
    const { leader } = this.#options
    const file = this.#file ?? (await this.#open())
    const first = this.#pending.firstOf(leader)
    this.#endMs = Math.max(this.#endMs, this.#pending.endMs)
    const ends = new Map(next ? [[leader, next.decodeTime]] : [])
    const built = this.#pending.build(this.#tracks, this.baseMs, this.#fragments + 1, ends)
    if (!built) return
    await file.append(built.pieces)
    built.release()
    if (first?.isSync) {
      const baseTicks = Math.round((this.baseMs * leader.info.clockRate) / 1000)
      const offset = this.#sizeBytes + built.moofOffset
      this.#entries.push({ time: Math.max(0, first.time - baseTicks), offset })
    }
    this.#fragments++
    this.#sizeBytes += built.sizeBytes
  }

  /**
   * Writes the waiting samples and the table of key frames, and closes the file.
   *
   * @param next - Sample of the leading track after the waiting ones, at which the last of these ends.
   * @returns `undefined` if nothing was written.
   * @throws The error of the system; the file is closed all the same.
   */
  async close(next?: RecordedSample): Promise<ClosedSegment | undefined> {
    try {
      await this.flush(next)
      const trackId = this.#tracks.indexOf(this.#options.leader) + 1
      if (this.#file && trackId > 0) {
        const table = randomAccess(trackId, this.#entries)
        await this.#append(Buffer.concat([endBox(this.closed.endMs), table]))
      }
    } finally {
      await this.#file?.close()
    }
    return this.#file && this.closed
  }

  /** Closes the file without writing the samples that wait. Call this function after a failure. */
  async abandon(): Promise<void> {
    await this.#file?.close().catch(() => {})
  }

  get closed(): ClosedSegment {
    const { startMs } = this.facts
    return {
      ...this.facts,
      file: this.#file?.name ?? '',
      endMs: startMs + this.#endMs - this.baseMs,
      sizeBytes: this.#sizeBytes,
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#file?.append([bytes])
    this.#sizeBytes += bytes.length
  }

  async #open(): Promise<SegmentFile> {
    const formatOf = (track: RecordedTrack): TrackFormat | undefined =>
      this.#formats.get(track) ?? track.format
    this.#tracks = this.#tracks.filter((track) => track.hasSamples && formatOf(track))
    const formats = this.#tracks.flatMap((track) => formatOf(track) ?? [])
    const init = initSegment(formats)
    // Readers of the facts find them behind the `ftyp`.
    const fileTypeBytes = init.readUInt32BE(0)
    const head = Buffer.concat([
      init.subarray(0, fileTypeBytes),
      factsBox({ ...this.facts, codecs: formats.map(({ codec }) => codec) }),
      init.subarray(fileTypeBytes),
    ])
    const file = await this.#options.create(head)
    this.#file = file
    this.#sizeBytes = head.length
    return file
  }
}
