import { expectTypeOf, test } from 'vitest'
import {
  FilterResult,
  type RemovalReason,
  Session,
  type SessionMedia,
  SessionPool,
  type SessionPoolWatch,
} from '../../src/session-pool/index.js'

declare module '../../src/session-pool/index.js' {
  interface SessionData {
    typedInTests?: number
  }
}

const pool = new SessionPool()
const session = pool.create({ data: { typedInTests: 1 } })

/** Wrong uses, which must not compile; never called. */
export function wrongUse(): void {
  // @ts-expect-error an option that does not exist
  new SessionPool({ maxSession: 1 })
  // @ts-expect-error a policy that does not exist
  new SessionPool({ fullPolicy: 'evict' })
  // @ts-expect-error a limit in words
  pool.maxSessions = '10'
  // @ts-expect-error the number of sessions is not set
  pool.size = 0
  // @ts-expect-error a reason that does not exist
  pool.remove(session, 'because')
  // @ts-expect-error an id is no session
  pool.remove(session.id)
  // @ts-expect-error an answer that does not exist
  pool.filter(() => 'drop')
  // @ts-expect-error fn must not be async
  pool.filter(async () => 'keep')
  // @ts-expect-error an event that does not exist
  pool.on('sessionExpired', () => {})
  // @ts-expect-error one question at a time
  pool.count({})
  // @ts-expect-error one question at a time
  pool.count({ user: 'ann', path: '/door' })
  // @ts-expect-error one question at a time
  pool.count({ address: '::1', path: '/door' })
  // @ts-expect-error a reason that does not exist
  session.end('bored')
  // @ts-expect-error a claimant has an address
  pool.find(session.id, { user: 'ann' })
  // @ts-expect-error ids are not changed
  session.id = 'another'
  // @ts-expect-error a state of GStreamer, not of RFC 2326
  session.state = 'Seeking'
  // @ts-expect-error data that nobody has declared
  session.data.undeclared = 1
  // @ts-expect-error for subclasses only
  pool.createSessionId()
  // @ts-expect-error no transport without close
  session.manageMedia('/cam', {}).setTransport(0, {})
}

test('events, results and subclasses are typed', () => {
  pool.on('sessionRemoved', (left, reason) => {
    expectTypeOf(left).toEqualTypeOf<Session>()
    expectTypeOf(reason).toEqualTypeOf<RemovalReason>()
  })
  expectTypeOf(pool.find('id')).toEqualTypeOf<Session | undefined>()
  expectTypeOf(pool.filter(() => FilterResult.KEEP)).toEqualTypeOf<Session[]>()
  expectTypeOf(pool.createWatch(() => {})).toEqualTypeOf<SessionPoolWatch>()
  expectTypeOf(session.data.typedInTests).toEqualTypeOf<number | undefined>()
  expectTypeOf(session.manageMedia('/cam', { camera: 1 })).toEqualTypeOf<
    SessionMedia<{ camera: number }>
  >()
  class Custom extends SessionPool {
    protected override createSession(id: string, init: object): Session {
      return new Session(id, init)
    }
  }
  new Custom().filter((_session, shown) => {
    expectTypeOf(shown).toEqualTypeOf<Custom>()
    return 'keep'
  })
})
