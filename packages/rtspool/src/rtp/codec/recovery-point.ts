import { payloadKinds } from '../payload-kinds.js'

/** Type of the SEI message `recovery_point()` in H.264 table D.1 and H.265 table D.1. */
const recoveryPointType = 6
/**
 * Maximum number of bytes of an SEI unit that are searched. Encoders put long messages there (x264:
 * 700 bytes).
 */
const maxScannedBytes = 2048
const firstBit = 0x80

/**
 * Searches an SEI unit for a recovery point message (H.264 section 7.3.2.3, H.265 section 7.3.5).
 *
 * ```text
 *  { FF* type } { FF* size } payload … 80         00 00 03 stands for 00 00
 * ```
 *
 * @param start - Offset after the header of the unit.
 * @returns `recovery` or `gradual` of {@link payloadKinds}; 0 if there is no such message.
 */
export function recoveryKindOf(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + maxScannedBytes)
  let zeros = 0
  let type = 0
  let sizeBytes = 0
  let isSize = false
  let skippedBytes = 0
  for (let offset = start; offset < limit; offset++) {
    const byte = bytes[offset] ?? 0
    const isPrevention = zeros >= 2 && byte === 3
    zeros = byte === 0 ? zeros + 1 : 0
    if (isPrevention) continue
    if (skippedBytes > 0) {
      skippedBytes--
    } else if (!isSize) {
      type += byte
      isSize = byte !== 0xff
    } else {
      sizeBytes += byte
      if (byte === 0xff) continue
      if (type === recoveryPointType) return kindOfCount(bytes, offset + 1, end)
      skippedBytes = sizeBytes
      type = 0
      sizeBytes = 0
      isSize = false
    }
  }
  return 0
}

/**
 * Reads the first field of a recovery point message, `recovery_frame_cnt` or `recovery_poc_cnt`. It is an Exp-Golomb
 * number, so 0 is a single 1 bit.
 */
function kindOfCount(bytes: Uint8Array, offset: number, end: number): number {
  const isAtOnce = offset < end && ((bytes[offset] ?? 0) & firstBit) !== 0
  return isAtOnce ? payloadKinds.recovery : payloadKinds.gradual
}
