import { expectTypeOf, test } from 'vitest'
import {
  type AdmissionControl,
  FilterResult,
  type RemovalReason,
  Session,
  type SessionData,
  type SessionInit,
  type SessionMedia,
  SessionPool,
  type SessionPoolOptions,
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
  // @ts-expect-error data of another type
  viewers.create({ data: { camera: 'three' } })
  // @ts-expect-error data that this pool has not
  viewers.create({ data: { typedInTests: 1 } })
  // @ts-expect-error data that this pool has not
  viewers.get('id')?.data.typedInTests
  // @ts-expect-error a hook that begins with data of another type
  new SessionPool<Viewer>({ onAdmit: () => ({ init: { data: { camera: 'three' } } }) })
  // @ts-expect-error data are an object
  new SessionPool<number>()
}

interface Viewer {
  camera: number
}

const viewers = new SessionPool<Viewer>({
  onAdmit: ({ path = '' }) => ({ init: { data: { camera: path.length } } }),
})

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

test('a pool with data of its own hands out sessions with that data', async () => {
  type Watched = Session<Viewer>
  expectTypeOf<Watched['data']>().toEqualTypeOf<Partial<Viewer>>()
  expectTypeOf(viewers.create({ data: { camera: 1 } })).toEqualTypeOf<Watched>()
  expectTypeOf(viewers.find('id')).toEqualTypeOf<Watched | undefined>()
  expectTypeOf(viewers.get('id')).toEqualTypeOf<Watched | undefined>()
  expectTypeOf(viewers.findByPublicId('id')).toEqualTypeOf<Watched | undefined>()
  expectTypeOf([...viewers.values()]).toEqualTypeOf<Watched[]>()
  expectTypeOf([...viewers]).toEqualTypeOf<[string, Watched][]>()
  expectTypeOf(viewers.list().sessions).toEqualTypeOf<readonly Watched[]>()
  expectTypeOf(viewers.filter(({ data }) => (data.camera ? 'ref' : 'keep'))).toEqualTypeOf<
    Watched[]
  >()
  expectTypeOf(viewers.kick(({ data }) => data.camera === 3)).toEqualTypeOf<Watched[]>()
  expectTypeOf(viewers.admit).returns.resolves.toEqualTypeOf<SessionInit<Viewer>>()
  viewers.on('sessionCreated', (created) => expectTypeOf(created).toEqualTypeOf<Watched>())
  viewers.on('sessionRemoved', (left) => expectTypeOf(left).toEqualTypeOf<Watched>())
  viewers.on('sessionStateChanged', (changed) => expectTypeOf(changed).toEqualTypeOf<Watched>())
  class ViewerPool extends SessionPool<Viewer> {
    protected override createSession(id: string, init: SessionInit<Viewer>): Watched {
      return new Session(id, init)
    }
  }
  expectTypeOf(new ViewerPool().find('id')).toEqualTypeOf<Watched | undefined>()
})

test('every session is one of unknown data, and the declared data are the default', () => {
  expectTypeOf<Session<Viewer>>().toExtend<Session<object>>()
  expectTypeOf<Session>().toExtend<Session<object>>()
  expectTypeOf<AdmissionControl<object>>().toExtend<AdmissionControl<Viewer>>()
  expectTypeOf(
    new SessionPool({ createSession: (id, init) => new Session(id, init) }),
  ).toEqualTypeOf<SessionPool>()
  expectTypeOf(
    new SessionPool({ onAdmit: () => ({ init: { data: {} } }) }),
  ).toEqualTypeOf<SessionPool>()
  expectTypeOf<SessionPoolOptions>().toEqualTypeOf<SessionPoolOptions<SessionData>>()
})
