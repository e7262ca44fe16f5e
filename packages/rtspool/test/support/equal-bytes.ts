import { expect } from 'vitest'

// Compares buffers at once: a matcher would compare bytes one by one, as properties of an object.
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : undefined,
])
