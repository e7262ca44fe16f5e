import { describe, expect, it } from 'vitest'
import { MediaFactory, RtspServer, SessionPool } from '../../../src/index.js'
import { inSession, mountCamera, readySession, setUp } from '../../support/dialogue.js'
import { scene } from '../../support/scene.js'
import { connectTo, expectOk, startServer, testSdp, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { nextTurn } from '../../support/until.js'

/** Something that the application is asked to do, and takes its time for. */
function step<T>() {
  let begin = (): void => {}
  let finish = (_result: T): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const finished = new Promise<T>((resolve) => {
    finish = resolve
  })
  const run = (): Promise<T> => {
    begin()
    return finished
  }
  return { run, begun, finish }
}

describe('a server that is closed', () => {
  it('closes everything, also when a source cannot be closed', async () => {
    const server = await startServer()
    const gone = Object.assign(new TestSource(), {
      close: () => Promise.reject(new Error('camera already gone')),
    })
    server.mounts.add('/gone', new MediaFactory(() => gone))
    const sources = mountCamera(server)
    for (const path of ['/gone', '/cam']) {
      const client = await connectTo(server)
      const url = urlOf(server, path)
      await inSession(client, 'PLAY', url, await readySession(client, url))
    }
    await server.close()
    expect(sources[0]?.closeCount).toBe(1)
    expect(server.stats()).toMatchObject({ connections: 0, sessions: 0, udpPeers: 0 })
  })

  it('closes the sources of mounts that have been removed, watched or not', async () => {
    const server = await startServer()
    const watched = mountCamera(server, '/watched', { lingerSeconds: Number.POSITIVE_INFINITY })
    const described = mountCamera(server, '/described', { lingerSeconds: Number.POSITIVE_INFINITY })
    const client = await connectTo(server)
    const url = urlOf(server, '/watched')
    await inSession(client, 'PLAY', url, await readySession(client, url))
    await expectOk(client, 'DESCRIBE', urlOf(server, '/described'))
    server.mounts.remove('/watched')
    server.mounts.remove('/described')
    await server.close()
    expect([watched[0]?.closeCount, described[0]?.closeCount]).toEqual([1, 1])
  })

  it('ends the media of a factory that another server mounts too, which then creates it again', async () => {
    const [server, other] = [await startServer(), await startServer()]
    const sources: TestSource[] = []
    const factory = new MediaFactory(() => {
      const source = new TestSource()
      sources.push(source)
      return source
    })
    for (const each of [server, other]) each.mounts.add('/cam', factory)
    const viewer = await connectTo(other)
    await readySession(viewer, urlOf(other, '/cam'))
    await server.close()
    expect(other.pool.stats()).toMatchObject({ size: 0, removed: { mediaEnded: 1 } })
    await readySession(await connectTo(other), urlOf(other, '/cam'))
    expect(sources.map(({ closeCount }) => closeCount)).toEqual([1, 0])
  })

  it('makes no session any more for a SETUP that waited for its admission', {
    tags: 'B-DRAIN',
  }, async () => {
    const admission = step<true>()
    const pool = new SessionPool({ onAdmit: admission.run })
    const { server, sources, client } = await scene({ pool }).camera().client().start()
    const answer = setUp(client, urlOf(server, '/cam/trackID=0'))
    await admission.begun
    const closed = server.close()
    admission.finish(true)
    expect((await answer).statusCode).toBe(503)
    await closed
    expect([pool.size, sources.filter(({ closeCount }) => closeCount === 0)]).toEqual([0, []])
    pool.close()
  })

  it('makes no session any more for a publisher that waited for its admission', {
    tags: 'B-DRAIN',
  }, async () => {
    const admission = step<true>()
    const pool = new SessionPool({ onAdmit: admission.run })
    const server = await startServer({ pool })
    const client = await connectTo(server)
    const url = urlOf(server, '/live/cam')
    const headers = { 'Content-Type': 'application/sdp' }
    await expectOk(client, 'ANNOUNCE', url, { headers, body: testSdp })
    const answer = setUp(client, `${url}/streamid=0`, 'RTP/AVP/TCP;unicast;mode=record')
    await admission.begun
    const closed = server.close()
    admission.finish(true)
    expect((await answer).statusCode).toBe(503)
    await closed
    expect([pool.size, server.mounts.size]).toEqual([0, 0])
    pool.close()
  })

  it('opens no source any more for a DESCRIBE that waited to be let in', {
    tags: 'B-DRAIN',
  }, async () => {
    const decision = step<boolean>()
    const rules = [{ path: '/*', read: decision.run }]
    const { server, sources, client } = await scene({ auth: { users: { ann: 'secret' }, rules } })
      .camera()
      .client()
      .start()
    const answer = client.request('DESCRIBE', urlOf(server, '/cam'))
    await decision.begun
    const closed = server.close()
    decision.finish(true)
    expect((await answer).statusCode).toBe(503)
    await closed
    expect(sources).toEqual([])
  })

  it('closes a source that is ready too late, and waits for its end', async () => {
    const server = await startServer()
    const [making, closing] = [step<TestSource>(), step<undefined>()]
    server.mounts.add('/slow', new MediaFactory(making.run))
    const client = await connectTo(server)
    const answer = client.request('DESCRIBE', urlOf(server, '/slow')).catch(() => undefined)
    await making.begun
    server.mounts.remove('/slow')
    let isClosed = false
    const closed = server.close().then(() => {
      isClosed = true
    })
    making.finish(Object.assign(new TestSource(), { close: closing.run }))
    await Promise.all([closing.begun, answer, client.closed()])
    await nextTurn()
    expect(isClosed).toBe(false)
    closing.finish(undefined)
    await closed
  })
})

describe('listen', () => {
  const options = { port: 0, host: '127.0.0.1', udpPorts: false } as const

  it('works once, whether it is called again at once or later', async () => {
    const server = new RtspServer(options)
    const first = server.listen()
    const started = new TypeError('the server has been started already')
    await expect(server.listen()).rejects.toThrow(started)
    await first
    await expect(server.listen()).rejects.toThrow(started)
    expect(server.address().port).toBeGreaterThan(0)
    await server.close()
  })

  it('fails with the reason that the server is closed or closing', async () => {
    const server = new RtspServer(options)
    const closed = new TypeError('the server has been closed: make another one')
    await server.listen()
    const closing = server.close()
    await expect(server.listen()).rejects.toThrow(closed)
    await closing
    await expect(server.listen()).rejects.toThrow(closed)
  })

  it('may be called again after it has failed', async () => {
    const taken = new RtspServer(options)
    await taken.listen()
    const server = new RtspServer({ ...options, port: taken.address().port })
    await expect(server.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await taken.close()
    await server.listen()
    await server.close()
  })
})
