import { payloadKinds } from '../payload-kinds.js'

/** `recovery_point()` in H.264 table D.1 and H.265 table D.1. */
const recoveryPointType = 6
/** Encoders sign their name (x264: 700 bytes); what lies behind more is not looked for. */
const maxScannedBytes = 2048
const firstBit = 0x80

/**
 * Looks for a recovery point among the messages of an SEI unit (H.264 section 7.3.2.3, H.265 section 7.3.5).
 *
 * ```text
 *  { FF* type } { FF* size } payload … 80         00 00 03 stands for 00 00
 * ```
 *
 * @param start - Behind the header of the unit.
 * @returns `recovery`, `gradual`, or 0 when there is none.
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

/** `recovery_frame_cnt` and `recovery_poc_cnt` come first: Exp-Golomb, so that 0 is a single 1. */
function kindOfCount(bytes: Uint8Array, offset: number, end: number): number {
  const isAtOnce = offset < end && ((bytes[offset] ?? 0) & firstBit) !== 0
  return isAtOnce ? payloadKinds.recovery : payloadKinds.gradual
}
