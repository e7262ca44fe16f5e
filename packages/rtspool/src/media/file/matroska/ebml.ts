/** An EBML element (RFC 8794 section 4). Positions count from the start of the file. */
export interface Element {
  readonly id: number
  /** Position in the file of the field with the element's size; `sizeBytes` is the field's length. */
  readonly sizeStart: number
  readonly sizeBytes: number
  readonly contentStart: number
  /** Position in the file after the element's content; `undefined` if the size is unknown. */
  readonly end: number | undefined
}

/** IDs of the elements used here, including the bits that give the length of the ID. */
export const elementIds = Object.freeze({
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
} as const)

/** Maximum bytes of an element's header: the longest ID and the longest size field. */
export const longestHeaderBytes = 4 + 8

/**
 * Reads the header of an element.
 *
 * @param bytes - Bytes of the file, beginning with the header.
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

/** Returns the length in bytes of a variable-length number, from its first byte; `undefined` above 8. */
function lengthOf(first: number | undefined): number | undefined {
  return first ? Math.clz32(first) - 23 : undefined
}

/** Encodes the size of an element as a field of `sizeBytes` bytes. The value must be below 2^(7 × `sizeBytes`) - 1. */
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
