import { describe, expect, it } from 'vitest'
import { MediaFactory, RtspServer } from '../../src/index.js'
import { inSession, mountCamera, readySession } from '../support/dialogue.js'
import { connectTo, expectOk, startServer, urlOf } from '../support/test-server.js'
import { TestSource } from '../support/test-source.js'

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

  it('closes a source that comes too late for it', async () => {
    const server = await startServer()
    const source = new TestSource()
    let come = (): void => {}
    const asked = new Promise<void>((isAsked) => {
      const slow = () => {
        isAsked()
        return new Promise<TestSource>((resolve) => {
          come = () => resolve(source)
        })
      }
      server.mounts.add('/slow', new MediaFactory(slow))
    })
    const client = await connectTo(server)
    const answer = client.request('DESCRIBE', urlOf(server, '/slow')).catch(() => undefined)
    await asked
    server.mounts.remove('/slow')
    const closed = server.close()
    come()
    await Promise.all([closed, answer])
    expect(source.closeCount).toBe(1)
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

  it('says that the server is closed when it is, or is about to be', async () => {
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
