import { type Box, boxAt, childrenOf } from './boxes.js'
import type { SampleDefaults } from './movie.js'
import type { SampleList } from './sample-list.js'
import { safeNumber } from './sample-table.js'

/** A track of an MP4 file to whose samples those of its fragments are added. */
export interface FragmentTrack {
  readonly defaults: SampleDefaults
  readonly samples: SampleList
}

/** Bits of the `flags` field of TrackFragmentHeaderBox (ISO/IEC 14496-12 section 8.8.7). */
const tfhdFlags = {
  baseDataOffset: 0x01,
  sampleDescriptionIndex: 0x02,
  defaultDuration: 0x08,
  defaultSize: 0x10,
  defaultFlags: 0x20,
  defaultBaseIsMoof: 0x02_0000,
} as const
/** Bits of the `flags` field of TrackRunBox (section 8.8.8). */
const trunFlags = {
  dataOffset: 0x001,
  firstSampleFlags: 0x004,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  compositionOffset: 0x800,
} as const
/** Bit `sample_is_non_sync_sample` in the flags of a sample (section 8.8.3.1). */
const isNonSync = 0x01_0000
const fullBoxBytes = 4

/** Reads the fields of a box one after the other. Throws a RangeError at the end of the box. */
class Fields {
  readonly flags: number
  readonly #bytes: Buffer
  readonly #box: Box
  #at: number

  constructor(bytes: Buffer, box: Box) {
    this.#bytes = bytes
    this.#box = box
    this.#at = box.contentStart + fullBoxBytes
    if (this.#at > box.end) throw new RangeError(`${box.type}: expected flags`)
    this.flags = bytes.readUInt32BE(box.contentStart) & 0xff_ffff
  }

  get version(): number {
    return this.#bytes[this.#box.contentStart] ?? 0
  }

  get leftBytes(): number {
    return this.#box.end - this.#at
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  uint64(): number {
    return safeNumber(this.#bytes.readBigUInt64BE(this.#take(8)))
  }

  #take(count: number): number {
    const at = this.#at
    this.#at += count
    if (this.#at > this.#box.end) throw new RangeError(`${this.#box.type}: expected more bytes`)
    return at
  }
}

/**
 * Adds the samples of a `moof` box (section 8.8.4) to their tracks.
 *
 * @param bytes - The box, starting at its header.
 * @param position - Position of the box in the file.
 * @param maxSamples - Maximum number of samples of all tracks together.
 * @throws {RangeError} The box is cut off, inconsistent, or has too many samples. Samples before the fault have been
 *   added.
 */
export function addFragment(
  bytes: Buffer,
  position: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
  maxSamples: number,
): void {
  const box = boxAt(bytes, 0, bytes.length)
  if (box?.type !== 'moof' || box.end > bytes.length) throw new RangeError('moof: expected a box')
  let left = maxSamples
  let dataEnd = position
  for (const child of childrenOf(bytes, box)) {
    if (child.type !== 'traf') continue
    const added = addTrackFragment(bytes, child, { position, dataEnd, tracks, maxSamples: left })
    left -= added.count
    dataEnd = added.dataEnd
  }
}

interface Surroundings {
  /** Position of the `moof` box in the file. */
  readonly position: number
  /**
   * Position in the file after the media data of the previous track fragment (`traf`). The data of the next one begin
   * there by default.
   */
  readonly dataEnd: number
  readonly tracks: ReadonlyMap<number, FragmentTrack>
  readonly maxSamples: number
}

function addTrackFragment(bytes: Buffer, box: Box, around: Surroundings) {
  const children = childrenOf(bytes, box)
  const headerBox = children.find(({ type }) => type === 'tfhd')
  if (!headerBox) throw new RangeError('traf: expected a tfhd')
  const header = new Fields(bytes, headerBox)
  const track = around.tracks.get(header.uint32())
  let base: number = around.dataEnd
  if (header.has(tfhdFlags.baseDataOffset)) base = header.uint64()
  else if (header.has(tfhdFlags.defaultBaseIsMoof)) base = around.position
  if (header.has(tfhdFlags.sampleDescriptionIndex)) header.uint32()
  const defaults: SampleDefaults = {
    duration: header.has(tfhdFlags.defaultDuration)
      ? header.uint32()
      : (track?.defaults.duration ?? 0),
    size: header.has(tfhdFlags.defaultSize) ? header.uint32() : (track?.defaults.size ?? 0),
    flags: header.has(tfhdFlags.defaultFlags) ? header.uint32() : (track?.defaults.flags ?? 0),
  }
  const timeBox = children.find(({ type }) => type === 'tfdt')
  if (timeBox && track) {
    const time = new Fields(bytes, timeBox)
    track.samples.continueAt(time.version === 1 ? time.uint64() : time.uint32())
  }
  let dataEnd = base
  let count = 0
  for (const run of children) {
    if (run.type !== 'trun') continue
    const left = around.maxSamples - count
    const added = addRun(
      new Fields(bytes, run),
      { base, dataEnd, defaults, maxSamples: left },
      track,
    )
    dataEnd = added.dataEnd
    count += added.count
  }
  return { dataEnd, count }
}

interface RunSurroundings {
  readonly base: number
  readonly dataEnd: number
  readonly defaults: SampleDefaults
  readonly maxSamples: number
}

function addRun(run: Fields, around: RunSurroundings, track: FragmentTrack | undefined) {
  const { base, defaults } = around
  const count = run.uint32()
  let offset = run.has(trunFlags.dataOffset) ? base + run.int32() : around.dataEnd
  const firstFlags = run.has(trunFlags.firstSampleFlags) ? run.uint32() : undefined
  const perSample = [
    trunFlags.duration,
    trunFlags.size,
    trunFlags.flags,
    trunFlags.compositionOffset,
  ].filter((flag) => run.has(flag)).length
  if (count > around.maxSamples || count * perSample * 4 > run.leftBytes || offset < 0) {
    throw new RangeError(`trun: expected ${count} samples, and not more than ${around.maxSamples}`)
  }
  for (let index = 0; index < count; index++) {
    const duration = run.has(trunFlags.duration) ? run.uint32() : defaults.duration
    const size = run.has(trunFlags.size) ? run.uint32() : defaults.size
    let flags = run.has(trunFlags.flags) ? run.uint32() : defaults.flags
    if (index === 0 && firstFlags !== undefined) flags = firstFlags
    // Version 0 means unsigned offsets, but some writers put negative ones there, and no real
    // offset needs the highest bit.
    const compositionOffset = run.has(trunFlags.compositionOffset) ? run.int32() : 0
    track?.samples.add(offset, size, duration, compositionOffset, (flags & isNonSync) === 0)
    offset += size
  }
  return { dataEnd: offset, count }
}
