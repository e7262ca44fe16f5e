import { describe, expect, it } from 'vitest'
import type { SessionPoolOptions } from '../../../src/index.js'
import { logIn } from '../../support/credentials.js'
import { inSession, mountCamera, readySession, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { type SceneOptions, scene } from '../../support/scene.js'
import { connectTo, expectOk, openUdpPorts, urlOf } from '../../support/test-server.js'

/** A viewer by UDP that sees nothing, has paused, and is about to ask for TCP, as FFmpeg 5.1 and 9 do. */
async function blind(pool: SessionPoolOptions = {}, options: SceneOptions = {}) {
  const parts = await scene({ pool, ...options })
    .camera()
    .client()
    .start()
  const { server, url, client } = parts
  const removed: [string, string][] = []
  server.pool.on('sessionRemoved', (session, reason) => removed.push([session.id, reason]))
  if (options.auth) await logIn(client)
  const { clientPort } = await openUdpPorts()
  const id = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
  await inSession(client, 'PLAY', url, id)
  const pause = () => expectOk(client, 'PAUSE', url, { headers: { Session: id } })
  return { ...parts, video: `${url}/trackID=0`, id, removed, pause }
}

describe('a SETUP for TCP after a PAUSE over UDP, without Session', () => {
  const limits: readonly (readonly [string, SessionPoolOptions])[] = [
    ['maxSessions', { maxSessions: 1 }],
    ['maxSessionsPerAddress', { maxSessionsPerAddress: 1 }],
    ['maxSessionsPerUser', { maxSessionsPerUser: 1 }],
    ['maxSessionsPerPath', { maxSessionsPerPath: 1 }],
    ['all limits', { maxSessions: 1, maxSessionsPerAddress: 1, maxSessionsPerPath: 1 }],
    ['an idle one that may be evicted', { maxSessions: 1, fullPolicy: 'evictOldestIdle' }],
    ['no limit', {}],
  ]

  it.each(limits)('replaces the previous session: %s', { tags: 'P-2' }, async (name, pool) => {
    const auth = name === 'maxSessionsPerUser' ? { users: { u: 'p' } } : undefined
    const { server, url, client, id, removed, pause } = await blind(pool, { auth })
    await pause()
    const next = await readySession(client, url)
    expect(removed).toEqual([[id, 'replaced']])
    expect((await inSession(client, 'PLAY', url, next)).statusCode).toBe(200)
    expect(server.pool.stats()).toMatchObject({ size: 1, highWaterMark: 1, refused: {} })
    expect(server.stats()).toMatchObject({ udpPeers: 0, channels: 4 })
    // A client that says goodbye to the one before is right.
    expect((await inSession(client, 'TEARDOWN', url, id)).statusCode).toBe(200)
  })

  it('passes the replaced session to onAdmit, and keeps it if the hook refuses', {
    tags: 'P-2',
  }, async () => {
    const asked: unknown[] = []
    let isOpen = true
    const { server, client, video, id, removed, pause } = await blind({
      maxSessions: 1,
      onAdmit: async ({ replaces }) => {
        asked.push(replaces?.id)
        return isOpen
      },
    })
    await pause()
    isOpen = false
    expect((await setUp(client, video)).statusCode).toBe(403)
    expect([asked, removed]).toEqual([[undefined, id], []])
    expect(server.pool.get(id)?.state).toBe('Ready')
  })

  it('works with an admission control of its own, which gets the place back first', {
    tags: 'P-2',
  }, async () => {
    let free = 1
    const admission = {
      tryAcquire: () => {
        if (free === 0) return 'admissionControl' as const
        free--
        return undefined
      },
      release: () => {
        free++
      },
    }
    const { client, video, removed, pause } = await blind({ admission })
    await pause()
    expect((await setUp(client, video)).statusCode).toBe(200)
    expect([removed.length, free]).toEqual([1, 0])
  })

  it('leaves it alone while the session plays', { tags: 'P-2' }, async () => {
    const { server, client, video, removed } = await blind()
    expect((await setUp(client, video)).statusCode).toBe(200)
    expect([server.pool.size, removed]).toEqual([2, []])
  })

  it('leaves it alone when it starts to play on another connection while the hook is asked', {
    tags: 'P-2',
  }, async () => {
    let ask = (): void => {}
    const asked = new Promise<void>((resolve) => {
      ask = resolve
    })
    let answer = (_isOpen: boolean): void => {}
    let count = 0
    const { server, url, client, video, id, removed, pause } = await blind({
      onAdmit: () => {
        if (++count === 1) return true
        ask()
        return new Promise<boolean>((resolve) => {
          answer = resolve
        })
      },
    })
    await pause()
    const setup = setUp(client, video)
    await asked
    await expectOk(await connectTo(server), 'PLAY', url, { headers: { Session: id } })
    answer(true)
    expect((await setup).statusCode).toBe(200)
    expect([server.pool.size, removed]).toEqual([2, []])
  })

  it.each([
    ['another path', async ({ server }: Blind) => ({ path: '/other', server })],
    ['another connection', async () => ({ from: '127.0.0.1' })],
    ['another address', async () => ({ from: '127.0.0.2' })],
  ] as const)('leaves it alone for %s', { tags: 'P-2' }, async (_name, otherwise) => {
    const viewer = await blind()
    const { server, client, removed, pause } = viewer
    mountCamera(server, '/other')
    await pause()
    const { path = '/cam', from } = (await otherwise(viewer)) as { path?: string; from?: string }
    const asking = from === undefined ? client : await connectTo(server, from)
    const answer = await setUp(asking, `${urlOf(server, path)}/trackID=0`)
    expect([answer.statusCode, removed, server.pool.size]).toEqual([200, [], 2])
  })

  it('leaves it alone for another user of the connection', { tags: 'P-2' }, async () => {
    const auth = { users: { u: 'p', eve: 'e' } }
    const { server, client, video, removed, pause } = await blind({}, { auth })
    await pause()
    client.authorization = undefined
    await logIn(client, { user: 'eve', password: 'e' })
    expect((await setUp(client, video)).statusCode).toBe(200)
    expect([server.pool.size, removed]).toEqual([2, []])
  })

  it('leaves a session alone that has not played yet, that is interleaved, or that asks for UDP', {
    tags: 'P-2',
  }, async () => {
    const { server, url, video, client, removed, pause } = await blind()
    await pause()
    const { clientPort } = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${clientPort}`
    // A viewer of its own beside the first: it does not fall back.
    const second = sessionIdOf(await setUp(client, video, udp))
    expect(removed).toEqual([])
    // The first gives way; the second has not played.
    const third = sessionIdOf(await setUp(client, video, tcp))
    expect(removed.length).toBe(1)
    await inSession(client, 'PLAY', url, third)
    await inSession(client, 'PAUSE', url, third)
    await setUp(client, video, tcp)
    expect(removed.length).toBe(1)
    expect(server.pool.get(second)?.state).toBe('Ready')
  })

  it('leaves it alone when the SETUP names it: that moves no session to TCP', {
    tags: 'P-2',
  }, async () => {
    const { client, video, id, removed, pause } = await blind()
    await pause()
    await setUp(client, video, tcp, id)
    expect(removed).toEqual([])
  })

  it('leaves it alone when the SETUP is refused for its transport or its track', {
    tags: 'P-2',
  }, async () => {
    const { url, client, video, removed, pause } = await blind({ maxSessions: 1 })
    await pause()
    expect((await setUp(client, video, 'RTP/AVP/TCP;multicast;interleaved=0-0')).statusCode).toBe(
      461,
    )
    expect((await setUp(client, `${url}/trackID=9`)).statusCode).toBe(404)
    expect(removed).toEqual([])
  })
})

type Blind = Awaited<ReturnType<typeof blind>>
