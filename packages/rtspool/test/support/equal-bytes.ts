import { expect } from 'vitest'

// A matcher would look at bytes one by one, each as a property of an object.
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : undefined,
])
