import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MediaFactory, RtspServer, SessionPool } from '../../../src/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import {
  inSession,
  mountCamera,
  mountSlow,
  readySession,
  setUp,
  tcp,
} from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { pushTo, TestSource } from '../../support/test-source.js'
import { advancing, until } from '../../support/until.js'

/** A session that is left over, with nothing in it, from a connection that is gone. */
async function keptSession(server: RtspServer): Promise<string> {
  const client = await connectTo(server)
  const session = sessionIdOf(await setUp(client, urlOf(server, '/cam/trackID=0')))
  const closed = once(server, 'connectionClosed')
  await client.close()
  await closed
  return session
}

describe('a connection that closes', () => {
  it('ends its interleaved sessions at once, playing or not', { tags: 'A-TRD-4' }, async () => {
    const { server, url, client } = await scene().camera().client().start()
    const removed: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
    const playing = await readySession(client, url)
    await readySession(client, url)
    await inSession(client, 'PLAY', url, playing)
    const closed = once(server, 'connectionClosed')
    client.socket.destroy()
    await closed
    expect(removed).toEqual(['connectionClosed', 'connectionClosed'])
    expect(server.stats()).toMatchObject({ sessions: 0, connections: 0, channels: 0 })
  })

  it('leaves UDP sessions alone: they continue to play', { tags: 'A-TRD-5' }, async () => {
    const { server, sources, url, client } = await scene().camera().client().start()
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
    await inSession(client, 'PLAY', url, session)
    const closed = once(server, 'connectionClosed')
    await client.close()
    await closed
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => ports.rtp.length === 1)
    expect(server.pool.size).toBe(1)
  })

  it("keeps interleaved sessions with onConnectionClosed 'keep', to be set up again by their owner", async () => {
    const { server, sources, url, client, session } = await scene({ onConnectionClosed: 'keep' })
      .camera()
      .ready()
      .start()
    await inSession(client, 'PLAY', url, session)
    const closed = once(server, 'connectionClosed')
    await client.close()
    await closed
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 0 })
    expect(server.pool.get(session)?.state).toBe('Init')

    const stranger = await connectTo(server, '127.0.0.2')
    expect((await setUp(stranger, `${url}/trackID=0`, tcp, session)).statusCode).toBe(454)
    const next = await connectTo(server)
    expect((await inSession(next, 'PLAY', url, session)).statusCode).toBe(455)
    expect((await setUp(next, `${url}/trackID=0`, tcp, session)).statusCode).toBe(200)
    await inSession(next, 'PLAY', url, session)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => next.frames.length > 0)
  })

  it("a session kept with 'keep' that is set up twice at once holds one presentation", async () => {
    const server = await startServer({ onConnectionClosed: 'keep' })
    const sources = mountCamera(server)
    const { source, come } = mountSlow(server)
    const session = await keptSession(server)
    const [one, two] = [await connectTo(server), await connectTo(server)]
    const udp = async () => `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
    const late = setUp(one, urlOf(server, '/slow/trackID=0'), await udp(), session)
    await expectOk(two, 'OPTIONS', '*')
    const early = await setUp(two, urlOf(server, '/cam/trackID=0'), await udp(), session)
    come()
    expect([early.statusCode, (await late).statusCode]).toEqual([200, 459])
    expect([source.closeCount, sources.length]).toEqual([1, 1])
    expect(server.pool.get(session)?.paths).toEqual(['/cam'])
  })

  it("a session kept with 'keep' whose SETUP is refused can be set up for another path", async () => {
    const server = await startServer({ onConnectionClosed: 'keep' })
    mountCamera(server)
    mountCamera(server, '/other')
    const session = await keptSession(server)
    const { clientPort } = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${clientPort}`
    const publisher = await connectTo(server)
    const url = urlOf(server, '/live/cam')
    const headers = { 'Content-Type': 'application/sdp' }
    await expectOk(publisher, 'ANNOUNCE', url, { headers, body: testSdp })
    // These ports of this address send to the server; they cannot receive from it as well.
    await setUp(publisher, `${url}/streamid=0`, `${transport};mode=record`)
    const client = await connectTo(server)
    const refused = await setUp(client, urlOf(server, '/other/trackID=0'), transport, session)
    const taken = await setUp(client, urlOf(server, '/cam/trackID=0'), tcp, session)
    expect([refused.statusCode, taken.statusCode]).toEqual([461, 200])
  })

  it("ends a publisher's session also with onConnectionClosed 'keep'", async () => {
    const { server, publisher } = await scene({ onConnectionClosed: 'keep' }).publisher().start()
    const closed = once(server, 'connectionClosed')
    await publisher.close()
    await closed
    expect([server.pool.size, server.mounts.size]).toEqual([0, 0])
  })

  it('during a SETUP that waits for a source leaves nothing behind', async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock })
    let made = (_source: TestSource): void => {}
    const making = new Promise<TestSource>((resolve) => {
      made = resolve
    })
    mountCamera(server, '/fast')
    server.mounts.add('/slow', new MediaFactory(() => making))
    const client = await connectTo(server)
    void setUp(client, urlOf(server, '/slow/trackID=0')).catch(() => {})
    await setUp(await connectTo(server), urlOf(server, '/fast/trackID=0'))
    const closed = once(server, 'connectionClosed')
    await client.close()
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    // It may have closed its half only; that it is gone shows when it is answered.
    clock.advance(10_000)
    await closed
    made(new TestSource())
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect(server.pool.size).toBe(1)
  })
})

