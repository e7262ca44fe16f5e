const largestDuration = 2 ** 32 - 1

/**
 * Samples of a track in decoding order: one array for each property, which keeps an hour of samples small. A chunk is a
 * series of samples that follow each other in the file without a gap.
 */
export class SampleList {
  readonly sizes: number[] = []
  readonly durations: number[] = []
  /** Presentation time minus decoding time of each sample, in ticks of the track. */
  readonly compositionOffsets: number[] = []
  readonly isSync: boolean[] = []
  readonly chunkOffsets: number[] = []
  readonly chunkSampleCounts: number[] = []
  /** Decoding time of the first sample, in ticks of the track. */
  startTime = 0
  /** Decoding time after the last sample, in ticks of the track. */
  endTime = 0
  #chunkEnd = -1

  get count(): number {
    return this.sizes.length
  }

  /** Appends a sample. Its decoding time is {@link endTime}. @param offset - Position of the sample in the file. */
  add(offset: number, size: number, duration: number, compositionOffset: number, sync: boolean) {
    if (offset === this.#chunkEnd && this.chunkSampleCounts.length > 0) {
      const last = this.chunkSampleCounts.length - 1
      this.chunkSampleCounts[last] = (this.chunkSampleCounts[last] as number) + 1
    } else {
      this.chunkOffsets.push(offset)
      this.chunkSampleCounts.push(1)
    }
    this.#chunkEnd = offset + size
    this.sizes.push(size)
    this.durations.push(duration)
    this.compositionOffsets.push(compositionOffset)
    this.isSync.push(sync)
    this.endTime += duration
  }

  /**
   * Makes the next sample begin at `time`: the last sample becomes longer, or else `time` is the start. A time before
   * {@link endTime} has no effect.
   *
   * @throws {RangeError} The duration of the last sample would not fit into an index.
   */
  continueAt(time: number): void {
    const last = this.durations.length - 1
    if (last < 0) {
      this.startTime = time
      this.endTime = time
      return
    }
    const gap = time - this.endTime
    if (gap <= 0) return
    const duration = (this.durations[last] as number) + gap
    if (duration > largestDuration) throw new RangeError(`tfdt: expected no gap of ${gap} ticks`)
    this.durations[last] = duration
    this.endTime = time
  }
}
