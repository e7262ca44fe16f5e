/** Part of an MP4 box: bytes, or a box inside it. */
export type BoxPart = Uint8Array

/** Builds an MP4 box (ISO/IEC 14496-12 section 4.2). */
export function box(type: string, ...parts: readonly BoxPart[]): Buffer {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, boxHeaderBytes)
  return Buffer.concat([u32(sizeBytes), Buffer.from(type, 'latin1'), ...parts], sizeBytes)
}

/** Builds an MP4 box with version and flags (FullBox). */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly BoxPart[]
): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...parts)
}

export const boxHeaderBytes = 8

export const u8 = (...values: readonly number[]): Buffer => Buffer.from(values)

export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2)
  values.forEach((value, index) => {
    bytes.writeUInt16BE(value, index * 2)
  })
  return bytes
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4)
  })
  return bytes
}

export const zeros = (countBytes: number): Buffer => Buffer.alloc(countBytes)
