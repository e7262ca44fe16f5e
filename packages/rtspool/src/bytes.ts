import { types } from 'node:util'

/**
 * Returns the bytes of any `Uint8Array` as a `Buffer`: itself, or a view of the same memory. Memory that can be resized
 * is copied, because a view would outlive the end of memory that shrinks. Costs one check for a `Buffer`.
 *
 * @returns `undefined` for other values. These include other views of an `ArrayBuffer`, whose
 *   contents depend on the byte order.
 */
export function bufferOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value
  // Not instanceof: the array may come from another realm, as in tests under Jest.
  if (!types.isUint8Array(value)) return undefined
  const { buffer, byteOffset, byteLength } = value
  // Also for an array transferred to another thread, of which no view can be made.
  if (byteLength === 0) return Buffer.alloc(0)
  if (isResizable(buffer)) return Buffer.from(value)
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** True for memory made with `maxByteLength`, which the declarations of ES2023 do not have yet. */
const isResizable = (memory: ArrayBufferLike): boolean =>
  (memory as { readonly resizable?: boolean }).resizable === true