describe('a session that is removed', () => {
  it.each(['kicked', 'evicted', 'lifetime', 'slowReader'] as const)(
    'for the reason %s sends BYE, then closes the interleaved connection',
    { tags: 'A-RTC-4' },
    async (reason) => {
      const { server, clock, push, url, client, session } = await scene().camera().ready().start()
      await inSession(client, 'PLAY', url, session)
      push(rtpPacket({ sequenceNumber: 1, ssrc: 77, marker: true }))
      await until(() => client.frames.length > 0)
      server.pool.get(session)?.end(reason)
      await until(() => client.socket.closed, advancing(clock, 1_000))
      const { channel, payload } = client.frames.at(-1) ?? { channel: -1, payload: Buffer.alloc(0) }
      expect(channel).toBe(1)
      expect(parseCompound(payload).at(-1)).toMatchObject({ type: 'bye', ssrcs: [77] })
    },
  )

  it('does not end a connection that carries another session', async () => {
    const { server, url, client } = await scene().camera().client().start()
    const [one, two] = [await readySession(client, url), await readySession(client, url)]
    server.pool.get(one)?.end('kicked')
    expect((await inSession(client, 'PLAY', url, two)).statusCode).toBe(200)
  })
})

describe('a server that closes', () => {
  it('sends BYE to its viewers, ends its media, and frees everything', {
    tags: 'A-RED-2',
  }, async () => {
    const { server, sources, url } = await scene().camera().start()
    const removed: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
    const client = await connectTo(server)
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, ssrc: 77, marker: true }))
    await Promise.all([server.close(), server.close()])
    await client.closed()
    expect(removed).toEqual(['poolClosed'])
    expect(sources[0]?.closeCount).toBe(1)
    const last = parseCompound(client.frames.at(-1)?.payload ?? Buffer.alloc(0))
    expect(last.at(-1)).toMatchObject({ type: 'bye' })
  })

  it('does not wait for a source that is never there', async () => {
    const server = await startServer()
    server.mounts.add('/never', new MediaFactory(() => new Promise<never>(() => {})))
    server.on('requestFailed', () => {})
    const client = await connectTo(server)
    const described = client.request('DESCRIBE', urlOf(server, '/never'))
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    await server.close()
    expect((await described).statusCode).toBe(503)
  })

  it('leaves a pool of the application open, without its own sessions', async () => {
    const pool = new SessionPool()
    const server = await startServer({ pool })
    mountCamera(server)
    const own = pool.create()
    const client = await connectTo(server)
    const { clientPort } = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${clientPort}`
    const url = urlOf(server, '/cam')
    await inSession(client, 'PLAY', url, await readySession(client, url, transport))
    const closed = once(server, 'connectionClosed')
    await client.close()
    await closed
    await server.close()
    expect([pool.closed, [...pool.values()]]).toEqual([false, [own]])
    expect(pool.listenerCount('sessionRemoved')).toBe(0)
    pool.close()
  })

  it('leaves no timer', async () => {
    const { server, clock, url, client } = await scene().camera().client().start()
    await inSession(client, 'PLAY', url, await readySession(client, url))
    expect(clock.pendingTimers).toBeGreaterThan(0)
    await server.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('can be closed while it begins to listen, and before', async () => {
    const server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: [40_000, 41_000] })
    const listening = server.listen()
    await server.close()
    await listening
    await expect(server.listen()).rejects.toThrow(TypeError)
    await new RtspServer({ port: 0 }).close()
  })

  it('that could not take its port can listen again', async () => {
    const taken = await startServer()
    const pool = new SessionPool()
    const server = new RtspServer({ port: taken.address().port, host: '127.0.0.1', pool })
    await expect(server.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(pool.listenerCount('sessionRemoved')).toBe(0)
    await taken.close()
    await server.listen()
    await server.close()
  })
})
