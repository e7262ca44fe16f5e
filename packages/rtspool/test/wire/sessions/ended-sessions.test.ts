import { describe, expect, it } from 'vitest'
import { type RemovalReason, removalReasons, Session } from '../../../src/index.js'
import { EndedSessions } from '../../../src/server/connection/ended-sessions.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { logIn, startProtectedServer } from '../../support/credentials.js'
import {
  inSession,
  mountCamera,
  readySession,
  setUp,
  tcp,
  withoutCSeq,
} from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { fakeTime, scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  startServer,
  urlOf,
} from '../../support/test-server.js'

const methods = [
  'PAUSE',
  'TEARDOWN',
  'PLAY',
  'RECORD',
  'SETUP',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'OPTIONS',
] as const
const goodbyes: readonly string[] = ['PAUSE', 'TEARDOWN']
const carriers = ['TCP', 'UDP'] as const

/** A request inside a session that has ended. */
function ask(client: RtspTestClient, method: string, url: string, id: string) {
  const isSetup = method === 'SETUP'
  const headers = { Session: id, ...(isSetup ? { Transport: tcp } : {}) }
  return client.request(method, isSetup ? `${url}/trackID=0` : url, { headers })
}

/** A camera, and its viewer that plays. */
async function playing(over: (typeof carriers)[number]) {
  const clock = new ManualClock()
  const server = await startServer(fakeTime(clock))
  mountCamera(server)
  const url = urlOf(server, '/cam')
  const client = await connectTo(server)
  const udp = `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
  const id = await readySession(client, url, over === 'TCP' ? tcp : udp)
  await inSession(client, 'PLAY', url, id)
  const session = server.pool.get(id)
  if (!session) throw new Error('a session expected')
  return { clock, server, url, client, id, session }
}

/** Whether the owner of a session that ended for this reason may say goodbye to it. */
const isAnswered = (reason: RemovalReason, over: (typeof carriers)[number]): boolean =>
  reason !== 'teardown' && !(over === 'TCP' && reason === 'connectionClosed')

describe.each(carriers)('a session over %s that has ended', (over) => {
  it.each(removalReasons)(
    '%s: its owner may pause it and tear it down',
    { tags: ['P-1', 'A-SES-4'] },
    async (reason) => {
      const { server, url, client, id, session } = await playing(over)
      // Another one keeps the connection.
      await readySession(client, url)
      session.end(reason)
      // The lag of a send thread changes by itself.
      const streams = () => ({ ...server.stats(), sendThreads: [] })
      const before = { stats: server.pool.stats(), streams: streams() }
      const unknown = withoutCSeq(await ask(client, 'PLAY', url, 'x'.repeat(32)))
      for (const method of methods) {
        const answer = withoutCSeq(await ask(client, method, url, id))
        if (isAnswered(reason, over) && goodbyes.includes(method)) {
          expect([method, answer]).toEqual([
            method,
            { statusCode: 200, reason: 'OK', headers: [['Session', id]], body: '' },
          ])
        } else expect([method, answer]).toEqual([method, unknown])
      }
      expect({ stats: server.pool.stats(), streams: streams() }).toEqual(before)
      for (const method of methods) {
        expect(withoutCSeq(await ask(client, method, url, id))).toEqual(unknown)
      }
    },
  )

  it.each(removalReasons)(
    '%s: its owner may pause it as often as it likes, for 10 s',
    { tags: ['P-1', 'A-SES-4'] },
    async (reason) => {
      const { clock, url, client, id, session } = await playing(over)
      // Another one keeps the connection.
      await readySession(client, url)
      session.end(reason)
      const statusCode = isAnswered(reason, over) ? 200 : 454
      for (const waitMs of [0, 0, 5_000, 4_999]) {
        clock.advance(waitMs)
        expect((await ask(client, 'PAUSE', url, id)).statusCode).toBe(statusCode)
      }
      clock.advance(1)
      for (const method of methods) {
        expect((await ask(client, method, url, id)).statusCode).toBe(454)
      }
    },
  )

  it.each(removalReasons)(
    '%s: one that its owner has torn down is unknown from then on',
    { tags: ['P-1', 'A-SES-4'] },
    async (reason) => {
      const { url, client, id, session } = await playing(over)
      const other = await readySession(client, url)
      session.end(reason)
      const statusCode = isAnswered(reason, over) ? 200 : 454
      for (const method of ['PAUSE', 'TEARDOWN']) {
        expect((await ask(client, method, url, id)).statusCode).toBe(statusCode)
      }
      const unknown = withoutCSeq(await ask(client, 'PLAY', url, 'x'.repeat(32)))
      for (const method of [...methods, ...goodbyes]) {
        expect(withoutCSeq(await ask(client, method, url, id))).toEqual(unknown)
      }
      expect((await inSession(client, 'PLAY', url, other)).statusCode).toBe(200)
    },
  )

  it('is not forgotten because a stranger tears it down', {
    tags: ['P-1', 'A-SES-4', 'B-HIJ'],
  }, async () => {
    const { server, url, client, id, session } = await playing(over)
    await readySession(client, url)
    session.end('kicked')
    const stranger = await connectTo(server, '127.0.0.2')
    expect((await ask(stranger, 'TEARDOWN', url, id)).statusCode).toBe(454)
    expect((await ask(client, 'TEARDOWN', url, id)).statusCode).toBe(200)
    expect((await ask(client, 'TEARDOWN', url, id)).statusCode).toBe(454)
  })

  it('answers strangers as an unknown one', { tags: ['P-1', 'A-SES-4', 'B-HIJ'] }, async () => {
    const { server, url, id, session } = await playing(over)
    session.end('unreachable')
    const strangers = [await connectTo(server, '127.0.0.2')]
    // What went through a connection belongs to that connection.
    if (over === 'TCP') strangers.push(await connectTo(server))
    for (const stranger of strangers) {
      const unknown = withoutCSeq(await ask(stranger, 'PAUSE', url, 'x'.repeat(32)))
      expect(unknown.statusCode).toBe(454)
      for (const method of methods) {
        expect(withoutCSeq(await ask(stranger, method, url, id))).toEqual(unknown)
      }
    }
  })
})

it('a UDP session that has ended answers its owner on a new connection', {
  tags: ['P-1', 'A-SES-4'],
}, async () => {
  const { server, url, id, session } = await playing('UDP')
  session.end('unreachable')
  const next = await connectTo(server)
  for (const method of goodbyes) {
    expect((await ask(next, method, url, id)).statusCode).toBe(200)
  }
})

it('an ended session is refused without credentials, and to other users', {
  tags: ['P-1', 'A-SES-4', 'A-DIG-9'],
}, async () => {
  const { server } = await startProtectedServer()
  const url = urlOf(server, '/priv')
  const [owner, eve, nobody] = [
    await connectTo(server),
    await connectTo(server),
    await connectTo(server),
  ]
  await logIn(owner)
  await logIn(eve, { user: 'eve', password: 'e' })
  const udp = `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
  const id = await readySession(owner, url, udp)
  server.pool.get(id)?.end('unreachable')
  for (const method of methods) {
    expect((await ask(nobody, method, url, id)).statusCode).toBe(401)
    expect((await ask(eve, method, url, id)).statusCode).toBe(454)
    const mine = goodbyes.includes(method) ? 200 : 454
    expect((await ask(owner, method, url, id)).statusCode).toBe(mine)
  }
})

