import { box, fullBox, u32 } from './box.js'

/** Fragment of a recorded file with which a decoder can begin. */
export interface EntryFragment {
  /** Time of presentation of the first sample of the track, in ticks. */
  readonly time: number
  /** Offset in bytes of the box `moof` of the fragment, from the beginning of the file. */
  readonly offset: number
}

const entryBytes = 8 + 8 + 3
const mfroBytes = 16

/**
 * Returns the box `mfra` for the end of a file, with which players find the key frames of one track (ISO/IEC 14496-12
 * section 8.8.9).
 */
export function randomAccess(trackId: number, entries: readonly EntryFragment[]): Buffer {
  const table = Buffer.alloc(entries.length * entryBytes)
  entries.forEach(({ time, offset }, index) => {
    let at = table.writeBigUInt64BE(BigInt(time), index * entryBytes)
    at = table.writeBigUInt64BE(BigInt(offset), at)
    // The key frame is the first sample of the first run of the track in its fragment.
    table.set([1, 1, 1], at)
  })
  const tfra = fullBox('tfra', 1, 0, u32(trackId, 0, entries.length), table)
  const mfra = box('mfra', tfra, fullBox('mfro', 0, 0, u32(0)))
  mfra.writeUInt32BE(mfra.length, mfra.length - mfroBytes + 12)
  return mfra
}

/**
 * Returns the size in bytes of the box `mfra`, which its last field states.
 *
 * @param tail - Last four bytes of the file.
 */
export const randomAccessBytes = (tail: Buffer): number =>
  tail.length === 4 ? tail.readUInt32BE(0) : 0
