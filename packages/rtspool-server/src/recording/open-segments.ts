import type { RecordedSample, RecordedTrack } from './recorded-track.js'
import type { ClosedSegment, Segment } from './segment.js'

/** Milliseconds of pictures for which a segment that has ended waits for the rest of its sound. */
const maxLateMs = 5_000
/** Milliseconds of pictures for which a new file waits for the rest of the sound in front of it. */
const fileWaitMs = 1_000
/** Milliseconds of sound that are kept while no segment is open, because the picture at the same time may come later. */
const maxEarlyMs = 2_000
const maxEarlySamples = 1_000
/** Maximum number of segments that wait for sound at the same time. */
const maxEnded = 3

/** Segment whose pictures are complete, and the time on the stream's timeline, in milliseconds, at which they end. */
interface EndedSegment {
  readonly segment: Segment
  readonly untilMs: number
}

/**
 * Segments of one stream that are open: the newest, and those before it whose sound is not complete. The time of a
 * sample decides to which of them the sample belongs, because sound may arrive earlier or later than its pictures.
 *
 * ```text
 *  pictures  ── ended ──│── newest ─────────▶
 *  sound     ── ended ──────────│── newest ─▶  late
 * ```
 */
export class OpenSegments {
  readonly #leader: RecordedTrack
  readonly #onClosed: (segment: ClosedSegment) => void
  #newest: Segment | undefined
  /** Segments that wait for sound, the oldest first. */
  #ended: EndedSegment[] = []
  /** Samples of other tracks than the leading one that came before the first picture of their segment. */
  #early: (readonly [RecordedTrack, RecordedSample])[] = []
  /** Time of the latest sample of each track on the stream's timeline, in milliseconds. */
  readonly #reachedMs = new Map<RecordedTrack, number>()

  /** @param leader - Track whose samples begin and end segments. */
  constructor(leader: RecordedTrack, onClosed: (segment: ClosedSegment) => void) {
    this.#leader = leader
    this.#onClosed = onClosed
  }

  /** Segment that receives the pictures; `undefined` before the first one, and after {@link end}. */
  get newest(): Segment | undefined {
    return this.#newest
  }

  /** True if {@link closeComplete} would close a file. */
  get hasComplete(): boolean {
    return this.#ended.some((ended) => this.#isComplete(ended))
  }

  /** Ends the newest segment, and begins another. @param first - Key frame with which the other begins. */
  async begin(next: Segment, first: RecordedSample): Promise<void> {
    await this.end(first)
    this.#newest = next
    for (const [track, sample] of this.#early.splice(0)) {
      if (track.msOf(sample.decodeTime) >= next.baseMs) next.add(track, sample)
    }
  }

