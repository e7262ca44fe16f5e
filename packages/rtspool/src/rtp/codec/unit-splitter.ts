/** Splits a byte stream, in chunks of any size, into access units or audio frames. */
export interface UnitSplitter {
  /** Adds a chunk of the stream. @returns The units that are now complete: views of new memory, or of the chunk. */
  push(chunk: Uint8Array): Buffer[]
  /** Ends the stream. @returns The last unit, if it only waited for the beginning of the next one; otherwise empty */
  flush(): Buffer[]
}

/**
 * Maximum size in bytes of an access unit in a byte stream: more than any picture has. Bytes of a larger unit are
 * dropped.
 */
export const maxUnitBytes = 32 * 1024 * 1024
