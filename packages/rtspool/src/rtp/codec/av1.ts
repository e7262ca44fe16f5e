/** Types of OBUs (AV1 bitstream section 6.2.2) that are used here. */
export const av1ObuTypes = Object.freeze({
  sequenceHeader: 1,
  temporalDelimiter: 2,
  tileList: 8,
  padding: 15,
} as const)

const extensionBit = 0x04
const hasSizeBit = 0x02
const sizeBits = 7
const moreBit = 0x80
/** Maximum number of bytes of the size field of an OBU (AV1 bitstream section 4.10.5). */
const maxSizeBytes = 8

/** OBU (open bitstream unit), a part of an AV1 temporal unit. */
export interface Av1Obu {
  readonly type: number
  /** Header of the OBU without a size field: the bit that announces the field is not set. */
  readonly header: Uint8Array
  /** Payload of the OBU: a view of the temporal unit. */
  readonly payload: Uint8Array
}

/** Returns the type of an OBU by the first byte of its header. */
export const av1ObuTypeOf = (first: number): number => (first >> 3) & 0x0f

/**
 * Splits an AV1 temporal unit in the low-overhead format into its OBUs (AV1 bitstream section 5.2).
 *
 * @returns Views of the unit; `undefined` if a size does not fit.
 */
export function splitAv1TemporalUnit(unit: Uint8Array): Av1Obu[] | undefined {
  const obus: Av1Obu[] = []
  let offset = 0
  while (offset < unit.length) {
    const first = unit[offset] as number
    const headerBytes = first & extensionBit ? 2 : 1
    const header = Uint8Array.from(unit.subarray(offset, offset + headerBytes))
    header[0] = first & ~hasSizeBit
    let start = offset + headerBytes
    let end = unit.length
    if (first & hasSizeBit) {
      const size = readLeb128(unit, start)
      if (!size) return undefined
      start = size.end
      end = start + size.value
    }
    if (end > unit.length || start > end) return undefined
    obus.push({ type: av1ObuTypeOf(first), header, payload: unit.subarray(start, end) })
    offset = end
  }
  return obus
}

/** Writes a number in the variable length of AV1 (bitstream section 4.10.5). */
export function leb128(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 2 ** sizeBits
    rest = Math.floor(rest / 2 ** sizeBits)
    bytes.push(rest > 0 ? low | moreBit : low)
  } while (rest > 0)
  return Uint8Array.from(bytes)
}

function readLeb128(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = 0; index < maxSizeBytes; index++) {
    const byte = bytes[start + index]
    if (byte === undefined) return undefined
    value += (byte & ~moreBit) * 2 ** (sizeBits * index)
    if ((byte & moreBit) === 0) return { value, end: start + index + 1 }
  }
  return undefined
}
