import type { FileView } from '../file-view.js'

/**
 * A box of an MP4 file (ISO/IEC 14496-12 section 4.2). Positions are offsets in bytes from the start of the buffer or
 * file that was searched.
 */
export interface Box {
  readonly type: string
  readonly start: number
  /** Offset of the first byte after the header of the box. */
  readonly contentStart: number
  /** Position after the last byte, according to the header. The bytes at hand may end earlier. */
  readonly end: number
}

const shortHeaderBytes = 8
export const longHeaderBytes = 16

/**
 * Reads the header of a box.
 *
 * @param limit - End of the surrounding box or file, which is the end of a box with size 0.
 * @param position - Position in the file of the byte at `offset`. Default: `offset`.
 * @returns `undefined` if there are too few bytes, or the size is smaller than the header.
 */
export function boxAt(
  bytes: Buffer,
  offset: number,
  limit: number,
  position = offset,
): Box | undefined {
  if (offset + shortHeaderBytes > bytes.length) return undefined
  const size32 = bytes.readUInt32BE(offset)
  const type = bytes.toString('latin1', offset + 4, offset + 8)
  if (size32 === 0) {
    return { type, start: position, contentStart: position + shortHeaderBytes, end: limit }
  }
  const isLong = size32 === 1
  if (isLong && offset + longHeaderBytes > bytes.length) return undefined
  const size = isLong ? Number(bytes.readBigUInt64BE(offset + 8)) : size32
  const headerBytes = isLong ? longHeaderBytes : shortHeaderBytes
  if (size < headerBytes || !Number.isSafeInteger(position + size)) return undefined
  return { type, start: position, contentStart: position + headerBytes, end: position + size }
}

/**
 * Maximum number of boxes read inside one box; further ones are ignored. A box needs much more memory than its 8
 * bytes.
 */
const maxChildBoxes = 2 ** 16

/** Returns the boxes between the offsets `start` and `end`. The first incomplete box ends the list. */
export function boxesIn(bytes: Buffer, start: number, end: number): Box[] {
  const boxes: Box[] = []
  for (let offset = start; offset < end && boxes.length < maxChildBoxes; ) {
    const box = boxAt(bytes, offset, end)
    // A size of 0 means up to the end of the file, and is only valid for the last box of a file.
    if (!box || box.end > end || bytes.readUInt32BE(offset) === 0) break
    boxes.push(box)
    offset = box.end
  }
  return boxes
}

export function childrenOf(bytes: Buffer, box: Box): Box[] {
  return boxesIn(bytes, box.contentStart, box.end)
}

/**
 * Returns the box at the end of a path of box types, taking the first of each type; `undefined` if one is missing.
 */
export function findBox(bytes: Buffer, parent: Box, ...path: readonly string[]): Box | undefined {
  let found: Box | undefined = parent
  for (const type of path) {
    if (!found) return undefined
    found = childrenOf(bytes, found).find((box) => box.type === type)
  }
  return found
}

/** Maximum number of top-level boxes that are read; further ones are ignored. */
const maxTopLevelBoxes = 2 ** 20

/** Yields the top-level boxes of a file in order. The last one may extend beyond the end of the file. */
export async function* topLevelBoxes(file: FileView): AsyncGenerator<Box> {
  let offset = 0
  for (let count = 0; offset < file.sizeBytes && count < maxTopLevelBoxes; count++) {
    const end = Math.min(file.sizeBytes, offset + longHeaderBytes)
    const header = Buffer.from(await file.read(offset, end))
    const box = boxAt(header, 0, file.sizeBytes, offset)
    if (!box) return
    yield box
    offset = box.end
  }
}
