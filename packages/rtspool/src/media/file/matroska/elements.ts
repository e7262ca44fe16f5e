/** An element of EBML (RFC 8794 section 4): positions in the file. */
export interface Element {
  readonly id: number
  /** Position and length in bytes of the size field. */
  readonly sizeStart: number
  readonly sizeBytes: number
  readonly contentStart: number
  /** Position after the content; `undefined` if the size is unknown. */
  readonly end: number | undefined
}

/** Ids used here, including the bits that give their length. */
export const elementIds = Object.freeze({
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
} as const)

/** Bytes of the longest id and the longest size. */
export const longestHeaderBytes = 4 + 8

/**
 * Reads the header of an element.
 *
 * @param position - Position of the first byte in the file.
 * @returns `undefined` if there are too few bytes, or they are no header.
 */
export function elementAt(bytes: Uint8Array, position: number): Element | undefined {
  const idBytes = lengthOf(bytes[0])
  if (idBytes === undefined || idBytes > 4) return undefined
  const sizeBytes = lengthOf(bytes[idBytes])
  if (sizeBytes === undefined || idBytes + sizeBytes > bytes.length) return undefined
  let id = 0
  for (let index = 0; index < idBytes; index++) id = id * 256 + (bytes[index] as number)
  let size = (bytes[idBytes] as number) & (0xff >> sizeBytes)
  let isUnknown = size === 0xff >> sizeBytes
  for (let index = 1; index < sizeBytes; index++) {
    const byte = bytes[idBytes + index] as number
    isUnknown &&= byte === 0xff
    size = size * 256 + byte
  }
  const sizeStart = position + idBytes
  const contentStart = sizeStart + sizeBytes
  return {
    id,
    sizeStart,
    sizeBytes,
    contentStart,
    end: isUnknown ? undefined : contentStart + size,
  }
}

/** Returns the length of a variable-length number in bytes; `undefined` above 8. */
function lengthOf(first: number | undefined): number | undefined {
  return first ? Math.clz32(first) - 23 : undefined
}

/** Writes a size into as many bytes as the previous one had; the size must not be larger. */
export function sizeOf(value: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes)
  let rest = value
  for (let index = sizeBytes - 1; index >= 0; index--) {
    bytes[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes[0] = (bytes[0] as number) | (0x80 >> (sizeBytes - 1))
  return bytes
}
