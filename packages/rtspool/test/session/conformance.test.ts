import { describe, test } from 'vitest'
import { testSessionPool } from '../../src/session/conformance/index.js'
import { SessionPool } from '../../src/session/index.js'

describe('SessionPool', () => {
  testSessionPool({ test, createPool: (options) => new SessionPool(options) })
})
