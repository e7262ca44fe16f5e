import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../../src/index.js'
import type { AdmitContext, AdmitHook } from '../../../src/session-pool/index.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { mountCamera, readySession, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { connectTo, expectOk, startServer, testSdp, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'

async function camera(onAdmit: AdmitHook) {
  const { server, sources, url } = await scene({ pool: { onAdmit } }).camera().start()
  const events: string[] = []
  server.pool.on('sessionCreated', () => events.push('created'))
  server.pool.on('sessionRemoved', () => events.push('removed'))
  const client = await connectTo(server)
  /** Whatever a SETUP could have left behind. */
  const trace = () => {
    const { sessions, udpPeers, channels } = server.stats()
    const media = [...server.mounts].reduce((sum, [, { mediaCount }]) => sum + mediaCount, 0)
    return [sessions, udpPeers, channels, media, sources.length, events.length]
  }
  return { server, sources, url, video: `${url}/trackID=0`, client, trace }
}

const nothing = [0, 0, 0, 0, 0, 0]

/** A hook whose answers come when the test gives them. */
function slowHook() {
  const asked: AdmitContext[] = []
  let answer = (_answer: boolean): void => {}
  let onAsked = (): void => {}
  const isAsked = new Promise<void>((resolve) => {
    onAsked = resolve
  })
  const hook: AdmitHook = (context) => {
    asked.push(context)
    onAsked()
    return new Promise<boolean>((resolve) => {
      answer = resolve
    })
  }
  return { hook, asked, isAsked, answer: (value: boolean) => answer(value) }
}

const announce = (client: Awaited<ReturnType<typeof connectTo>>, url: string) =>
  expectOk(client, 'ANNOUNCE', url, {
    headers: { 'Content-Type': 'application/sdp' },
    body: testSdp,
  })

