import { describe, expect, it } from 'vitest'
import { inSession, mountCamera, readySession } from '../../support/dialogue.js'
import { connectTo, expectOk, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'

describe('TEARDOWN', () => {
  it.each(['TCP', 'UDP'])('A-TRD-1 gives everything back at once: %s', async (over) => {
    const server = await startServer()
    const sources = mountCamera(server, '/cam', { lingerSeconds: 0 })
    const url = urlOf(server, '/cam')
    const client = await connectTo(server)
    const removed: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
    const udp = `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
    const session = await readySession(client, url, over === 'UDP' ? udp : undefined)
    await inSession(client, 'PLAY', url, session)
    expect((await inSession(client, 'TEARDOWN', `${url}/`, session)).statusCode).toBe(200)
    expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0, channels: 0, connections: 1 })
    expect(removed).toEqual(['teardown'])
    expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(454)
    expect(sources[0]?.output?.tracks.map(({ readerCount }) => readerCount)).toEqual([0, 0])
  })

  it('A-TRD-2 of one track of two is 460, and both stay', async () => {
    const server = await startServer()
    mountCamera(server)
    const url = urlOf(server, '/cam')
    const client = await connectTo(server)
    const session = await readySession(client, url)
    expect((await inSession(client, 'TEARDOWN', `${url}/trackID=0`, session)).statusCode).toBe(460)
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 4 })
  })

  it('A-TRD-4 with a wrong session is 454, and ends none', async () => {
    const server = await startServer()
    mountCamera(server)
    const url = urlOf(server, '/cam')
    const client = await connectTo(server)
    await readySession(client, url)
    expect((await inSession(client, 'TEARDOWN', url, 'nobody')).statusCode).toBe(454)
    expect(server.pool.size).toBe(1)
    await expectOk(client, 'OPTIONS', '*')
  })

  it('several sessions of one connection end one by one', async () => {
    const server = await startServer()
    mountCamera(server)
    const url = urlOf(server, '/cam')
    const client = await connectTo(server)
    const sessions = [await readySession(client, url), await readySession(client, url)]
    for (const [at, session] of sessions.entries()) {
      await inSession(client, 'PLAY', url, session)
      expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
      expect(server.stats()).toMatchObject({ sessions: 1 - at, channels: 4 * (1 - at) })
    }
  })
})
