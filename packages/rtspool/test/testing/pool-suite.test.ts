import { describe, test } from 'vitest'
import { SessionPool } from '../../src/session-pool/index.js'
import { testSessionPool } from '../../src/testing/index.js'

describe('SessionPool', () => {
  testSessionPool({ test, createPool: (options) => new SessionPool(options) })
})
