import { describe, expect, it } from 'vitest'
import type { RtspServer } from '../../../src/index.js'
import { RecentLogins } from '../../../src/server/auth/recent-logins.js'
import {
  basicHeader,
  type DigestChoices,
  digestChallengeOf,
  digestHeader,
} from '../../support/credentials.js'
import { readySession } from '../../support/dialogue.js'
import { openTunnel, openWebSocket, rtspOver, rtspThrough } from '../../support/http-client.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  openUdpPorts,
  testCertificate,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const withHeader = (client: RtspTestClient, url: string, authorization: string) =>
  client.request('DESCRIBE', url, { headers: { Authorization: authorization } })

const start = () =>
  scene({
    auth: { users: { u: 'p', eve: 'e' }, basic: 'always' },
    tls: { port: 0, ...testCertificate('first') },
  })
    .camera('/priv')
    .start()

async function logInOnce(server: RtspServer, url: string, choices: DigestChoices = {}) {
  const client = await connectTo(server)
  const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
  const header = digestHeader(challenge, 'DESCRIBE', url, choices)
  expect((await withHeader(client, url, header)).statusCode).toBe(200)
  return { client, challenge }
}

/** Connections that guess, all at once, until no more may wait. */
async function guess(server: RtspServer, url: string, user = 'u', count = 100): Promise<void> {
  const guessers = await Promise.all(Array.from({ length: count }, () => connectTo(server)))
  for (const guesser of guessers) {
    guesser.send(
      `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\nAuthorization: ${basicHeader(user, 'x')}\r\n\r\n`.repeat(
        3,
      ),
    )
  }
  await until(() => (server.stats().auth?.waiting ?? 0) >= 64)
}

describe('beside a guesser of the same address', { tags: ['S-8', 'B-BRUTE'] }, () => {
  it.each<[string, (nonces: string) => DigestChoices]>([
    ['Digest', () => ({})],
    ['Digest with a count', () => ({ qop: true })],
  ])('a user who has logged in lately is let in at once, with %s', async (_name, choices) => {
    const { server, url } = await start()
    await logInOnce(server, url, choices(''))
    await guess(server, url)
    await logInOnce(server, url, choices(''))
  })

  it('the same with Basic', async () => {
    const { server, url } = await start()
    expect((await withHeader(await connectTo(server), url, basicHeader())).statusCode).toBe(200)
    await guess(server, url)
    expect((await withHeader(await connectTo(server), url, basicHeader())).statusCode).toBe(200)
  })

  it('the same with a nonce of a connection before, and the next count', async () => {
    const { server, url } = await start()
    const { challenge } = await logInOnce(server, url, { qop: true })
    await guess(server, url)
    const next = digestHeader(challenge, 'DESCRIBE', url, { qop: true, nc: 2 })
    expect((await withHeader(await connectTo(server), url, next)).statusCode).toBe(200)
  })

  it('a connection that is logged in is not held up', async () => {
    const { server, url } = await start()
    const { client, challenge } = await logInOnce(server, url)
    await guess(server, url)
    const header = digestHeader(challenge, 'DESCRIBE', url)
    expect((await withHeader(client, url, header)).statusCode).toBe(200)
  })

  it('unknown users and connections that have guessed get Retry-After', async () => {
    const { server, url, clock } = await start()
    const guesser = await connectTo(server)
    const wrong = withHeader(guesser, url, basicHeader('u', 'x'))
    await until(() => server.stats().auth?.waiting === 1)
    clock.advance(3000)
    expect((await wrong).statusCode).toBe(401)
    await logInOnce(server, url)
    await guess(server, url, 'nobody')
    expect((await withHeader(guesser, url, basicHeader())).statusCode).toBe(503)
    const eve = await connectTo(server)
    expect((await withHeader(eve, url, basicHeader('eve', 'e'))).statusCode).toBe(503)
  })

  it('guesses at a user who is logged in are slow too', async () => {
    const { server, url, clock } = await start()
    await logInOnce(server, url)
    const guessers = await Promise.all(Array.from({ length: 200 }, () => connectTo(server)))
    for (const guesser of guessers)
      void withHeader(guesser, url, basicHeader('u', 'x')).catch(() => {})
    const wrong = () => server.stats().auth?.refused.wrong ?? 0
    await until(() => wrong() >= 64)
    for (let ms = 0; ms < 5000; ms += 100) {
      clock.advance(100)
      await nextTurn()
    }
    // 128 at once, then 50 a minute.
    expect(wrong()).toBeGreaterThanOrEqual(128)
    expect(wrong()).toBeLessThanOrEqual(134)
  })
})

