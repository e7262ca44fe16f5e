import type { SampleEntry } from '../fmp4/fragment.js'
import type { RecordedSample } from './recorded-track.js'

/** Times and flags of a sample whose bytes are in the memory of its track. */
export type WaitingSample = Omit<RecordedSample, 'pieces' | 'hasLengths'>

/** Numbers of one sample: decoding time, time of presentation, duration, size, wall clock, and 1 for a sync sample. */
const numbersOfSample = 6
const firstSamples = 64
/** Maximum number of tables that wait for further fragments. */
const maxFreeTables = 256

const freeTables: SampleTable[] = []

/**
 * Times and flags of the samples of one track that wait for their fragment, as numbers in one array that later fragments
 * use again. An object for each sample would live for a second, so that V8's collector would copy it several times.
 */
export class SampleTable {
  #numbers = new Float64Array(firstSamples * numbersOfSample)
  #count = 0

  /** Returns an empty table that belongs to the caller until {@link release}. */
  static take(): SampleTable {
    return freeTables.pop() ?? new SampleTable()
  }

  get count(): number {
    return this.#count
  }

  push({ decodeTime, time, duration, sizeBytes, isSync, unixMs }: RecordedSample): void {
    let at = this.#count * numbersOfSample
    if (at === this.#numbers.length) this.#grow()
    const numbers = this.#numbers
    numbers[at++] = decodeTime
    numbers[at++] = time
    numbers[at++] = duration
    numbers[at++] = sizeBytes
    numbers[at++] = unixMs ?? Number.NaN
    numbers[at] = isSync ? 1 : 0
    this.#count++
  }

  /** Returns the decoding time of a sample in ticks; `undefined` behind the last sample. */
  decodeTimeAt(index: number): number | undefined {
    return index < this.#count ? this.#numbers[index * numbersOfSample] : undefined
  }

  /** Returns a sample by its index; `undefined` behind the last sample. */
  at(index: number): WaitingSample | undefined {
    if (index < 0 || index >= this.#count) return undefined
    const at = index * numbersOfSample
    const unixMs = this.#number(at + 4)
    return {
      decodeTime: this.#number(at),
      time: this.#number(at + 1),
      duration: this.#number(at + 2),
      sizeBytes: this.#number(at + 3),
      unixMs: Number.isNaN(unixMs) ? undefined : unixMs,
      isSync: this.#number(at + 5) === 1,
    }
  }

  /**
   * Returns the entries of all samples for the head of a fragment.
   *
   * @param end - Decoding time in ticks of the sample after the last one, if it is known.
   */
  entries(end: number | undefined): SampleEntry[] {
    const entries: SampleEntry[] = []
    for (let index = 0; index < this.#count; index++) {
      const at = index * numbersOfSample
      const decodeTime = this.#number(at)
      const next = this.decodeTimeAt(index + 1) ?? end
      entries.push({
        sizeBytes: this.#number(at + 3),
        duration: next === undefined ? this.#number(at + 2) : next - decodeTime,
        compositionOffset: this.#number(at + 1) - decodeTime,
        isSync: this.#number(at + 5) === 1,
      })
    }
    return entries
  }

  /** Total size of the samples in bytes. */
  get sizeBytes(): number {
    let sizeBytes = 0
    for (let index = 0; index < this.#count; index++) {
      sizeBytes += this.#number(index * numbersOfSample + 3)
    }
    return sizeBytes
  }

  /** Removes and returns the samples from index `first` on. */
  takeFrom(first: number): WaitingSample[] {
    const taken: WaitingSample[] = []
    for (let index = first; index < this.#count; index++) {
      taken.push(this.at(index) as WaitingSample)
    }
    this.#count = first
    return taken
  }

  /** Empties the table, and leaves it to other fragments. */
  release(): void {
    this.#count = 0
    if (this.#numbers.length > 1024 * numbersOfSample || freeTables.length >= maxFreeTables) return
    freeTables.push(this)
  }

  #number(at: number): number {
    return this.#numbers[at] as number
  }

  #grow(): void {
    const larger = new Float64Array(this.#numbers.length * 2)
    larger.set(this.#numbers)
    this.#numbers = larger
  }
}
