import { boxHeaderBytes } from './box.js'

/** Entry of one sample in the head of a fragment. Times are in ticks of the track's timescale. */
export interface SampleEntry {
  readonly sizeBytes: number
  /** Ticks from the decoding time of the sample to that of the next one. */
  readonly duration: number
  /** Ticks from the decoding time of the sample to its time of presentation; may be negative. */
  readonly compositionOffset: number
  /** True if a decoder can begin with the sample. */
  readonly isSync: boolean
}

/** One sample of a fragment: a picture, or a frame of sound. */
export interface Sample extends SampleEntry {
  /** Bytes of the sample in pieces, which are joined in the fragment. */
  readonly pieces: readonly Uint8Array[]
}

/** Entries of the samples of one track that follow one another without a gap. */
export interface RunEntries {
  /** Number of the track in the init segment, from 1. */
  readonly trackId: number
  /** Decoding time of the first sample in ticks, a whole number of at least 0. */
  readonly decodeTime: number
  readonly samples: readonly SampleEntry[]
}

/** Samples of one track that follow one another without a gap. */
export interface TrackRun extends RunEntries {
  readonly samples: readonly Sample[]
}

const mfhdBytes = 16
const tfhdBytes = 16
const tfdtBytes = 20
const trunBytes = 20
const sampleEntryBytes = 16
const trafBytes = boxHeaderBytes + tfhdBytes + tfdtBytes + trunBytes
const version1 = 2 ** 24
const defaultBaseIsMoof = 0x02_0000
/**
 * Flags of the box `trun`: it contains a data offset, and duration, size, flags and composition
 * offset of each sample.
 */
const trunFlags = 0x0001 | 0x0100 | 0x0200 | 0x0400 | 0x0800
/** Sample flags of a sample that depends on no other sample. */
const syncSample = 0x0200_0000
/** Sample flags of a sample that depends on others, and is no sync sample. */
const otherSample = 0x0101_0000

/**
 * Returns the size in bytes of the fragment that {@link writeFragment} writes.
 *
 * @param runs - At most one of each track.
 */
export const fragmentBytes = (runs: readonly TrackRun[]): number =>
  fragmentHeadBytes(runs) + runs.reduce((sum, run) => sum + dataBytesOf(run), 0)

/** Returns the bytes that {@link writeFragmentHead} writes: the fragment without its samples. */
export const fragmentHeadBytes = (runs: readonly RunEntries[]): number =>
  moofBytesOf(runs) + boxHeaderBytes

function moofBytesOf(runs: readonly RunEntries[]): number {
  let sizeBytes = boxHeaderBytes + mfhdBytes
  for (const { samples } of runs) sizeBytes += trafBytes + samples.length * sampleEntryBytes
  return sizeBytes
}

const dataBytesOf = ({ samples }: RunEntries): number =>
  samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

/**
 * Writes an MP4 fragment: `moof` and `mdat` (ISO/IEC 14496-12 section 8.8).
 *
 * ```text
 *  moof { mfhd, traf { tfhd, tfdt: decoding time of the first, trun: duration size flags offset of each }, … } mdat
 * ```
 *
 * @param target - Buffer with room for {@link fragmentBytes} from `offset` on.
 * @param sequenceNumber - Number of the fragment, modulo 2^32.
 * @param runs - At most one of each track.
 */
export function writeFragment(
  target: Buffer,
  offset: number,
  sequenceNumber: number,
  runs: readonly TrackRun[],
): void {
  let at = writeFragmentHead(target, offset, sequenceNumber, runs)
  for (const { samples } of runs) at = writeData(target, at, samples)
}

/**
 * Writes the head of an MP4 fragment: the `moof`, and the header of the `mdat`. The bytes of all samples must follow, run
 * by run.
 *
 * @param target - Buffer with room for {@link fragmentHeadBytes} from `offset` on.
 * @param sequenceNumber - Number of the fragment, modulo 2^32.
 * @param runs - At most one of each track.
 * @returns The end of the head in the buffer.
 */
export function writeFragmentHead(
  target: Buffer,
  offset: number,
  sequenceNumber: number,
  runs: readonly RunEntries[],
): number {
  const moofBytes = moofBytesOf(runs)
  let at = header(target, offset, moofBytes, 'moof')
  at = header(target, at, mfhdBytes, 'mfhd')
  at = target.writeUInt32BE(0, at)
  at = target.writeUInt32BE(sequenceNumber >>> 0, at)
  let dataOffset = moofBytes + boxHeaderBytes
  for (const run of runs) {
    at = writeTrackFragment(target, at, run, dataOffset)
    dataOffset += dataBytesOf(run)
  }
  return header(target, at, dataOffset - moofBytes, 'mdat')
}

/**
 * Writes the box `traf` of one track, and returns its end in `target`.
 *
 * @param dataOffset - Bytes from the beginning of the `moof` to the first sample of the track.
 */
function writeTrackFragment(
  target: Buffer,
  offset: number,
  { trackId, decodeTime, samples }: RunEntries,
  dataOffset: number,
): number {
  const entriesBytes = samples.length * sampleEntryBytes
  let at = header(target, offset, trafBytes + entriesBytes, 'traf')
  at = header(target, at, tfhdBytes, 'tfhd')
  at = target.writeUInt32BE(defaultBaseIsMoof, at)
  at = target.writeUInt32BE(trackId, at)
  at = header(target, at, tfdtBytes, 'tfdt')
  at = target.writeUInt32BE(version1, at)
  at = target.writeBigUInt64BE(BigInt(decodeTime), at)
  at = header(target, at, trunBytes + entriesBytes, 'trun')
  at = target.writeUInt32BE(version1 + trunFlags, at)
  at = target.writeUInt32BE(samples.length, at)
  at = target.writeInt32BE(dataOffset, at)
  for (const { duration, sizeBytes, isSync, compositionOffset } of samples) {
    at = target.writeUInt32BE(duration, at)
    at = target.writeUInt32BE(sizeBytes, at)
    at = target.writeUInt32BE(isSync ? syncSample : otherSample, at)
    at = target.writeInt32BE(compositionOffset, at)
  }
  return at
}

function writeData(target: Buffer, offset: number, samples: readonly Sample[]): number {
  let at = offset
  for (const { pieces } of samples) {
    for (const piece of pieces) {
      target.set(piece, at)
      at += piece.length
    }
  }
  return at
}

function header(target: Buffer, at: number, sizeBytes: number, type: string): number {
  target.writeUInt32BE(sizeBytes, at)
  return at + 4 + target.write(type, at + 4, 'latin1')
}
