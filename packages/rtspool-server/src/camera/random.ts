const steps = 2 ** 32

/** Returns numbers from 0 to below 1 that follow from a seed alone. */
export type Random = () => number

/**
 * Creates a random generator (mulberry32): fast, and the same in every run. Not for secrets.
 *
 * @param parts - Numbers that together are the seed, such as the seed of a camera and an index.
 */
export function seededRandom(...parts: readonly number[]): Random {
  let state = 0x9e3779b9
  for (const part of parts) state = mixed(state ^ part) + 0x6d2b79f5
  return () => {
    state = (state + 0x6d2b79f5) | 0
    return (mixed(state) >>> 0) / steps
  }
}

function mixed(value: number): number {
  let mix = Math.imul(value ^ (value >>> 15), value | 1)
  mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61)
  return mix ^ (mix >>> 14)
}

/** Returns a whole number from 1 to below `2 ** bits`. */
export const randomBits = (random: Random, bits: number): number =>
  1 + Math.floor(random() * (2 ** bits - 1))
