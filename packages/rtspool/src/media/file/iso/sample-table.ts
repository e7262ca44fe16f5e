import { type Box, findBox } from './boxes.js'
import { SampleList } from './sample-list.js'

const fullBoxBytes = 4

/** Converts a file position or a sample time of 64 bits to a number. @throws {RangeError} The value is 2^53 or more. */
export function safeNumber(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number))
    throw new RangeError(`expected a number below 2^53, got ${value}`)
  return number
}

/** Entries of one sample table, such as `stsz`: `count32`, then entries of `width` bytes. */
class Table {
  readonly count: number
  readonly #bytes: Buffer
  readonly #start: number
  readonly #width: number

  /**
   * Finds the entries of a table.
   *
   * @param box - Box of the table; without it, the table is empty.
   * @throws {RangeError} The box is too short for its count.
   */
  constructor(bytes: Buffer, box: Box | undefined, width: number, headerBytes = fullBoxBytes) {
    this.#bytes = bytes
    this.#width = width
    this.#start = (box?.contentStart ?? 0) + headerBytes + 4
    if (box && this.#start > box.end) throw new RangeError(`${box.type}: expected a count`)
    this.count = box ? bytes.readUInt32BE(this.#start - 4) : 0
    if (box && this.#start + this.count * width > box.end) {
      throw new RangeError(`${box.type}: expected ${this.count} rows`)
    }
  }

  at(row: number, column = 0): number {
    return this.#bytes.readUInt32BE(this.#start + row * this.#width + 4 * column)
  }

  signedAt(row: number, column: number): number {
    return this.#bytes.readInt32BE(this.#start + row * this.#width + 4 * column)
  }

  wideAt(row: number): number {
    return safeNumber(this.#bytes.readBigUInt64BE(this.#start + row * this.#width))
  }
}

/** Reads a run-length table, in which `sample_count` samples in a row share a value, one sample at a time. */
class RunReader {
  readonly #table: Table
  #row = -1
  #left = 0
  #value = 0

  constructor(table: Table) {
    this.#table = table
  }

  next(): number {
    while (this.#left === 0 && this.#row + 1 < this.#table.count) {
      this.#row++
      this.#left = this.#table.at(this.#row)
      this.#value = this.#table.signedAt(this.#row, 1)
    }
    if (this.#left === 0) return this.#value
    this.#left--
    return this.#value
  }
}

/**
 * Reads the sample tables of a track (`stbl` box, ISO/IEC 14496-12 section 8.5): position, size and times of each sample.
 *
 * @param maxSamples - Maximum number of samples.
 * @throws {RangeError} A table is cut off, inconsistent, or lists too many samples.
 */
export function readSamples(bytes: Buffer, trackBox: Box, maxSamples: number): SampleList {
  const samples = new SampleList()
  const stbl = findBox(bytes, trackBox, 'mdia', 'minf', 'stbl')
  if (!stbl) return samples
  const box = (type: string) => findBox(bytes, stbl, type)
  const sizes = readSizes(bytes, box('stsz'), maxSamples)
  if (sizes.length === 0) return samples
  const chunks = new Table(bytes, box('stco'), 4)
  const wideChunks = new Table(bytes, box('co64'), 8)
  const chunkCount = chunks.count || wideChunks.count
  const runs = new Table(bytes, box('stsc'), 12)
  const durations = new RunReader(new Table(bytes, box('stts'), 8))
  const offsets = new RunReader(new Table(bytes, box('ctts'), 8))
  const syncBox = box('stss')
  const sync = new Table(bytes, syncBox, 4)
  let syncRow = 0
  let run = 0
  for (let chunk = 1; chunk <= chunkCount && samples.count < sizes.length; chunk++) {
    while (run + 1 < runs.count && runs.at(run + 1) <= chunk) run++
    const perChunk = run < runs.count ? runs.at(run, 1) : 0
    let offset = chunks.count > 0 ? chunks.at(chunk - 1) : wideChunks.wideAt(chunk - 1)
    for (let index = 0; index < perChunk && samples.count < sizes.length; index++) {
      const size = sizes[samples.count] as number
      const number = samples.count + 1
      while (syncRow < sync.count && sync.at(syncRow) < number) syncRow++
      const isSync = !syncBox || (syncRow < sync.count && sync.at(syncRow) === number)
      samples.add(offset, size, durations.next(), offsets.next(), isSync)
      offset += size
    }
  }
  return samples
}

/**
 * Returns the size of each sample, from stsz: `sample_size32 sample_count32`, then 32-bit sizes if `sample_size` is
 * 0.
 */
function readSizes(bytes: Buffer, box: Box | undefined, maxSamples: number): number[] {
  if (!box) return []
  const at = box.contentStart + fullBoxBytes
  if (at + 8 > box.end) throw new RangeError('stsz: expected 12 bytes')
  const common = bytes.readUInt32BE(at)
  const count = bytes.readUInt32BE(at + 4)
  if (count > maxSamples) throw new RangeError(`stsz: expected ${maxSamples} samples at most`)
  if (common !== 0) return new Array<number>(count).fill(common)
  const table = new Table(bytes, box, 4, fullBoxBytes + 4)
  return Array.from({ length: table.count }, (_, row) => table.at(row))
}
