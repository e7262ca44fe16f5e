import { checkTrackCount } from '../file-failure.js'
import { type Box, boxAt, childrenOf, findBox } from './boxes.js'
import type { SampleList } from './sample-list.js'
import { readSamples } from './sample-table.js'

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