describe('the hook onAdmit', { tags: 'B-FULL' }, () => {
  it('is shown the query of the URI', async () => {
    const asked: AdmitContext[] = []
    const { url, client } = await camera((context) => {
      asked.push(context)
      return true
    })
    await readySession(client, `${url}?token=a%20b&x`)
    expect(asked.map(({ path, query }) => [path, query])).toEqual([['/cam', 'token=a%20b&x']])
  })

  it.each<[name: string, path: string, shown: readonly [path: string, query: string]]>([
    ['no query', '/cam', ['/cam', '']],
    ['an empty query', '/cam?', ['/cam', '']],
    ['two question marks', '/cam?a=1?b', ['/cam', 'a=1?b']],
    ['a slash in the query', '/cam?next=/other', ['/cam', 'next=/other']],
    ['an escaped letter in the path', '/c%61m?x', ['/cam', 'x']],
  ])(
    'is shown path, query and action of a viewer with %s',
    { tags: 'U-14' },
    async (_, at, shown) => {
      const asked: AdmitContext[] = []
      const { server, client } = await camera((context) => {
        asked.push(context)
        return true
      })
      await readySession(client, urlOf(server, at))
      expect(asked.map(({ path, query, action }) => [path, query, action])).toEqual([
        [...shown, 'read'],
      ])
    },
  )

  it('is shown path, query and action of a publisher', { tags: 'U-14' }, async () => {
    const asked: AdmitContext[] = []
    const { server, client } = await camera((context) => {
      asked.push(context)
      return true
    })
    const url = urlOf(server, '/live/door')
    await announce(client, `${url}?token=t`)
    await setUp(client, `${url}/streamid=0?token=t`, `${tcp};mode=record`)
    expect(asked.map(({ path, query, action }) => [path, query, action])).toEqual([
      ['/live/door', 'token=t', 'publish'],
    ])
  })

  it('is shown any path and query of viewers and publishers', {
    tags: ['U-14', 'generator'],
  }, async () => {
    const asked: AdmitContext[] = []
    const { server, client } = await camera((context) => {
      asked.push(context)
      return true
    })
    const signs = ['a', 'Z', '7', '=', '&', '?', '/', '%20', '%3f', '%2F', '+', '.']
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const some = (from: readonly string[], count: number): string =>
        Array.from({ length: count }, () => from[Math.floor(random() * from.length)]).join('')
      const name = some(['a', 'Z', '7', '-', '_'], 8)
      const written = [...name].map((sign) =>
        random() < 0.3 ? `%${sign.charCodeAt(0).toString(16)}` : sign,
      )
      const query = `${some(signs, Math.floor(random() * 12))}x`
      const live = urlOf(server, `/live/${written.join('')}`)
      await announce(client, `${live}?${query}`)
      await setUp(client, `${live}/streamid=0?${query}`, `${tcp};mode=record`)
      await setUp(client, `${urlOf(server, '/cam')}/trackID=0?${query}`)
      expect(asked.splice(0).map(({ path, query, action }) => [path, query, action])).toEqual([
        [`/live/${name}`, query, 'publish'],
        ['/cam', query, 'read'],
      ])
    }
  })

  it('is called once a session, before a media is created, with client and purpose', async () => {
    const asked: AdmitContext[] = []
    const mediaThen: number[] = []
    const { server, url, client, sources } = await camera((context) => {
      asked.push(context)
      mediaThen.push(sources.length)
      return true
    })
    await readySession(client, url)
    expect([server.pool.size, mediaThen]).toEqual([1, [0]])
    expect(asked).toMatchObject([
      {
        owner: { address: '127.0.0.1', user: undefined },
        path: '/cam',
        query: '',
        action: 'read',
        request: { method: 'SETUP', uri: `${url}/trackID=0` },
      },
    ])
  })

  it.each([
    ['false', () => false, 403],
    ['a status of its own', () => ({ statusCode: 402 }), 402],
    ['a status, after a while', async () => ({ statusCode: 404, message: 'hidden' }), 404],
    ['503', () => ({ statusCode: 503 }), 503],
    ['503 for a status that refuses nothing', () => ({ statusCode: 200 }), 503],
  ] satisfies [string, AdmitHook, number][])(
    'refuses with %s, and leaves nothing behind',
    async (_name, hook, statusCode) => {
      const { server, client, video, trace } = await camera(hook)
      for (const transport of [tcp, 'RTP/AVP;unicast;client_port=5000-5001']) {
        const response = await setUp(client, video, transport)
        expect(response.statusCode).toBe(statusCode)
        expect(response.headers.has('Session')).toBe(false)
        expect(response.headers.has('Retry-After')).toBe(statusCode === 503)
      }
      expect(trace()).toEqual(nothing)
      expect(server.pool.stats().refused.onAdmit).toBe(2)
      await expectOk(client, 'OPTIONS', '*')
    },
  )

  it('that fails causes a 503, which is emitted to the application', async () => {
    const fault = new Error('the directory is down')
    const { server, client, video, trace } = await camera(() => Promise.reject(fault))
    const failed = once(server, 'requestFailed')
    expect((await setUp(client, video)).statusCode).toBe(503)
    expect((await failed)[0]).toMatchObject({ code: 'ERR_SESSION_NOT_ADMITTED', cause: fault })
    expect(trace()).toEqual(nothing)
  })

  it('refuses a client after DESCRIBE too, and the description stays', async () => {
    const { server, client, url, video, sources } = await camera(() => false)
    await expectOk(client, 'DESCRIBE', url)
    expect((await setUp(client, video)).statusCode).toBe(403)
    expect(sources.map(({ startCount, closeCount }) => [startCount, closeCount])).toEqual([[0, 0]])
    expect(server.mounts.get('/cam')?.mediaCount).toBe(1)
  })

  it.each([
    ['nothing is mounted', '/none/trackID=0', tcp, 404],
    ['no transport can be done', '/cam/trackID=0', 'RTP/FOO', 461],
  ])('is not called if %s', async (_name, path, transport, statusCode) => {
    let count = 0
    const { server, client } = await camera(() => ++count > 0)
    const response = await setUp(client, urlOf(server, path), transport)
    expect([response.statusCode, count]).toEqual([statusCode, 0])
  })

  it('may change the settings of the session, but not its owner', async () => {
    const owner = { address: '127.0.0.9', user: 'somebody' }
    const { server, client, url } = await camera(() => ({
      init: { owner, path: '/x', timeout: 7 },
    }))
    const session = server.pool.get(await readySession(client, url))
    expect(session?.owner).toEqual({
      address: '127.0.0.1',
      user: undefined,
      connection: expect.anything(),
    })
    expect(session?.timeout).toBe(7)
    expect([server.pool.count({ path: '/cam' }), server.pool.count({ path: '/x' })]).toEqual([1, 0])
  })

  it('learns that the connection has closed; its answer creates nothing', {
    tags: 'B-RACE',
  }, async () => {
    const { hook, asked, isAsked, answer } = slowHook()
    const { server, client, video, trace } = await camera(hook)
    const failures: unknown[] = []
    server.on('requestFailed', (error) => failures.push(error))
    void setUp(client, video).catch(() => {})
    await isAsked
    const closed = once(server, 'connectionClosed')
    const { signal } = asked[0] ?? {}
    expect(signal?.aborted).toBe(false)
    client.socket.resetAndDestroy()
    await closed
    expect(signal?.aborted).toBe(true)
    answer(true)
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect([trace(), failures]).toEqual([nothing, []])
    server.removeAllListeners('requestFailed')
  })

  it('a pool that fills up meanwhile refuses, and the media that was made for it ends', {
    tags: 'B-RACE',
  }, async () => {
    let made = (): void => {}
    let onMaking = (): void => {}
    const making = new Promise<void>((resolve) => {
      onMaking = resolve
    })
    const server = await startServer({ pool: { maxSessions: 1 } })
    const source = new TestSource()
    const slow = new MediaFactory(() => {
      onMaking()
      return new Promise((resolve) => {
        made = () => resolve(source)
      })
    })
    mountCamera(server)
    server.mounts.add('/slow', slow)
    const [client, other] = [await connectTo(server), await connectTo(server)]
    const answer = setUp(client, urlOf(server, '/slow/trackID=0'))
    await making
    await readySession(other, urlOf(server, '/cam'))
    made()
    expect((await answer).statusCode).toBe(503)
    expect([slow.mediaCount, source.startCount, source.closeCount]).toEqual([0, 0, 1])
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 4 })
  })

  it('a track that does not exist leaves no media', { tags: 'A-SET-13' }, async () => {
    const { client, url, sources, trace } = await camera(() => true)
    expect((await setUp(client, `${url}/trackID=9`)).statusCode).toBe(404)
    expect([trace()[0], trace()[3], sources[0]?.closeCount]).toEqual([0, 0, 1])
  })
})