it('a session that was due, and not removed yet, is answered as one that has ended', {
  tags: ['P-1', 'A-SES-4'],
}, async () => {
  const clock = new ManualClock()
  const server = await startServer({ ...fakeTime(clock), udpLiveness: 'client' })
  mountCamera(server)
  const url = urlOf(server, '/cam')
  const client = await connectTo(server)
  const udp = `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
  const id = await readySession(client, url, udp)
  await inSession(client, 'PLAY', url, id)
  clock.advance(64_999)
  clock.stall(1)
  expect((await ask(client, 'PAUSE', url, id)).statusCode).toBe(200)
  expect(server.pool.stats()).toMatchObject({ size: 0, removed: { timeout: 1 } })
})

it('a publisher whose media were ended may tear its session down on another connection', {
  tags: ['P-1', 'A-SES-4'],
}, async () => {
  const clock = new ManualClock()
  const server = await startServer(fakeTime(clock))
  const url = urlOf(server, '/live/cam')
  const { session } = await publish(await connectTo(server), url, [await openUdpPorts()])
  await server.mounts.get('/live/cam')?.close()
  const next = await connectTo(server)
  expect((await ask(next, 'PLAY', url, session)).statusCode).toBe(454)
  expect((await ask(next, 'TEARDOWN', url, session)).statusCode).toBe(200)
})

it.each([
  ['address', 200],
  ['owner', 454],
] as const)(
  'with sessionBinding %s, one whose connection has closed answers another one with %i',
  { tags: ['P-1', 'A-SES-4'] },
  async (sessionBinding, statusCode) => {
    const { server, url, client } = await scene({ pool: { sessionBinding } })
      .camera()
      .client()
      .start()
    const { session: id } = await play(client, url)
    server.pool.get(id)?.end('kicked')
    await client.close()
    const next = await connectTo(server)
    expect((await ask(next, 'TEARDOWN', url, id)).statusCode).toBe(statusCode)
    const stranger = await connectTo(server, '127.0.0.2')
    expect((await ask(stranger, 'TEARDOWN', url, id)).statusCode).toBe(454)
  },
)

it('a session that its client tore down stays unknown, also for the client', {
  tags: ['P-1', 'A-SES-4'],
}, async () => {
  const { url, client, id } = await playing('UDP')
  await expectOk(client, 'TEARDOWN', url, { headers: { Session: id } })
  for (const method of methods) expect((await ask(client, method, url, id)).statusCode).toBe(454)
})

it('an id that lives again is that of the session which has it', {
  tags: ['P-1', 'A-SES-4'],
}, async () => {
  const createSessionId = () => 'the-same-each-time'
  const { server, url, client } = await scene({ pool: { createSessionId } })
    .camera()
    .client()
    .start()
  const video = `${url}/trackID=0`
  await setUp(client, video)
  server.pool.get('the-same-each-time')?.end('kicked')
  expect((await setUp(client, video)).statusCode).toBe(200)
  await expectOk(client, 'TEARDOWN', url, { headers: { Session: 'the-same-each-time' } })
  expect(server.pool.stats()).toMatchObject({ size: 0, removed: { kicked: 1, teardown: 1 } })
})

describe('EndedSessions', () => {
  const owner = { address: '192.0.2.1' }
  const add = (ended: EndedSessions, id: string) =>
    ended.add(new Session(id, { owner }), 'unreachable')

  it('remembers 10,000, and forgets the oldest first', { tags: ['P-1', 'A-SES-4'] }, () => {
    const clock = new ManualClock()
    const ended = new EndedSessions(clock, 'owner')
    for (let n = 0; n < 10_005; n++) add(ended, `id${n}`)
    expect([ended.size, clock.pendingTimers]).toEqual([10_000, 1])
    expect(ended.has('id4', owner)).toBe(false)
    expect(ended.has('id5', owner)).toBe(true)
    expect(ended.has('id10004', owner)).toBe(true)
    clock.advance(10_000)
    expect([ended.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('forgets one, and keeps the others', { tags: ['P-1', 'A-SES-4'] }, () => {
    const clock = new ManualClock()
    const ended = new EndedSessions(clock, 'owner')
    for (const id of ['first', 'second', 'third']) {
      add(ended, id)
      clock.advance(1_000)
    }
    ended.forget('first')
    ended.forget('third')
    ended.forget('unknown')
    expect(ended.size).toBe(1)
    clock.advance(7_999)
    expect(ended.has('second', owner)).toBe(true)
    clock.advance(1)
    expect([ended.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('has one timer at most, and forgets each id after 10 s', { tags: ['P-1', 'A-SES-4'] }, () => {
    const clock = new ManualClock()
    const ended = new EndedSessions(clock, 'owner')
    for (let n = 0; n < 300; n++) {
      add(ended, `id${n}`)
      expect(clock.pendingTimers).toBe(1)
      clock.advance(100)
      expect(ended.size).toBe(Math.min(n + 1, 99))
    }
    clock.advance(10_000)
    expect([ended.size, clock.pendingTimers]).toEqual([0, 0])
    add(ended, 'late')
    ended.clear()
    expect([ended.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('does not answer when the process was stalled for too long', {
    tags: ['P-1', 'A-SES-4'],
  }, () => {
    const clock = new ManualClock()
    const ended = new EndedSessions(clock, 'owner')
    add(ended, 'id')
    clock.stall(10_000)
    expect(ended.has('id', owner)).toBe(false)
  })
})
