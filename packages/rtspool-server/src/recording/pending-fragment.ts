import { fragmentBytes, type Sample, type TrackRun, writeFragment } from '../fmp4/fragment.js'
import { referenceTime } from '../fmp4/reference-time.js'
import type { RecordedSample, RecordedTrack } from './recorded-track.js'

/** A fragment that can be written. */
export interface BuiltFragment {
  readonly bytes: Buffer
  /** Bytes from the beginning of {@link bytes} to the `moof`. */
  readonly moofOffset: number
}

/** Samples of the tracks of a segment that wait to be written as one fragment. */
export class PendingFragment {
  readonly #samples = new Map<RecordedTrack, RecordedSample[]>()

  get isEmpty(): boolean {
    return this.#samples.size === 0
  }

  add(track: RecordedTrack, sample: RecordedSample): void {
    const samples = this.#samples.get(track)
    if (samples) samples.push(sample)
    else this.#samples.set(track, [sample])
  }

  /** Returns the milliseconds from the first waiting sample of a track to a time in ticks; 0 if none waits. */
  waitingMs(track: RecordedTrack, decodeTime: number): number {
    const [first] = this.#samples.get(track) ?? []
    return first ? track.msOf(decodeTime - first.decodeTime) : 0
  }

  /** Returns the first waiting sample of a track. */
  firstOf(track: RecordedTrack): RecordedSample | undefined {
    return this.#samples.get(track)?.[0]
  }

  /** Removes and returns the samples from a time on the stream's timeline on, except those of one track. */
  takeFrom(fromMs: number, except: RecordedTrack): (readonly [RecordedTrack, RecordedSample])[] {
    const taken: (readonly [RecordedTrack, RecordedSample])[] = []
    for (const [track, samples] of this.#samples) {
      const at = samples.findIndex(({ decodeTime }) => track.msOf(decodeTime) >= fromMs)
      if (track === except || at < 0) continue
      for (const sample of samples.splice(at)) taken.push([track, sample])
      if (samples.length === 0) this.#samples.delete(track)
    }
    return taken
  }

  /**
   * Returns the waiting samples as a fragment, with the time of the source in front, and removes them.
   *
   * @param tracks - Tracks of the file in their order; samples of other tracks are left out.
   * @param baseMs - Time on the stream's timeline at which the file begins.
   * @param ends - Decoding time of the sample that follows, by track, where it is known.
   */
  build(
    tracks: readonly RecordedTrack[],
    baseMs: number,
    sequenceNumber: number,
    ends: ReadonlyMap<RecordedTrack, number>,
  ): BuiltFragment | undefined {
    const runs: TrackRun[] = []
    let reference: Uint8Array = Buffer.alloc(0)
    for (const [index, track] of tracks.entries()) {
      const samples = this.#samples.get(track)
      const [first] = samples ?? []
      if (!samples || !first) continue
      const baseTicks = Math.round((baseMs * track.info.clockRate) / 1000)
      const place = (ticks: number): number => Math.max(0, ticks - baseTicks)
      const trackId = index + 1
      if (runs.length === 0 && first.unixMs !== undefined) {
        reference = referenceTime(trackId, first.unixMs, place(first.time))
      }
      runs.push({
        trackId,
        decodeTime: place(first.decodeTime),
        samples: runOf(samples, ends.get(track)),
      })
    }
    this.#samples.clear()
    if (runs.length === 0) return undefined
    const bytes = Buffer.allocUnsafe(reference.length + fragmentBytes(runs))
    bytes.set(reference)
    writeFragment(bytes, reference.length, sequenceNumber, runs)
    return { bytes, moofOffset: reference.length }
  }
}

function runOf(samples: readonly RecordedSample[], end: number | undefined): Sample[] {
  return samples.map((sample, index) => {
    const { decodeTime, time, duration, pieces, sizeBytes, isSync } = sample
    const next = samples[index + 1]?.decodeTime ?? end
    return {
      ...{ pieces, sizeBytes, isSync, compositionOffset: time - decodeTime },
      duration: next === undefined ? duration : next - decodeTime,
    }
  })
}
