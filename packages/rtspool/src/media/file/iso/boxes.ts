import type { FileView } from '../file-view.js'

/**
 * A box (ISO/IEC 14496-12 section 4.2); positions are offsets in the bytes that contain the box.
 */
export interface Box {
  readonly type: string
  readonly start: number
  /** Position of the first byte after the header. */
  readonly contentStart: number
  /** Position after the last byte, according to the header; the bytes may end earlier. */
  readonly end: number
}

const shortHeaderBytes = 8
export const longHeaderBytes = 16

/**
 * Reads the header of a box.
 *
 * @param limit - Position after the last byte of the surrounding box or file, used for a size of 0.
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

/** Maximum number of child boxes to read: each needs much more memory than its 8 bytes. */
const maxChildBoxes = 2 ** 16

/** Returns the boxes from `start` up to `end`, as far as they are complete. */
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

/** Returns the first box at the end of a path of types; `undefined` if one is missing. */
export function findBox(bytes: Buffer, parent: Box, ...path: readonly string[]): Box | undefined {
  let found: Box | undefined = parent
  for (const type of path) {
    if (!found) return undefined
    found = childrenOf(bytes, found).find((box) => box.type === type)
  }
  return found
}

/** Maximum number of top-level boxes to read. */
const maxTopLevelBoxes = 2 ** 20

/**
 * Yields the top-level boxes of a file in order; the last one may reach beyond the end of the file.
 */
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
