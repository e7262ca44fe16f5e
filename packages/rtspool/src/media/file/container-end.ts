import type { FileView } from './file-view.js'
import { elementAt, elementIds } from './matroska/ebml.js'

const headBytes = 4096
/** Sizes in a RIFF header that mean an unknown size, left by writers that cannot go back and fill in the real one. */
const unknownRiffSizes = [0, 0xffff_ffff]
const riffHeaderBytes = 8

/**
 * Returns whether a Matroska, WebM or WAVE file was cut off: whether it is shorter than its container says.
 *
 * Returns `false` for other formats. The index of an MP4 shows the missing samples, and MPEG-TS has no end of its
 * own.
 */
export async function isCutOff(file: FileView): Promise<boolean> {
  const head = Buffer.from(await file.read(0, Math.min(file.sizeBytes, headBytes)))
  if (head.length < 12) return false
  const end = head.toString('latin1', 0, 4) === 'RIFF' ? endOfRiff(head) : endOfSegment(head)
  return end !== undefined && end > file.sizeBytes
}

function endOfRiff(head: Buffer): number | undefined {
  const size = head.readUInt32LE(4)
  if (unknownRiffSizes.includes(size)) return undefined
  // The last padding byte may be missing.
  return riffHeaderBytes + size - (size % 2)
}

/**
 * Returns the position in the file after the Segment element of a Matroska file; `undefined` if its size is unknown.
 */
function endOfSegment(head: Buffer): number | undefined {
  const header = elementAt(head, 0)
  if (header?.id !== elementIds.ebml || header.end === undefined) return undefined
  const segment = elementAt(head.subarray(header.end), header.end)
  return segment?.id === elementIds.segment ? segment.end : undefined
}
