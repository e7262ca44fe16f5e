import type { FileView } from './file-view.js'

const headBytes = 4096
const ebmlId = 0x1a45dfa3
const segmentId = 0x18538067
/** Writers that cannot go back leave one of these for a size. */
const unknownRiffSizes = [0, 0xffff_ffff]
const riffHeaderBytes = 8

/**
 * Whether a file ends before its container says: Matroska, WebM or WAVE that was cut off.
 *
 * Of MP4 the index of samples tells it; MPEG-TS has no end of its own.
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
  // A last byte of padding may be missing.
  return riffHeaderBytes + size - (size % 2)
}

/** RFC 8794 section 4: an element has an id, a size of variable length, and content. */
function endOfSegment(head: Buffer): number | undefined {
  if (head.readUInt32BE(0) !== ebmlId) return undefined
  const header = sizeAt(head, 4)
  const segment = header?.value === undefined ? -1 : header.end + header.value
  if (segment < 0 || segment + 4 > head.length) return undefined
  if (head.readUInt32BE(segment) !== segmentId) return undefined
  const size = sizeAt(head, segment + 4)
  return size?.value === undefined ? undefined : size.end + size.value
}

/** @returns Position behind the size, and the size: `undefined` where it is unknown (all bits are 1). */
function sizeAt(bytes: Buffer, at: number): { end: number; value: number | undefined } | undefined {
  const first = bytes[at]
  if (!first) return undefined
  const length = Math.clz32(first) - 23
  if (at + length > bytes.length) return undefined
  let value = first & (0xff >> length)
  let isUnknown = value === 0xff >> length
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index] as number
    isUnknown &&= byte === 0xff
    value = value * 256 + byte
  }
  return { end: at + length, value: isUnknown ? undefined : value }
}
