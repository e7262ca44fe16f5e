import { describe, expect, it } from 'vitest'
import type { AuthOptions, RtspServer } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { logIn } from '../../support/credentials.js'
import { inSession, readySession, tcp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { connectTo, openUdpPorts, rtpPacket } from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

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

/** A session that plays, of user `u` where there are users, and ten seconds later somebody else. */
async function victim(over: 'TCP' | 'UDP', auth?: AuthOptions) {
  const clock = new ManualClock()
  // Time runs away here before the client's acknowledgements are there.
  const { server, sources, url, client } = await scene({
    clock,
    auth,
    udpLiveness: 'client',
  })
    .camera()
    .client()
    .start()
  if (auth) await logIn(client)
  const ports = await openUdpPorts()
  const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
  const session = await readySession(client, url, over === 'TCP' ? tcp : udp)
  await inSession(client, 'PLAY', url, session)
  clock.advance(10_000)
  /** Packets that the victim has got of those that the source has sent. */
  const received = (): number =>
    over === 'TCP' ? client.frames.filter(({ channel }) => channel === 0).length : ports.rtp.length
  const deliver = async (sequenceNumber: number) => {
    pushTo(sources, 0, rtpPacket({ sequenceNumber, marker: true }))
    const isHere = () => received() === sequenceNumber
    await until(isHere)
  }
  return { clock, server, url, client, session, deliver }
}

/** An interleaved session lives as long as its connection, however silent it is. */
const itOverUdp = (over: 'TCP' | 'UDP'): typeof it | (() => void) =>
  over === 'UDP' ? it : () => {}

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
] as const)('a session over $over, from $from', { tags: 'B-HIJ' }, ({ over, address }) => {
  it('every method is refused like an unknown id, is counted, and disturbs nobody', {
    tags: 'A-SES-9',
  }, async () => {
    const { clock, server, url, session, deliver } = await victim(over)
    const deadline = () => clock.now() + (server.pool.get(session)?.remaining() ?? 0)
    await deliver(1)
    const deadlineBefore = deadline()
    for (const [index, method] of methods.entries()) {
      const before = stateOf(server, session)
      const attacker = await connectTo(server, address)
      const unknown = await bytesOf(attacker, method, url, 'x'.repeat(32))
      const { foreignClaims } = server.pool.stats()
      const answer = await bytesOf(attacker, method, url, session)
      expect(answer, method).toMatch(/^RTSP\/1\.0 454 /)
      expect(answer, method).toBe(unknown)
      expect(server.pool.stats().foreignClaims, method).toBe(foreignClaims + 1)
      expect(stateOf(server, session), method).toEqual(before)
      clock.advance(1_234)
      await claim(attacker, method, url, session)
      expect(deadline(), method).toBe(deadlineBefore)
      // Neither a packet less nor one more.
      await deliver(index + 2)
    }
  })

  itOverUdp(over)(
    'the session of a victim that is silent ends on time',
    { tags: 'A-SES-9' },
    async () => {
      const { clock, server, url, session } = await victim(over)
      const deadline = clock.now() + (server.pool.get(session)?.remaining() ?? 0)
      for (let n = 0; n < 5; n++) {
        const attacker = await connectTo(server, address)
        for (const method of methods) await claim(attacker, method, url, session)
        clock.advance(10_000)
      }
      expect(clock.now() + (server.pool.get(session)?.remaining() ?? 0)).toBe(deadline)
      clock.advance(deadline - clock.now() - 1)
      expect(server.pool.size).toBe(1)
      clock.advance(251)
      expect(server.pool.size).toBe(0)
    },
  )
})

const auth: AuthOptions = { users: { u: 'p', eve: 'e' } }

/** Claims of a session of user `u`: from where, with whose credentials, and what they hear. */
const claims = [
  {
    from: 'another connection of its user',
    over: 'TCP',
    address: '127.0.0.1',
    user: { user: 'u', password: 'p' },
    statusCode: 454,
  },
  {
    from: 'another address with the credentials of its user',
    over: 'TCP',
    address: '127.0.0.2',
    user: { user: 'u', password: 'p' },
    statusCode: 454,
  },
  {
    from: 'another address with the credentials of its user',
    over: 'UDP',
    address: '127.0.0.2',
    user: { user: 'u', password: 'p' },
    statusCode: 454,
  },
  ...(['TCP', 'UDP'] as const).flatMap((over) => [
    {
      from: 'another user',
      over,
      address: '127.0.0.1',
      user: { user: 'eve', password: 'e' },
      statusCode: 454,
    },
    {
      from: 'nobody in particular',
      over,
      address: '127.0.0.1',
      user: undefined,
      statusCode: 401,
    },
  ]),
] as const

