import { types } from 'node:util'

/**
 * The bytes of any `Uint8Array` as a `Buffer`: itself, or a view of the same memory. Costs one check for a `Buffer`.
 *
 * @returns `undefined` for everything else, other views of an `ArrayBuffer` among them: of those the byte order decides
 * what they hold.
 */
export function bufferOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value
  // Not instanceof: the array may be of another realm, as in tests that Jest runs.
  if (!types.isUint8Array(value)) return undefined
  const { buffer, byteOffset, byteLength } = value
  // Also of one that was transferred to another thread, of which no view can be made.
  if (byteLength === 0) return Buffer.alloc(0)
  return Buffer.from(buffer, byteOffset, byteLength)
}