describe('RecentLogins', () => {
  it('are forgotten after an hour, and the oldest when there are too many', { tags: 'S-8' }, () => {
    const logins = new RecentLogins()
    logins.note('192.0.2.7', 'u', 'n', 0)
    expect(logins.has('192.0.2.7', 'u', 3_600_000)).toBe(true)
    expect(logins.has('192.0.2.7', 'u', 3_600_001)).toBe(false)
    for (let at = 0; at < 10_000; at++) logins.note('192.0.2.8', `u${at}`, undefined, 1)
    expect([logins.size, logins.has('192.0.2.7', 'u', 1)]).toEqual([10_000, false])
  })

  it('belong to a host, and to a user there', { tags: ['S-8', 'S-4'] }, () => {
    const logins = new RecentLogins()
    logins.note('2001:db8:1:2::1', 'u', 'n', 0)
    expect(logins.has('2001:db8:1:2:3:4:5:6', 'u', 0)).toBe(true)
    expect(logins.hasNonce('2001:db8:1:2:3:4:5:6', 'u', 'n', 0)).toBe(true)
    expect(logins.hasNonce('2001:db8:1:2:3:4:5:6', 'u', 'm', 0)).toBe(false)
    expect(logins.has('2001:db8:1:3::1', 'u', 0)).toBe(false)
    expect(logins.has('2001:db8:1:2::1', 'eve', 0)).toBe(false)
  })
})

describe('Digest without a count', { tags: ['S-11', 'B-REPLAY'] }, () => {
  it('is useless on another connection of the same address, which gets a nonce of its own', async () => {
    const { server, url } = await start()
    const { client, challenge } = await logInOnce(server, url)
    const overheard = digestHeader(challenge, 'DESCRIBE', url)
    const other = await connectTo(server)
    const refused = await withHeader(other, url, overheard)
    const next = digestChallengeOf(refused)
    expect([refused.statusCode, next.stale]).toEqual([401, true])
    const own = digestHeader(next, 'DESCRIBE', url)
    expect((await withHeader(other, url, own)).statusCode).toBe(200)
    // The client that keeps its connection goes on.
    for (let count = 0; count < 3; count++) {
      expect((await withHeader(client, url, overheard)).statusCode).toBe(200)
    }
  })

  const thieves: readonly (readonly [string, (server: RtspServer) => Promise<RtspTestClient>])[] = [
    ['plain TCP', (server) => connectTo(server)],
    ['TLS', (server) => connectTlsTo(server)],
    ['an HTTP tunnel', async (server) => rtspThrough(await openTunnel(server))],
    ['a WebSocket', async (server) => rtspOver(await openWebSocket(server))],
  ]

  it.each(thieves)(
    'is useless over %s, with each method and algorithm, on a connection that is logged in too',
    async (_name, connect) => {
      const { server, url } = await start()
      for (const algorithm of ['MD5', 'SHA-256'] as const) {
        const victim = await connectTo(server)
        const challenge = digestChallengeOf(await victim.request('DESCRIBE', url), algorithm)
        for (const method of ['DESCRIBE', 'SETUP', 'ANNOUNCE', 'GET_PARAMETER']) {
          const Authorization = digestHeader(challenge, method, url, { algorithm })
          const ask = (client: RtspTestClient) =>
            client.request(method, url, { headers: { Authorization } })
          expect((await ask(victim)).statusCode).not.toBe(401)
          const thief = await connect(server)
          const refused = [await ask(thief)]
          const own = digestChallengeOf(await thief.request('DESCRIBE', url), algorithm)
          const login = digestHeader(own, 'DESCRIBE', url, {
            algorithm,
            user: 'eve',
            password: 'e',
          })
          expect((await withHeader(thief, url, login)).statusCode).toBe(200)
          refused.push(await ask(thief))
          expect(refused.map(({ statusCode }) => [method, statusCode])).toEqual([
            [method, 401],
            [method, 401],
          ])
          await thief.close()
        }
      }
    },
  )

  it('is useless after its connection has closed', async () => {
    const { server, url } = await start()
    const { client, challenge } = await logInOnce(server, url)
    await client.close()
    const replay = await withHeader(
      await connectTo(server),
      url,
      digestHeader(challenge, 'DESCRIBE', url),
    )
    expect([replay.statusCode, digestChallengeOf(replay).stale]).toEqual([401, true])
  })

  it('works through both halves of a tunnel, even after a new POST', async () => {
    const { server, url } = await start()
    const client = rtspThrough(await openTunnel(server))
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    client.authorization = (method, uri) => digestHeader(challenge, method, uri)
    await expectOk(client, 'DESCRIBE', url)
    await readySession(client, url)
  })

  it('lets the session of a UDP viewer move to a new connection', async () => {
    const { server, url } = await start()
    const { client, challenge } = await logInOnce(server, url)
    client.authorization = (method, uri) => digestHeader(challenge, method, uri)
    const { clientPort } = await openUdpPorts()
    const session = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    await client.close()
    const next = await connectTo(server)
    const header = digestHeader(challenge, 'PLAY', url)
    const headers = { Session: session, Authorization: header }
    const stale = await next.request('PLAY', url, { headers })
    expect([stale.statusCode, digestChallengeOf(stale).stale]).toEqual([401, true])
    const fresh = digestHeader(digestChallengeOf(stale), 'PLAY', url)
    await expectOk(next, 'PLAY', url, { headers: { Session: session, Authorization: fresh } })
  })

  it('with a count may go on there, once for each count', async () => {
    const { server, url } = await start()
    const { challenge } = await logInOnce(server, url, { qop: true })
    const other = await connectTo(server)
    const next = digestHeader(challenge, 'DESCRIBE', url, { qop: true, nc: 2 })
    const codes = [await withHeader(other, url, next), await withHeader(other, url, next)]
    expect(codes.map(({ statusCode }) => statusCode)).toEqual([200, 401])
  })
})
