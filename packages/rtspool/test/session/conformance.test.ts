import { describe, test } from 'vitest'
import { testSessionPool } from '../../src/session/conformance/index.js'
import { Session, SessionPool } from '../../src/session/index.js'

describe('SessionPool', () => {
  testSessionPool({ test, createPool: (options) => new SessionPool(options) })
})

describe('a subclass that overrides the methods', () => {
  class CustomSession extends Session {
    note = ''
  }
  class CustomPool extends SessionPool {
    readonly left: Session[] = []
    protected override createSession(id: string, init: object): Session {
      return this.hasOwnFactory ? super.createSession(id, init) : new CustomSession(id, init)
    }
    protected override sessionRemoved(session: Session): void {
      this.left.push(session)
    }
    hasOwnFactory = false
  }
  testSessionPool({
    test,
    createPool(options) {
      const pool = new CustomPool(options)
      pool.hasOwnFactory = options.createSession !== undefined
      return pool
    },
  })
})
