/** Types of NAL units of H.264 (table 7-1) and of RFC 6184. */
export const nalTypes = Object.freeze({ sps: 7, pps: 8, accessUnitDelimiter: 9, fuA: 28 })

const nalTypeMask = 0x1f
const forbiddenAndNriMask = 0xe0
const startBit = 0x80
const endBit = 0x40
/** Number of bytes in front of each fragment of a NAL unit: FU indicator and FU header (RFC 6184 section 5.8). */
const fuHeaderBytes = 2

/** NAL unit of H.264, or a fragment of one, as the payload of an RTP packet. */
export interface NalPiece {
  readonly payload: Buffer
  /** Type of the NAL unit, also in a fragment. */
  readonly type: number
  /** True for the last piece of the access unit. */
  readonly isLastOfUnit: boolean
}

/** Returns the type of a NAL unit. */
export const nalTypeOf = (unit: Buffer): number => (unit[0] ?? 0) & nalTypeMask

/** Returns payloads for an access unit: each NAL unit alone, or in fragments (FU-A). */
export const nalPiecesOf = (units: readonly Buffer[], maxBytes: number): readonly NalPiece[] =>
  units.flatMap((unit, index) => {
    const isLastOfUnit = index === units.length - 1
    if (unit.length > maxBytes) return fragmentsOf(unit, maxBytes, isLastOfUnit)
    return [{ payload: unit, type: nalTypeOf(unit), isLastOfUnit }]
  })

/** Returns the fragments of a NAL unit; one that fits in a packet has start and end set. */
export function fragmentsOf(unit: Buffer, maxBytes: number, isLast: boolean): NalPiece[] {
  const pieceBytes = maxBytes - fuHeaderBytes
  const type = nalTypeOf(unit)
  const indicator = ((unit[0] ?? 0) & forbiddenAndNriMask) | nalTypes.fuA
  const pieces: NalPiece[] = []
  for (let start = 1; start < unit.length; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, unit.length)
    const isEnd = end === unit.length
    const flags = (start === 1 ? startBit : 0) | (isEnd ? endBit : 0)
    const header = Buffer.from([indicator, flags | type])
    const payload = Buffer.concat([header, unit.subarray(start, end)])
    pieces.push({ payload, type, isLastOfUnit: isLast && isEnd })
  }
  return pieces
}
