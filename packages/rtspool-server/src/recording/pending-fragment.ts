import { fragmentHeadBytes, type RunEntries, writeFragmentHead } from '../fmp4/fragment.js'
import { referenceTime } from '../fmp4/reference-time.js'
import type { RecordedSample, RecordedTrack } from './recorded-track.js'
import { SampleMemory } from './sample-memory.js'
import { SampleTable, type WaitingSample } from './sample-table.js'

/** MP4 fragment in memory, to be appended to the file of a recording. */
export interface BuiltFragment {
  /** Bytes of the fragment in pieces, valid until {@link release}. */
  readonly pieces: readonly Buffer[]
  readonly sizeBytes: number
  /** Number of bytes in front of the box `moof`: the size of the box `prft`, or 0 without one. */
  readonly moofOffset: number
  /** Frees the memory behind {@link pieces} for other samples. Call this function once the pieces are written. */
  release(): void
}

/** Samples of one track that wait to be written as a fragment, and the memory with their bytes. */
interface WaitingTrack {
  readonly samples: SampleTable
  readonly memory: SampleMemory
}

/** Samples of the tracks of a segment that wait to be written as one fragment. */
export class PendingFragment {
  readonly #tracks = new Map<RecordedTrack, WaitingTrack>()

  get isEmpty(): boolean {
    return this.#tracks.size === 0
  }

  /** Time in milliseconds on the stream's timeline at which the last waiting sample ends; 0 if none waits. */
  get endMs(): number {
    let endMs = 0
    for (const [track, { samples }] of this.#tracks) {
      const last = samples.at(samples.count - 1)
      if (last) endMs = Math.max(endMs, track.msOf(last.decodeTime + last.duration))
    }
    return endMs
  }

  /** Adds a sample to the waiting ones of its track, and copies the bytes of the sample. */
  add(track: RecordedTrack, sample: RecordedSample): void {
    const waiting = this.#tracks.get(track) ?? this.#begin(track)
    waiting.samples.push(sample)
    if (sample.hasLengths) waiting.memory.add(sample.pieces)
    else waiting.memory.addUnits(sample.pieces)
  }

  /**
   * Returns the milliseconds from the first waiting sample of a track to `decodeTime` in ticks; 0 if no sample waits.
   */
  waitingMs(track: RecordedTrack, decodeTime: number): number {
    const first = this.#tracks.get(track)?.samples.decodeTimeAt(0)
    return first === undefined ? 0 : track.msOf(decodeTime - first)
  }

  /** Returns the first sample of a track that waits to be written; `undefined` if none of the track waits. */
  firstOf(track: RecordedTrack): WaitingSample | undefined {
    return this.#tracks.get(track)?.samples.at(0)
  }

  /**
   * Removes and returns the waiting samples with a decoding time from `fromMs` on (milliseconds on the stream's
   * timeline), except samples of the track `except`.
   */
  takeFrom(fromMs: number, except: RecordedTrack): (readonly [RecordedTrack, RecordedSample])[] {
    const taken: (readonly [RecordedTrack, RecordedSample])[] = []
    for (const [track, { samples, memory }] of this.#tracks) {
      if (track === except) continue
      let at = 0
      while (at < samples.count && track.msOf(samples.decodeTimeAt(at) ?? 0) < fromMs) at++
      if (at === samples.count) continue
      const moved = samples.takeFrom(at)
      const bytes = memory.truncate(samples.sizeBytes)
      let offset = 0
      for (const sample of moved) {
        const end = offset + sample.sizeBytes
        const pieces = [bytes.subarray(offset, end)]
        taken.push([track, { ...sample, pieces, hasLengths: true }])
        offset = end
      }
      if (samples.count === 0) this.#remove(track, samples)
    }
    return taken
  }

  /**
   * Builds one fragment of all waiting samples, which then wait no longer. A box `prft` with the wall clock of the
   * source comes first if that time is known.
   *
   * @param tracks - Tracks of the file in their order; samples of other tracks are dropped.
   * @param baseMs - Time in milliseconds on the stream's timeline at which the file begins.
   * @param ends - Decoding time in ticks of the sample after the waiting ones, by track, where it is known.
   * @returns `undefined` if no sample of these tracks waits.
   */
  build(
    tracks: readonly RecordedTrack[],
    baseMs: number,
    sequenceNumber: number,
    ends: ReadonlyMap<RecordedTrack, number>,
  ): BuiltFragment | undefined {
    const runs: RunEntries[] = []
    const memories: SampleMemory[] = []
    let reference: Uint8Array = Buffer.alloc(0)
    for (const [index, track] of tracks.entries()) {
      const waiting = this.#tracks.get(track)
      const first = waiting?.samples.at(0)
      if (!waiting || !first) continue
      const baseTicks = Math.round((baseMs * track.info.clockRate) / 1000)
      const place = (ticks: number): number => Math.max(0, ticks - baseTicks)
      const trackId = index + 1
      if (runs.length === 0 && first.unixMs !== undefined) {
        reference = referenceTime(trackId, first.unixMs, place(first.time))
      }
      runs.push({
        trackId,
        decodeTime: place(first.decodeTime),
        samples: waiting.samples.entries(ends.get(track)),
      })
      memories.push(waiting.memory)
    }
    for (const [track, { samples }] of this.#tracks) this.#remove(track, samples)
    return runs.length === 0 ? undefined : fragmentOf(reference, sequenceNumber, runs, memories)
  }

  #begin(track: RecordedTrack): WaitingTrack {
    const waiting = { samples: SampleTable.take(), memory: new SampleMemory() }
    this.#tracks.set(track, waiting)
    return waiting
  }

  #remove(track: RecordedTrack, samples: SampleTable): void {
    this.#tracks.delete(track)
    samples.release()
  }
}

/** Joins the head of a fragment with the bytes of its samples. @param memories - Bytes of the samples of each run. */
function fragmentOf(
  reference: Uint8Array,
  sequenceNumber: number,
  runs: readonly RunEntries[],
  memories: readonly SampleMemory[],
): BuiltFragment {
  const head = Buffer.allocUnsafe(reference.length + fragmentHeadBytes(runs))
  head.set(reference)
  writeFragmentHead(head, reference.length, sequenceNumber, runs)
  return {
    pieces: [head, ...memories.flatMap(({ pieces }) => pieces)],
    sizeBytes: memories.reduce((sum, { sizeBytes }) => sum + sizeBytes, head.length),
    moofOffset: reference.length,
    release: () => {
      for (const memory of memories) memory.release()
    },
  }
}