describe('a publisher', { tags: 'B-FULL' }, () => {
  const record = `${tcp};mode=record`

  it('is admitted like a viewer: refused, it may announce and leaves no session', async () => {
    const paths: (string | undefined)[] = []
    const { server, client } = await camera(({ path }) => {
      paths.push(path)
      return paths.length > 1
    })
    const url = urlOf(server, '/live/door')
    await announce(client, url)
    expect((await setUp(client, `${url}/streamid=0`, record)).statusCode).toBe(403)
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
    const session = sessionIdOf(await setUp(client, `${url}/streamid=0`, record))
    expect((await setUp(client, `${url}/streamid=1`, record, session)).statusCode).toBe(200)
    expect(paths).toEqual(['/live/door', '/live/door'])
  })

  it('finds the pool full', async () => {
    const { server, client } = await camera(() => true)
    server.pool.maxSessions = 1
    const url = urlOf(server, '/live/door')
    await announce(client, url)
    await readySession(await connectTo(server), urlOf(server, '/cam'))
    const response = await setUp(client, `${url}/streamid=0`, record)
    expect([response.statusCode, response.headers.has('Retry-After')]).toEqual([503, true])
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 4 })
  })

  it('gets 404 if the announcement ends meanwhile, and leaves nothing', {
    tags: 'B-RACE',
  }, async () => {
    const { hook, isAsked, answer } = slowHook()
    const { server } = await camera(hook)
    const opened = once(server, 'connectionOpened')
    const client = await connectTo(server)
    const url = urlOf(server, '/live/door')
    await announce(client, url)
    const [connection] = await opened
    const response = setUp(client, `${url}/streamid=0`, record)
    await isAsked
    connection.publication.end()
    answer(true)
    expect((await response).statusCode).toBe(404)
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
    expect(server.mounts.get('/live/door')).toBeUndefined()
  })
})
