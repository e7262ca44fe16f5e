import type { AccessUnit, Clock, TrackInfo } from 'rtspool'
import { beginningWith, type CommonInstant } from '../codec/media-times.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import type { MachineUptime } from './machine-uptime.js'
import { type RecordedSample, type RecordedTrack, recordedTracks } from './recorded-track.js'
import { RecordingClock } from './recording-clock.js'
import { type ClosedSegment, Segment } from './segment.js'
import type { SegmentFacts } from './segment-facts.js'
import type { SegmentFile } from './segment-store.js'

/** Milliseconds of the leading track in one fragment: as much as the end of the process may lose. */
const fragmentMs = 1_000
/** Milliseconds of another track after which a fragment is written although the leading track has stopped. */
const otherFragmentMs = 1_500
/** Milliseconds for which the first segment waits for a described track that has sent nothing yet. */
const trackWaitMs = 1_000

export interface SegmenterOptions {
  readonly clock: Clock
  readonly uptime: MachineUptime
  /** Name of the recording, and path of the recorded media. */
  readonly place: Pick<SegmentFacts, 'recording' | 'path'>
  /** Returns the time at which a segment that begins at `startMs` ends; both in milliseconds since 1970. */
  readonly endOf: (startMs: number) => number
  readonly create: (facts: SegmentFacts, head: Buffer) => Promise<SegmentFile>
  readonly onClosed: (segment: ClosedSegment) => void
}

/**
 * Writes the access units of one stream to segments, each of which begins with a key frame of the leading track. A
 * segment ends at its time, at a change of the format, and where the timeline or the clock jumps.
 *
 * ```text
 * unit ─▶ sample ─▶ waits ─▶ fragment (key frame, or 1 s) ─▶ segment
 * ```
 */
export class Segmenter {
  readonly #options: SegmenterOptions
  readonly #recordingClock: RecordingClock
  readonly #tracks = new Map<TrackInfo, RecordedTrack>()
  readonly #all: readonly RecordedTrack[]
  readonly #leader: RecordedTrack | undefined
  /** Tracks of the stream that are left out, because MP4 files cannot hold their encodings. */
  readonly refused: readonly TrackInfo[]
  #common: CommonInstant | undefined
  #firstUnitMs: number | undefined
  #segment: Segment | undefined
  /** Previous segment, which stays open until the first fragment of the present one, because sound may arrive late. */
  #former: Segment | undefined
  #formats: readonly (TrackFormat | undefined)[] = []
  #endsAtMs = 0

  constructor(tracks: readonly TrackInfo[], options: SegmenterOptions) {
    this.#options = options
    this.#recordingClock = new RecordingClock(options.clock)
    const chosen = recordedTracks(tracks)
    this.refused = chosen.refused
    for (const track of chosen.tracks) this.#tracks.set(track.info, track)
    const leader = chosen.tracks.find(({ isVideo }) => isVideo) ?? chosen.tracks[0]
    this.#leader = leader
    // The leader is the first track of each file.
    this.#all = leader ? [leader, ...chosen.tracks.filter((each) => each !== leader)] : []
  }

  /** True if files can hold at least one track of the stream. */
  get canRecord(): boolean {
    return this.#leader !== undefined
  }

  /** Adds an access unit, and writes a fragment if it is due. @throws The error of the system: call {@link abandon}. */
  async push(unit: AccessUnit): Promise<void> {
    const track = this.#tracks.get(unit.track)
    if (!track) return
    this.#common ??= beginningWith(unit)
    this.#firstUnitMs ??= this.#options.clock.now()
    const sample = track.push(unit, this.#common)
    if (!sample) return
    if (track === this.#leader) await this.#lead(track, sample)
    else if ((this.#segment?.waitingMs(track, sample) ?? 0) >= otherFragmentMs) await this.#flush()
    this.#add(track, sample)
  }

  /** Writes the samples that wait in memory, and closes the files. @throws The error of the system. */
  async finish(): Promise<void> {
    const segments = [this.#former, this.#segment]
    this.#former = this.#segment = undefined
    for (const segment of segments) await this.#close(segment)
  }

  /** Closes the files without writing the samples that wait. Call this function after a failure. */
  async abandon(): Promise<void> {
    await Promise.all([this.#former?.abandon(), this.#segment?.abandon()])
    this.#former = this.#segment = undefined
  }

  async #lead(leader: RecordedTrack, sample: RecordedSample): Promise<void> {
    const placeMs = leader.msOf(sample.time)
    const wasSet = this.#recordingClock.note(sample.unixMs, placeMs, leader.hasJumped)
    if (leader.hasJumped) await this.finish()
    if (sample.isSync && (wasSet || this.#isDue())) await this.#begin(leader, sample)
    else if (wasSet) await this.finish()
    else if (!this.#segment) return
    else if (this.#isFragmentDue(this.#segment, leader, sample)) await this.#flush(sample)
  }

  #isFragmentDue(segment: Segment, leader: RecordedTrack, next: RecordedSample): boolean {
    const isEntry = leader.isVideo && next.isSync
    return isEntry || segment.waitingMs(leader, next) >= fragmentMs
  }

  #isDue(): boolean {
    const segment = this.#segment
    if (!segment || this.#recordingClock.timeMs >= this.#endsAtMs) return true
    if (this.#all.some(({ format }, index) => format !== this.#formats[index])) return true
    return (
      segment.isOpen &&
      this.#all.some((track) => track.hasSamples && track.format && !segment.tracks.includes(track))
    )
  }

  async #begin(leader: RecordedTrack, sample: RecordedSample): Promise<void> {
    const startMs = this.#recordingClock.timeMs
    this.#endsAtMs = this.#options.endOf(startMs)
    this.#formats = this.#all.map(({ format }) => format)
    const { place, create, clock, uptime } = this.#options
    const uptimeMs = uptime.uptimeMs() - (clock.unixTimeMs() - startMs)
    const facts = { ...place, startMs, bootId: uptime.bootId, uptimeMs }
    const options = {
      ...{ facts, tracks: this.#all, leader },
      create: (head: Buffer) => create(facts, head),
    }
    const next = new Segment(options, sample)
    const before = this.#former
    this.#former = this.#segment
    this.#segment = next
    await this.#close(before)
    this.#former?.moveTo(next)
    await this.#former?.flush(sample)
  }

  #add(track: RecordedTrack, sample: RecordedSample): void {
    const { baseMs = 0 } = this.#segment ?? {}
    const isLate = track !== this.#leader && track.msOf(sample.decodeTime) < baseMs
    // Sound in front of the first picture of all has no segment.
    if (isLate) this.#former?.add(track, sample)
    else this.#segment?.add(track, sample)
  }

  async #flush(next?: RecordedSample): Promise<void> {
    const segment = this.#segment
    if (!segment || (!segment.isOpen && this.#waitsForTrack)) return
    const former = this.#former
    this.#former = undefined
    await this.#close(former)
    await segment.flush(next)
  }

  get #waitsForTrack(): boolean {
    const waitedMs = this.#options.clock.now() - (this.#firstUnitMs ?? 0)
    return waitedMs < trackWaitMs && this.#all.some(({ hasSamples }) => !hasSamples)
  }

  async #close(segment: Segment | undefined): Promise<void> {
    const closed = await segment?.close()
    if (closed) this.#options.onClosed(closed)
  }
}
