import type { BitReader } from './bit-reader.js'

const extendedAspectRatio = 255
const mostCounts = 32

/**
 * Reads `max_num_reorder_frames` from the video usability information of H.264 (annex E.1.1).
 *
 * @returns 0 if the information does not contain it.
 */
export function reorderDepthOf(bits: BitReader): number {
  if (bits.read(1) === 1 && bits.read(8) === extendedAspectRatio) bits.skip(16 + 16)
  if (bits.read(1) === 1) bits.skip(1)
  if (bits.read(1) === 1) {
    bits.skip(3 + 1)
    if (bits.read(1) === 1) bits.skip(8 + 8 + 8)
  }
  if (bits.read(1) === 1) skipUe(bits, 2)
  if (bits.read(1) === 1) bits.skip(32 + 32 + 1)
  const hasNal = skipReferenceDecoder(bits)
  const hasVcl = skipReferenceDecoder(bits)
  if (hasNal || hasVcl) bits.skip(1)
  bits.skip(1)
  if (bits.read(1) !== 1) return 0
  bits.skip(1)
  skipUe(bits, 4)
  const depth = bits.readUe()
  return bits.isPastEnd ? 0 : depth
}

/**
 * Skips the parameters of a hypothetical reference decoder (HRD). @returns Whether there were any.
 */
function skipReferenceDecoder(bits: BitReader): boolean {
  if (bits.read(1) === 0) return false
  const counts = Math.min(bits.readUe() + 1, mostCounts)
  bits.skip(4 + 4)
  for (let index = 0; index < counts; index++) {
    skipUe(bits, 2)
    bits.skip(1)
  }
  bits.skip(5 + 5 + 5 + 5)
  return true
}

function skipUe(bits: BitReader, count: number): void {
  for (let index = 0; index < count; index++) bits.readUe()
}
