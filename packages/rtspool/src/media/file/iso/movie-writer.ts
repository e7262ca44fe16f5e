import { type Box, childrenOf } from './boxes.js'
import type { Movie, MovieTrack } from './movie.js'
import type { SampleList } from './sample-list.js'

/**
 * Types of boxes that list samples, and that are written again. Boxes that refer to samples by their old numbers
 * (sample groups, encryption) are dropped.
 */
const sampleBoxes = new Set([
  ...[
    'stts',
    'ctts',
    'cslg',
    'stsc',
    'stsz',
    'stz2',
    'stco',
    'co64',
    'stss',
    'stsh',
    'stdp',
    'sdtp',
  ],
  ...['sbgp', 'sgpd', 'subs', 'saiz', 'saio', 'padb'],
])
/** Types of the boxes between a track and the boxes that list its samples. */
const containers = new Set(['mdia', 'minf', 'stbl'])

/**
 * Writes a `moov` box that lists all samples of its tracks, so that a reader needs no fragments.
 *
 * @param shift - Number of bytes to add to each sample's position in the file.
 * @throws {RangeError} A time, size or position of a sample has too many bits for the tables of the box.
 */
export function serializeMovie({ bytes, box, tracks }: Movie, shift: number): Buffer {
  const beginSeconds = commonBeginning(tracks)
  const tracksByStart = new Map(tracks.map((track) => [track.box.start, track]))
  const children = childrenOf(bytes, box).flatMap((child) => {
    if (child.type === 'mvex') return []
    const track = tracksByStart.get(child.start)
    return [
      track
        ? serializeTrack(bytes, track, shift, beginSeconds)
        : bytes.subarray(child.start, child.end),
    ]
  })
  return boxOf('moov', children)
}

/**
 * First decoding time of a track, in ticks, above which times are shifted. The clock of such a
 * recording started long before, and whole seconds are subtracted from the times of all tracks.
 */
const longAgoTicks = 2 ** 30

/**
 * Returns the whole seconds that must be subtracted from the times of all tracks; 0 if all times fit into 32 bits
 * unchanged.
 */
function commonBeginning(tracks: readonly MovieTrack[]): number {
  const begun = tracks.filter(({ samples }) => samples.count > 0)
  if (begun.every(({ samples }) => samples.startTime < longAgoTicks)) return 0
  const seconds = begun.map(({ samples, timescale }) => samples.startTime / timescale)
  return Math.floor(Math.min(...seconds))
}

function serializeTrack(
  bytes: Buffer,
  track: MovieTrack,
  shift: number,
  beginSeconds: number,
): Buffer {
  const start = track.samples.startTime - beginSeconds * track.timescale
  const write = (box: Box): Buffer[] => {
    if (sampleBoxes.has(box.type)) return []
    const isOnPath = box === track.box || containers.has(box.type)
    if (!isOnPath) return [bytes.subarray(box.start, box.end)]
    const children = withoutRepeatedContainers(childrenOf(bytes, box)).flatMap(write)
    if (box.type === 'stbl') children.push(...sampleTables(track.samples, shift, start))
    return [boxOf(box.type, children)]
  }
  return Buffer.concat(write(track.box))
}

/** Leaves out repeated container boxes, because readers use the first one of each type. */
function withoutRepeatedContainers(boxes: readonly Box[]): Box[] {
  const seen = new Set<string>()
  return boxes.filter(({ type }) => {
    if (!containers.has(type)) return true
    const isFirst = !seen.has(type)
    seen.add(type)
    return isFirst
  })
}

/**
 * Returns the boxes that list the samples of a track.
 *
 * @param start - Decoding time of the first sample. It is added to the composition offsets, because the table itself
 *   begins at 0.
 */
function sampleTables(samples: SampleList, shift: number, start: number): Buffer[] {
  const { sizes, durations, compositionOffsets, isSync, chunkOffsets, chunkSampleCounts } = samples
  const tables = [
    tableOf('stts', runsOf(durations)),
    tableOf('stsc', chunkRuns(chunkSampleCounts)),
    fullBoxOf('stsz', 0, [0, sizes.length], numbers(sizes)),
    fullBoxOf('co64', 0, [chunkOffsets.length], wideNumbers(chunkOffsets, shift)),
  ]
  const offsets = start === 0 ? compositionOffsets : compositionOffsets.map((it) => it + start)
  if (offsets.some((offset) => offset !== 0)) {
    // Version 1: offsets are signed (section 8.6.1.3).
    tables.push(tableOf('ctts', runsOf(offsets), 1))
  }
  if (isSync.includes(false)) {
    const rows = isSync.flatMap((sync, index) => (sync ? [[index + 1]] : []))
    tables.push(tableOf('stss', rows))
  }
  return tables
}

/**
 * Returns the entries of a run-length table for one value of each sample: the number of samples in a row, and their
 * common value.
 */
function runsOf(values: readonly number[]): number[][] {
  const rows: number[][] = []
  for (const value of values) {
    const last = rows.at(-1)
    if (last?.[1] === value) last[0] = (last[0] ?? 0) + 1
    else rows.push([1, value])
  }
  return rows
}

/** Returns the entries of an `stsc` table: `first_chunk`, `samples_per_chunk`, `sample_description_index`. */
function chunkRuns(counts: readonly number[]): number[][] {
  const rows: number[][] = []
  for (const [index, count] of counts.entries()) {
    if (rows.at(-1)?.[1] !== count) rows.push([index + 1, count, 1])
  }
  return rows
}

function tableOf(type: string, rows: readonly (readonly number[])[], version = 0): Buffer {
  return fullBoxOf(type, version, [rows.length], numbers(rows.flat()))
}

function fullBoxOf(type: string, version: number, head: readonly number[], rows: Buffer): Buffer {
  return boxOf(type, [Buffer.of(version, 0, 0, 0), numbers(head), rows])
}

function boxOf(type: string, contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, { length }) => sum + length, 8)
  const header = Buffer.alloc(8)
  header.writeUInt32BE(size)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, ...contents], size)
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  // Negative offsets are written in two's complement.
  for (const [index, value] of values.entries()) {
    if (value < 0) bytes.writeInt32BE(value, 4 * index)
    else bytes.writeUInt32BE(value, 4 * index)
  }
  return bytes
}

function wideNumbers(values: readonly number[], shift: number): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  for (const [index, value] of values.entries()) {
    bytes.writeBigUInt64BE(BigInt(value + shift), 8 * index)
  }
  return bytes
}
