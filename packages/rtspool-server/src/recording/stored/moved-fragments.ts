import type { FileReader } from './file-reader.js'
import { boxHeaderAt, mediaTimeOffset, readBox, runsOf } from './fragment-index.js'

/** Maximum bytes of media data that are read and yielded at once. */
const maxPieceBytes = 256 * 1024

/** Part of a recorded file that consists of whole fragments. */
export interface FragmentRange {
  /** Offset in bytes in the file of the first fragment; `to` is the offset of the end of the last fragment. */
  readonly from: number
  readonly to: number
}

/**
 * Yields the bytes of fragments, piece by piece, with `shiftMs` added to their decoding times; times stay at least 0.
 *
 * @param timescales - Ticks per second by track id.
 * @param shiftMs - Milliseconds to add; negative = earlier.
 * @throws {RangeError} The file is shorter than it was.
 */
export async function* movedFragments(
  reader: FileReader,
  { from, to }: FragmentRange,
  timescales: ReadonlyMap<number, number>,
  shiftMs: number,
): AsyncGenerator<Buffer, void, void> {
  const move = (bytes: Buffer, at: number, trackId: number): void => {
    const ticks = Math.round((shiftMs * (timescales.get(trackId) ?? 1)) / 1000)
    const time = Number(bytes.readBigUInt64BE(at)) + ticks
    bytes.writeBigUInt64BE(BigInt(Math.max(0, time)), at)
  }
  for (let at = from; at < to; ) {
    const { type, sizeBytes } = await boxHeaderAt(reader, at)
    if (type === 'prft' || type === 'moof') {
      const bytes = Buffer.from(await readBox(reader, at, sizeBytes))
      if (type === 'prft') move(bytes, mediaTimeOffset, bytes.readUInt32BE(12))
      else for (const { trackId, timeOffset } of runsOf(bytes)) move(bytes, timeOffset, trackId)
      yield bytes
    } else {
      for (let done = 0; done < sizeBytes; done += maxPieceBytes) {
        yield await reader.read(at + done, Math.min(maxPieceBytes, sizeBytes - done))
      }
    }
    at += sizeBytes
  }
}
