import { checkTrackCount } from '../file-failure.js'
import { type Box, boxAt, childrenOf, findBox } from './boxes.js'
import { SampleList } from './sample-list.js'

/** Default duration, size and flags of a track's samples in fragments (TrackExtendsBox). */
export interface SampleDefaults {
  readonly duration: number
  readonly size: number
  readonly flags: number
}

/** A track of an MP4 file with the samples that the `moov` box lists. Further samples may follow in fragments. */
export interface MovieTrack {
  readonly id: number
  readonly box: Box
  readonly defaults: SampleDefaults
  /** Clock rate of the sample times, in ticks per second. */
  readonly timescale: number
  /** Samples that the `moov` box itself lists. */
  readonly samples: SampleList
}

/** A `moov` box with its bytes and tracks. */
export interface Movie {
  readonly bytes: Buffer
  readonly box: Box
  readonly tracks: readonly MovieTrack[]
}

const fullBoxBytes = 4

/** Converts a file position or a sample time of 64 bits to a number. @throws {RangeError} The value is 2^53 or more. */
export function safeNumber(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number))
    throw new RangeError(`expected a number below 2^53, got ${value}`)
  return number
}

/**
 * Reads the parts of a `moov` box (ISO/IEC 14496-12 section 8.2.1) from which an index of all samples can be built.
 *
 * @param maxSamples - Maximum number of samples of all tracks together.
 * @throws {RangeError} The box is cut off, inconsistent, or lists too many samples.
 * @throws {TooManyTracksError} The box has more tracks than a file may have.
 */
export function parseMovie(bytes: Buffer, maxSamples: number): Movie {
  const box = findMovie(bytes)
  if (!box) throw new RangeError('moov: expected a box')
  const extendsBox = findBox(bytes, box, 'mvex')
  const defaults = extendsBox ? sampleDefaults(bytes, extendsBox) : new Map()
  const tracks: MovieTrack[] = []
  let samplesLeft = maxSamples
  for (const child of childrenOf(bytes, box)) {
    const header = child.type === 'trak' ? findBox(bytes, child, 'tkhd') : undefined
    if (!header) continue
    const id = readTrackId(bytes, header)
    const samples = readSamples(bytes, child, samplesLeft)
    samplesLeft -= samples.count
    const timescale = readTimescale(bytes, findBox(bytes, child, 'mdia', 'mdhd'))
    tracks.push({ id, box: child, defaults: defaults.get(id) ?? noDefaults, timescale, samples })
  }
  return { bytes, box, tracks }
}

/**
 * Returns whether fragments may follow a `moov` box, because it contains a MovieExtendsBox (section 8.8.1).
 *
 * @throws {TooManyTracksError} The box has more tracks than a file may have.
 */
export function isFragmentedMovie(bytes: Buffer): boolean {
  const box = findMovie(bytes)
  return box !== undefined && findBox(bytes, box, 'mvex') !== undefined
}

/**
 * Returns the `moov` box that the bytes begin with, if it is complete. The number of its tracks is checked before any
 * of them is read.
 */
function findMovie(bytes: Buffer): Box | undefined {
  const box = boxAt(bytes, 0, bytes.length)
  if (box?.type !== 'moov' || box.end > bytes.length) return undefined
  checkTrackCount(childrenOf(bytes, box).filter(({ type }) => type === 'trak').length)
  return box
}

const noDefaults: SampleDefaults = { duration: 0, size: 0, flags: 0 }

function sampleDefaults(bytes: Buffer, extendsBox: Box): Map<number, SampleDefaults> {
  const defaults = new Map<number, SampleDefaults>()
  for (const box of childrenOf(bytes, extendsBox)) {
    if (box.type !== 'trex') continue
    const at = box.contentStart + fullBoxBytes
    if (at + 20 > box.end) throw new RangeError('trex: expected 24 bytes')
    defaults.set(bytes.readUInt32BE(at), {
      duration: bytes.readUInt32BE(at + 8),
      size: bytes.readUInt32BE(at + 12),
      flags: bytes.readUInt32BE(at + 16),
    })
  }
  return defaults
}

/**
 * Returns the id of a track from its `tkhd` box. The id follows 8 bits of version, 24 of flags, and two times of 32 bits, or of 64
 * in version 1.
 *
 * @throws {RangeError} The box is too short.
 */
function readTrackId(bytes: Buffer, { contentStart, end }: Box): number {
  const at = contentStart + fullBoxBytes + (bytes[contentStart] === 1 ? 16 : 8)
  if (at + 4 > end) throw new RangeError('tkhd: expected a track id')
  return bytes.readUInt32BE(at)
}

/**
 * Returns the clock rate of a track's times from its `mdhd` box, in ticks per second: at least 1, and 1 without a box. The clock
 * rate follows 8 bits of version, 24 of flags, and two times of 32 bits, or of 64 in version 1.
 *
 * @throws {RangeError} The box is too short.
 */
function readTimescale(bytes: Buffer, box: Box | undefined): number {
  if (!box) return 1
  const at = box.contentStart + fullBoxBytes + (bytes[box.contentStart] === 1 ? 16 : 8)
  if (at + 4 > box.end) throw new RangeError('mdhd: expected a timescale')
  return Math.max(1, bytes.readUInt32BE(at))
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

function readSamples(bytes: Buffer, trackBox: Box, maxSamples: number): SampleList {
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