  /**
   * Ends the newest segment, if there is one. Its file stays open until the sound is complete.
   *
   * @param next - Sample of the leading track that follows the segment.
   * @throws The error of the system.
   */
  async end(next: RecordedSample): Promise<void> {
    const segment = this.#newest
    if (!segment) return
    const untilMs = this.#leader.msOf(next.decodeTime)
    this.#newest = undefined
    this.#early.push(...segment.takeFrom(untilMs))
    this.#ended.push({ segment, untilMs })
    await segment.flush(next)
    while (this.#ended.length > maxEnded) await this.#close(this.#ended.shift()?.segment)
  }

  /** Adds a sample to its segment. Drops sound of a time without pictures. */
  add(track: RecordedTrack, sample: RecordedSample): void {
    const atMs = track.msOf(sample.decodeTime)
    this.#reachedMs.set(track, atMs)
    const newest = this.#newest
    if (track === this.#leader || (newest && atMs >= newest.baseMs)) newest?.add(track, sample)
    else if (!newest && atMs >= (this.#ended.at(-1)?.untilMs ?? 0)) this.#keep(track, sample, atMs)
    else {
      const ended = this.#ended.findLast(({ segment }) => segment.baseMs <= atMs)
      if (ended && atMs < ended.untilMs) ended.segment.add(track, sample)
    }
  }

  /**
   * Milliseconds by which a sample is ahead of the leading track on the stream's timeline; negative if it is late.
   */
  aheadMs(track: RecordedTrack, sample: RecordedSample): number {
    return track.msOf(sample.decodeTime) - (this.#reachedMs.get(this.#leader) ?? 0)
  }

  /**
   * Writes the samples that wait, but for those after `next`, which belong to a later fragment. A file that does not exist yet waits up to 1 s for the sound of the file before, so
   * that a viewer who follows the recording reads that sound first.
   *
   * @param next - Sample of the leading track that follows; `undefined` if the track has stopped.
   * @throws The error of the system.
   */
  async flush(next?: RecordedSample): Promise<void> {
    const newest = this.#newest
    const waitedMs = next && newest ? newest.waitingMs(this.#leader, next) : fileWaitMs
    const isWhole = this.#ended.every((ended) => this.#isComplete(ended))
    if (!newest?.isOpen && !isWhole && waitedMs < fileWaitMs) return
    for (const { segment } of this.#ended) await segment.flush()
    const early = (next && newest?.takeFrom(this.#leader.msOf(next.decodeTime))) ?? []
    await newest?.flush(next)
    for (const [track, sample] of early) newest?.add(track, sample)
    await this.closeComplete()
  }

  /** Closes the files of segments whose sound is complete. @throws The error of the system. */
  async closeComplete(): Promise<void> {
    const complete = this.#ended.filter((ended) => this.#isComplete(ended))
    if (complete.length === 0) return
    this.#ended = this.#ended.filter((ended) => !complete.includes(ended))
    await this.#closeAll(complete.map(({ segment }) => segment))
  }

  /** Writes the samples that wait, and closes all files. @throws The error of the system, once all are closed. */
  async finish(): Promise<void> {
    await this.#closeAll(this.#takeAll())
  }

  /** Closes all files without writing the samples that wait. Call this function after a failure. */
  async abandon(): Promise<void> {
    await Promise.all(this.#takeAll().map((segment) => segment.abandon()))
  }

  #takeAll(): Segment[] {
    const all = this.#ended.map(({ segment }) => segment)
    if (this.#newest) all.push(this.#newest)
    this.#ended = []
    this.#newest = undefined
    return all
  }

  #isComplete({ segment, untilMs }: EndedSegment): boolean {
    const reachedMs = (track: RecordedTrack): number => this.#reachedMs.get(track) ?? 0
    if (reachedMs(this.#leader) >= untilMs + maxLateMs) return true
    return segment.tracks.every(
      (track) => track === this.#leader || !track.hasSamples || reachedMs(track) >= untilMs,
    )
  }

  /** Keeps a copy of a sample for the segment that begins next. */
  #keep(track: RecordedTrack, sample: RecordedSample, atMs: number): void {
    const pieces = sample.pieces.map((piece) => Buffer.from(piece))
    this.#early.push([track, { ...sample, pieces }])
    const isOld = ([other, { decodeTime }]: readonly [RecordedTrack, RecordedSample]): boolean =>
      other.msOf(decodeTime) < atMs - maxEarlyMs
    const [first] = this.#early
    if (first && (isOld(first) || this.#early.length > maxEarlySamples)) this.#early.shift()
  }

  /** Closes each file, even if others cannot be written. @throws The first error of the system. */
  async #closeAll(segments: readonly Segment[]): Promise<void> {
    const errors: unknown[] = []
    for (const segment of segments)
      await this.#close(segment).catch((error: unknown) => errors.push(error))
    if (errors.length > 0) throw errors[0]
  }

  async #close(segment: Segment | undefined): Promise<void> {
    const closed = await segment?.close()
    if (closed) this.#onClosed(closed)
  }
}
