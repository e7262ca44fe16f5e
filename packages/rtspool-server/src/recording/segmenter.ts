import type { AccessUnit, Clock, TrackInfo } from 'rtspool'
import { beginningWith, type CommonInstant } from '../codec/media-times.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import type { MachineUptime } from './machine-uptime.js'
import { OpenSegments } from './open-segments.js'
import { type RecordedSample, type RecordedTrack, recordedTracks } from './recorded-track.js'
import { RecordingClock } from './recording-clock.js'
import { type ClosedSegment, Segment } from './segment.js'
import type { SegmentFacts } from './segment-facts.js'
import type { SegmentFile } from './segment-store.js'

/** Milliseconds of the leading track in one fragment: as much as the end of the process may lose. */
const fragmentMs = 1_000
/** Milliseconds of another track after which a fragment is written although the leading track has stopped. */
const otherFragmentMs = 1_500
/** Milliseconds of another track ahead of the leading one from which on the leading one counts as stopped. */
const stoppedMs = 1_000
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
  readonly #segments: OpenSegments | undefined
  readonly #leader: RecordedTrack | undefined
  /** Tracks of the stream that are left out, because MP4 files cannot hold their encodings. */
  readonly refused: readonly TrackInfo[]
  #common: CommonInstant | undefined
  #firstUnitMs: number | undefined
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
    this.#segments = leader && new OpenSegments(leader, options.onClosed)
    // The leader is the first track of each file.
    this.#all = leader ? [leader, ...chosen.tracks.filter((each) => each !== leader)] : []
  }

  /** True if files can hold at least one track of the stream. */
  get canRecord(): boolean {
    return this.#leader !== undefined
  }

  /**
   * Adds an access unit, and writes a fragment if it is due. The parts of the unit must stay valid until then.
   *
   * @returns A promise if something is written, else `undefined`.
   * @throws The error of the system: call {@link abandon}.
   */
  push(unit: AccessUnit): Promise<void> | undefined {
    const track = this.#tracks.get(unit.track)
    const segments = this.#segments
    if (!track || !segments) return undefined
    this.#common ??= beginningWith(unit)
    this.#firstUnitMs ??= this.#options.clock.now()
    const sample = track.push(unit, this.#common)
    if (!sample) return undefined
    const isLeader = track === this.#leader
    const wasSet = isLeader && this.#noteTime(track, sample)
    const isDue = isLeader
      ? this.#isStepDue(segments, track, sample, wasSet)
      : this.#isLeaderStopped(segments, track, sample)
    if (isDue) return this.#writeBefore(segments, track, sample, wasSet)
    segments.add(track, sample)
    return undefined
  }

  /** Writes the samples that wait in memory, and closes the files. @throws The error of the system. */
  async finish(): Promise<void> {
    await this.#segments?.finish()
  }

  /** Closes the files without writing the samples that wait. Call this function after a failure. */
  async abandon(): Promise<void> {
    await this.#segments?.abandon()
  }

  /** Notes the time of a sample of the leading track. @returns True if the clock of this machine was set. */
  #noteTime(leader: RecordedTrack, { unixMs, time }: RecordedSample): boolean {
    return this.#recordingClock.note(unixMs, leader.msOf(time), leader.hasJumped)
  }

  /** Returns whether something must be written or closed before a sample of the leading track is added. */
  #isStepDue(
    segments: OpenSegments,
    leader: RecordedTrack,
    sample: RecordedSample,
    wasSet: boolean,
  ): boolean {
    const { newest } = segments
    if (leader.hasJumped || wasSet || (sample.isSync && this.#isDue(newest))) return true
    return newest ? this.#isFragmentDue(newest, leader, sample) : segments.hasComplete
  }

  #isLeaderStopped(segments: OpenSegments, track: RecordedTrack, sample: RecordedSample): boolean {
    const waitingMs = segments.newest?.waitingMs(track, sample) ?? 0
    return waitingMs >= otherFragmentMs && segments.aheadMs(track, sample) >= stoppedMs
  }

  /** Writes what is due, and then adds a sample. */
  async #writeBefore(
    segments: OpenSegments,
    track: RecordedTrack,
    sample: RecordedSample,
    wasSet: boolean,
  ): Promise<void> {
    if (track === this.#leader) await this.#lead(segments, track, sample, wasSet)
    else await this.#flush()
    segments.add(track, sample)
  }

  async #lead(
    segments: OpenSegments,
    leader: RecordedTrack,
    sample: RecordedSample,
    wasSet: boolean,
  ): Promise<void> {
    if (leader.hasJumped) await segments.end(sample)
    if (sample.isSync && (wasSet || this.#isDue(segments.newest))) {
      await segments.begin(this.#segmentFrom(leader, sample), sample)
    } else if (wasSet) await segments.end(sample)
    else if (!segments.newest) await segments.closeComplete()
    else if (this.#isFragmentDue(segments.newest, leader, sample)) await this.#flush(sample)
  }

  #isFragmentDue(segment: Segment, leader: RecordedTrack, next: RecordedSample): boolean {
    const isEntry = leader.isVideo && next.isSync
    return isEntry || segment.waitingMs(leader, next) >= fragmentMs
  }

  #isDue(segment: Segment | undefined): boolean {
    if (!segment || this.#recordingClock.timeMs >= this.#endsAtMs) return true
    if (this.#all.some(({ format }, index) => format !== this.#formats[index])) return true
    return (
      segment.isOpen &&
      this.#all.some((track) => track.hasSamples && track.format && !segment.tracks.includes(track))
    )
  }

  #segmentFrom(leader: RecordedTrack, first: RecordedSample): Segment {
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
    return new Segment(options, first)
  }

  async #flush(next?: RecordedSample): Promise<void> {
    const segment = this.#segments?.newest
    if (!segment || (!segment.isOpen && this.#waitsForTrack)) return
    await this.#segments?.flush(next)
  }

  get #waitsForTrack(): boolean {
    const waitedMs = this.#options.clock.now() - (this.#firstUnitMs ?? 0)
    return waitedMs < trackWaitMs && this.#all.some(({ hasSamples }) => !hasSamples)
  }
}
