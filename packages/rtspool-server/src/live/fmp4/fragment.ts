import { boxHeaderBytes } from './box.js'
import { trackId } from './init-segment.js'

/** One picture or frame of sound in a fragment. */
export interface Sample {
  /** Pieces of the sample's bytes, which are joined in the fragment. */
  readonly pieces: readonly Uint8Array[]
  readonly sizeBytes: number
  /** Ticks to the next sample in decoding order. */
  readonly duration: number
  /** Ticks from the decoding time to the time of presentation; may be negative. */
  readonly compositionOffset: number
  /** True if a decoder can begin with the sample. */
  readonly isSync: boolean
}

const mfhdBytes = 16
const tfhdBytes = 16
const tfdtBytes = 20
const trunBytes = 20
const sampleEntryBytes = 16
const fixedBytes = boxHeaderBytes + mfhdBytes + boxHeaderBytes + tfhdBytes + tfdtBytes + trunBytes
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

/** Returns the size of the fragment of these samples in bytes. */
export function fragmentBytes(samples: readonly Sample[]): number {
  let sizeBytes = fixedBytes + boxHeaderBytes
  for (const sample of samples) sizeBytes += sampleEntryBytes + sample.sizeBytes
  return sizeBytes
}

/**
 * Writes an MP4 fragment: `moof` and `mdat` (ISO/IEC 14496-12 section 8.8).
 *
 * ```text
 *  moof { mfhd, traf { tfhd, tfdt: decoding time of the first, trun: duration size flags offset of each } } mdat
 * ```
 *
 * @param target - Buffer with room for {@link fragmentBytes} from `offset` on.
 * @param sequenceNumber - Number of the fragment, modulo 2^32.
 * @param decodeTime - Decoding time of the first sample in ticks: a whole number of at least 0.
 */
export function writeFragment(
  target: Buffer,
  offset: number,
  sequenceNumber: number,
  decodeTime: number,
  samples: readonly Sample[],
): void {
  const trafBytes = boxHeaderBytes + tfhdBytes + tfdtBytes + trunBytes
  const entriesBytes = samples.length * sampleEntryBytes
  const moofBytes = fixedBytes + entriesBytes
  let at = header(target, offset, moofBytes, 'moof')
  at = header(target, at, mfhdBytes, 'mfhd')
  at = target.writeUInt32BE(0, at)
  at = target.writeUInt32BE(sequenceNumber >>> 0, at)
  at = header(target, at, trafBytes + entriesBytes, 'traf')
  at = header(target, at, tfhdBytes, 'tfhd')
  at = target.writeUInt32BE(defaultBaseIsMoof, at)
  at = target.writeUInt32BE(trackId, at)
  at = header(target, at, tfdtBytes, 'tfdt')
  at = target.writeUInt32BE(version1, at)
  at = target.writeBigUInt64BE(BigInt(decodeTime), at)
  at = header(target, at, trunBytes + entriesBytes, 'trun')
  at = target.writeUInt32BE(version1 + trunFlags, at)
  at = target.writeUInt32BE(samples.length, at)
  at = target.writeInt32BE(moofBytes + boxHeaderBytes, at)
  for (const { duration, sizeBytes, isSync, compositionOffset } of samples) {
    at = target.writeUInt32BE(duration, at)
    at = target.writeUInt32BE(sizeBytes, at)
    at = target.writeUInt32BE(isSync ? syncSample : otherSample, at)
    at = target.writeInt32BE(compositionOffset, at)
  }
  const dataBytes = samples.reduce((sum, sample) => sum + sample.sizeBytes, 0)
  at = header(target, at, boxHeaderBytes + dataBytes, 'mdat')
  for (const { pieces } of samples) {
    for (const piece of pieces) {
      target.set(piece, at)
      at += piece.length
    }
  }
}

function header(target: Buffer, at: number, sizeBytes: number, type: string): number {
  target.writeUInt32BE(sizeBytes, at)
  return at + 4 + target.write(type, at + 4, 'latin1')
}