describe.each(claims)(
  'a session of a user over $over, claimed by $from',
  { tags: 'B-HIJ' },
  ({ over, address, user, statusCode }) => {
    it('every method is refused like an unknown id, is counted, and disturbs nobody', {
      tags: ['A-SES-9', 'A-DIG-9'],
    }, async () => {
      const { clock, server, url, session, deliver } = await victim(over, auth)
      const deadline = () => clock.now() + (server.pool.get(session)?.remaining() ?? 0)
      await deliver(1)
      const deadlineBefore = deadline()
      for (const [index, method] of methods.entries()) {
        const before = stateOf(server, session)
        const attacker = await connectTo(server, address)
        if (user) await logIn(attacker, user)
        const unknown = await bytesOf(attacker, method, url, 'x'.repeat(32))
        const counts = countsOf(server)
        const answer = await bytesOf(attacker, method, url, session)
        expect(answer, method).toMatch(new RegExp(`^RTSP/1\\.0 ${statusCode} `))
        expect(withoutNonce(answer), method).toBe(withoutNonce(unknown))
        // Without credentials nobody looks for a session: it counts as that, not as a foreign claim.
        expect(countsOf(server), method).toEqual({
          foreignClaims: counts.foreignClaims + (user ? 1 : 0),
          missing: counts.missing + (user ? 0 : 1),
        })
        expect(stateOf(server, session), method).toEqual(before)
        clock.advance(1_234)
        await claim(attacker, method, url, session)
        await claim(attacker, method, '*', session)
        expect(deadline(), method).toBe(deadlineBefore)
        // Neither a packet less nor one more.
        await deliver(index + 2)
      }
    })

    itOverUdp(over)(
      'the session of a victim that is silent ends on time',
      { tags: 'A-SES-9' },
      async () => {
        const { clock, server, url, session } = await victim(over, auth)
        const deadline = clock.now() + (server.pool.get(session)?.remaining() ?? 0)
        for (let n = 0; n < 5; n++) {
          const attacker = await connectTo(server, address)
          if (user) await logIn(attacker, user)
          for (const method of methods) await claim(attacker, method, url, session)
          clock.advance(10_000)
        }
        clock.advance(deadline - clock.now() - 1)
        expect(server.pool.size).toBe(1)
        clock.advance(251)
        expect(server.pool.size).toBe(0)
      },
    )
  },
)

describe('a session of a user', { tags: 'B-HIJ' }, () => {
  it('over UDP moves to a new connection of its user, and to nobody without credentials', async () => {
    const { server, url, session } = await victim('UDP', auth)
    const next = await connectTo(server)
    expect((await inSession(next, 'PAUSE', url, session)).statusCode).toBe(401)
    await logIn(next)
    for (const method of ['OPTIONS', 'GET_PARAMETER', 'PAUSE', 'TEARDOWN']) {
      expect((await inSession(next, method, url, session)).statusCode).toBe(200)
    }
  })

  it('on its own connection needs the credentials each time', { tags: 'A-DIG-9' }, async () => {
    const { server, url, client, session } = await victim('TCP', auth)
    const before = stateOf(server, session)
    const { authorization } = client
    client.authorization = undefined
    for (const method of methods) {
      expect((await claim(client, method, url, session)).statusCode).toBe(401)
    }
    expect(stateOf(server, session)).toEqual(before)
    client.authorization = authorization
    expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
  })

  it('counts for its user, whatever the address', async () => {
    const { server, url } = await victim('TCP', auth)
    const second = await connectTo(server, '127.0.0.2')
    await logIn(second)
    await readySession(second, url)
    expect([server.pool.count({ user: 'u' }), server.pool.count({ user: 'eve' })]).toEqual([2, 0])
  })
})

describe('a session over UDP', () => {
  it('moves to a new connection of its owner', { tags: ['B-HIJ', 'A-MSG-20'] }, async () => {
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

describe('unknown ids', { tags: 'B-GUESS' }, () => {
  it('find and prolong nothing; the connection is closed after 20', async () => {
    const { server, url, session, deliver } = await victim('TCP')
    const before = stateOf(server, session)
    const attacker = await connectTo(server)
    for (let n = 0; n < 20; n++) {
      const guess = session.slice(0, -1) + (session.endsWith('A') ? 'B' : 'A') + (n || '')
      expect((await inSession(attacker, 'TEARDOWN', url, guess)).statusCode).toBe(454)
    }
    await attacker.closed()
    expect(stateOf(server, session)).toEqual(before)
    await deliver(1)
  })

  it('get 20 responses, for any number at once', async () => {
    const { server, url, session } = await victim('TCP')
    const before = stateOf(server, session)
    const attacker = await connectTo(server)
    const guess = (n: number) => `PLAY ${url} RTSP/1.0\r\nCSeq: ${n}\r\nSession: guess${n}\r\n\r\n`
    const answers: (string | undefined)[] = []
    const collected = (async () => {
      for (;;) answers.push((await attacker.response()).headers.get('CSeq'))
    })().catch(() => {})
    attacker.send(Array.from({ length: 200 }, (_, n) => guess(n)).join(''))
    await attacker.closed()
    await collected
    expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
    expect(stateOf(server, session)).toEqual(before)
  })

  it('are forgiven when there are fewer: a client may have missed the end of its session', async () => {
    const { server, url } = await victim('TCP')
    const client = await connectTo(server)
    for (let n = 0; n < 19; n++) await inSession(client, 'GET_PARAMETER', url, 'gone')
    await readySession(client, url)
    expect((await client.request('OPTIONS', '*')).statusCode).toBe(200)
  })

  it('are counted from 0 again when a session is found: on a wall of pictures some end all the time', async () => {
    const { server, url } = await victim('TCP')
    const client = await connectTo(server)
    const own = await readySession(client, url)
    for (let n = 0; n < 50; n++) {
      expect((await inSession(client, 'TEARDOWN', url, 'gone')).statusCode).toBe(454)
      expect((await inSession(client, 'GET_PARAMETER', url, own)).statusCode).toBe(200)
    }
  })
})

const withoutNonce = (answer: string): string => answer.replace(/nonce="[^"]*"/g, 'nonce')

const countsOf = (server: RtspServer) => ({
  foreignClaims: server.pool.stats().foreignClaims,
  missing: server.stats().auth?.refused.missing ?? 0,
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
