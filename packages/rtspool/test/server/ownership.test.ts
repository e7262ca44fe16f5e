import { describe, expect, it } from 'vitest'
import { type RtspServer, SessionPool } from '../../src/index.js'
import { inSession, mountCamera, readySession, tcp } from '../support/dialogue.js'
import { FakeClock } from '../support/fake-clock.js'
import type { RtspTestClient } from '../support/rtsp-client.js'
import { connectTo, openUdpPorts, rtpPacket, startServer, urlOf } from '../support/test-server.js'

const methods = [
  'SETUP',
  'PLAY',
  'PAUSE',
  'RECORD',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'OPTIONS',
]

/** A session that plays, and ten seconds later somebody else. */
async function victim(over: 'TCP' | 'UDP') {
  const clock = new FakeClock()
  // Time runs away here before the client's acknowledgements are there.
  const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
  const sources = mountCamera(server)
  const url = urlOf(server, '/cam')
  const client = await connectTo(server)
  const ports = await openUdpPorts()
  const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
  const session = await readySession(client, url, over === 'TCP' ? tcp : udp)
  await inSession(client, 'PLAY', url, session)
  clock.advance(10_000)
  /** Packets that the victim has got of those that the source has sent. */
  const received = (): number =>
    over === 'TCP' ? client.frames.filter(({ channel }) => channel === 0).length : ports.rtp.length
  const deliver = async (sequenceNumber: number) => {
    sources[0]?.output?.tracks[0]?.push(rtpPacket({ sequenceNumber, marker: true }))
    const isHere = () => received() === sequenceNumber
    await (over === 'TCP' ? client.framesUntil(isHere) : ports.until(isHere))
  }
  return { clock, server, url, client, session, deliver }
}

/** A request inside a session that may be somebody else's. */
function claim(attacker: RtspTestClient, method: string, url: string, id: string) {
  const uri = method === 'SETUP' ? `${url}/trackID=0` : url
  const headers = { Session: id, ...(method === 'SETUP' ? { Transport: tcp } : {}) }
  return attacker.request(method, uri, { headers })
}

/** The bytes of the answer to such a request, without CSeq. */
async function bytesOf(attacker: RtspTestClient, method: string, url: string, id: string) {
  const chunks: Buffer[] = []
  const collect = (chunk: Buffer) => chunks.push(chunk)
  attacker.socket.on('data', collect)
  await claim(attacker, method, url, id)
  attacker.socket.off('data', collect)
  return Buffer.concat(chunks)
    .toString('latin1')
    .replace(/^CSeq: \d+\r\n/m, '')
}

describe.each([
  { over: 'TCP', from: 'another connection of the same address', address: '127.0.0.1' },
  { over: 'TCP', from: 'another address', address: '127.0.0.2' },
  { over: 'UDP', from: 'another address', address: '127.0.0.2' },
] as const)('B-HIJ a session over $over, from $from', ({ over, address }) => {
  it.each(methods)(
    'B-HIJ A-SES-9 %s is refused like an unknown id, is counted, and disturbs nobody',
    async (method) => {
      const { clock, server, url, session, deliver } = await victim(over)
      const deadline = () => clock.now() + (server.pool.get(session)?.remaining() ?? 0)
      await deliver(1)
      const [before, deadlineBefore] = [stateOf(server, session), deadline()]
      const attacker = await connectTo(server, address)
      const unknown = await bytesOf(attacker, method, url, 'x'.repeat(32))
      const { foreignClaims } = server.pool.stats()
      const answer = await bytesOf(attacker, method, url, session)
      expect(answer).toMatch(/^RTSP\/1\.0 454 /)
      expect(answer).toBe(unknown)
      expect(server.pool.stats().foreignClaims).toBe(foreignClaims + 1)
      expect(stateOf(server, session)).toEqual(before)
      clock.advance(1_234)
      await claim(attacker, method, url, session)
      expect(deadline()).toBe(deadlineBefore)
      // Neither a packet less nor one more.
      await deliver(2)
    },
  )

  it('B-HIJ A-SES-9 the session of a victim that is silent ends on time', async () => {
    const { clock, server, url, session } = await victim(over)
    const deadline = clock.now() + (server.pool.get(session)?.remaining() ?? 0)
    const attacker = await connectTo(server, address)
    for (let n = 0; n < 5; n++) {
      for (const method of methods) await claim(attacker, method, url, session)
      clock.advance(10_000)
    }
    expect(clock.now() + (server.pool.get(session)?.remaining() ?? 0)).toBe(deadline)
    clock.advance(deadline - clock.now() - 1)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.size).toBe(0)
  })
})

// Users come with authentication; until then the server knows none, and the pool is asked directly.
describe.each([
  { who: 'nobody in particular', user: undefined },
  { who: 'another user', user: 'eve' },
])('B-HIJ a session of a user, claimed by $who', ({ user }) => {
  it('B-HIJ is not found, is not touched, and the attempt is counted', () => {
    const clock = new FakeClock()
    const pool = new SessionPool({ clock })
    const connection = {}
    const address = '127.0.0.1'
    const session = pool.create({ owner: { address, user: 'ann', connection } })
    session.state = 'Playing'
    clock.stall(10_000)
    expect(pool.find('x'.repeat(32), { address, user, connection })).toBeUndefined()
    expect(pool.find(session.id, { address, user, connection })).toBeUndefined()
    expect(session.remaining()).toBe(55_000)
    expect([session.state, pool.stats().foreignClaims]).toEqual(['Playing', 1])
    expect(pool.find(session.id, { address, user: 'ann', connection })).toBe(session)
    pool.close()
  })
})

describe('a session over UDP', () => {
  it('B-HIJ A-MSG-20 moves to a new connection of its owner', async () => {
    const { server, url, session, deliver } = await victim('UDP')
    const next = await connectTo(server)
    for (const method of ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'PLAY', 'PAUSE', 'PLAY']) {
      expect((await inSession(next, method, url, session)).statusCode).toBe(200)
    }
    await deliver(1)
    expect((await inSession(next, 'TEARDOWN', url, session)).statusCode).toBe(200)
    expect(server.pool.stats().foreignClaims).toBe(0)
  })

  it('stays when the connection that it has left closes', async () => {
    const { server, url, client, session, deliver } = await victim('UDP')
    const next = await connectTo(server)
    await inSession(next, 'OPTIONS', url, session)
    await client.close()
    await inSession(next, 'OPTIONS', url, session)
    await deliver(1)
    expect(server.pool.size).toBe(1)
  })
})

it('B-GUESS ids that nobody has find nothing and prolong nothing', async () => {
  const { server, url, session } = await victim('TCP')
  const before = stateOf(server, session)
  const attacker = await connectTo(server)
  for (let n = 0; n < 50; n++) {
    const guess = session.slice(0, -1) + (session.endsWith('A') ? 'B' : 'A') + (n || '')
    expect((await inSession(attacker, 'TEARDOWN', url, guess)).statusCode).toBe(454)
  }
  expect(stateOf(server, session)).toEqual(before)
})

function stateOf(server: RtspServer, id: string) {
  const session = server.pool.get(id)
  return {
    state: session?.state,
    lastAccessAt: session?.lastAccessAt,
    remaining: session?.remaining(),
    stats: server.stats().channels + server.stats().udpPeers,
  }
}
