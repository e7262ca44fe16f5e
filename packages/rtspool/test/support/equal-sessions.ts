import { expect } from 'vitest'
import { Session } from '../../src/session-pool/session.js'

// Sessions have private fields only. Compared by their members, any two of one class are equal.
expect.addEqualityTesters([
  (one, other) =>
    one instanceof Session && other instanceof Session ? Object.is(one, other) : undefined,
])
