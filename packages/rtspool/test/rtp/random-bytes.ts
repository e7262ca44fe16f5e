/**
 * Returns a generator of numbers from 0 to 1 that depend only on the seed, to repeat a failing run.
 */
export function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function seededBytes(size: number, seed: number): Buffer {
  const random = seededRandom(seed)
  const bytes = Buffer.alloc(size)
  for (let index = 0; index < size; index++) bytes[index] = random() * 256
  return bytes
}

/** Changes, removes, repeats or inserts a few bytes, or cuts off the end. */
export function mutate(original: Uint8Array, seed: number): Buffer {
  const random = seededRandom(seed)
  const at = (length: number): number => Math.floor(random() * (length + 1))
  let bytes = Buffer.from(original)
  for (let count = Math.floor(random() * 5); count >= 0; count--) {
    const offset = at(bytes.length)
    const end = Math.min(bytes.length, offset + at(8))
    const [before, piece, after] = [
      bytes.subarray(0, offset),
      bytes.subarray(offset, end),
      bytes.subarray(end),
    ]
    const kind = Math.floor(random() * 6)
    if (kind === 0) bytes = Buffer.concat([before, after])
    else if (kind === 1) bytes = Buffer.concat([before, piece, piece, after])
    else if (kind === 2) bytes = Buffer.concat([before, seededBytes(at(6), seed), after])
    else if (kind === 3) bytes = Buffer.from(before)
    else if (offset < bytes.length) {
      const byte = bytes.readUInt8(offset)
      bytes[offset] = kind === 4 ? byte ^ (1 << at(7)) : random() * 256
    }
  }
  return bytes
}
