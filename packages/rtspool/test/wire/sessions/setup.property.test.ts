import { describe, expect, it } from 'vitest'
import { inSession, mountCamera, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTo,
  openUdpPorts,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'

describe('SETUP many times', () => {
  it('B-TWICE 10,000 SETUPs of one track, good and bad, leave one transport, and it plays', async () => {
    const server = await startServer()
    const sources = mountCamera(server)
    const url = urlOf(server, '/cam')
    const video = `${url}/trackID=0`
    const client = await connectTo(server)
    const ports = await openUdpPorts()
    const offers = [tcp, `RTP/AVP;unicast;client_port=${ports.clientPort}`, 'RTP/FOO;unicast']
    const session = sessionIdOf(await setUp(client, video))
    for (let round = 0; round < 100; round++) {
      const repeats = Array.from({ length: 100 }, (_, n) => offers[n % offers.length] ?? tcp)
      const answers = await Promise.all(
        repeats.map((offer) => setUp(client, video, offer, session)),
      )
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(
        repeats.map((offer) => (offer === 'RTP/FOO;unicast' ? 461 : 200)),
      )
      const { sessions, udpPeers, channels } = server.stats()
      expect([sessions, udpPeers + channels]).toEqual([1, 2])
    }
    await setUp(client, video, tcp, session)
    await inSession(client, 'PLAY', url, session)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await client.framesUntil((frames) => frames.length === 1)
    expect(sources[0]?.output?.tracks[0]?.readerCount).toBe(1)
  })

  it('B-FULL 2,000 times SETUP and TEARDOWN leave nothing', async () => {
    const server = await startServer({ pool: { maxSessions: 1 } })
    const sources = mountCamera(server)
    const url = urlOf(server, '/cam')
    const ports = await openUdpPorts()
    const transports = [tcp, `RTP/AVP;unicast;client_port=${ports.clientPort}`]
    const client = await connectTo(server)
    const before = server.stats()
    for (let n = 0; n < 2_000; n++) {
      const response = await setUp(client, `${url}/trackID=0`, transports[n % 2])
      expect(response.statusCode).toBe(200)
      await inSession(client, 'TEARDOWN', url, sessionIdOf(response))
    }
    // The source waits for another viewer.
    expect(server.stats()).toEqual({ ...before, media: 1 })
    const { size, created, highWaterMark, removed } = server.pool.stats()
    expect([size, created, highWaterMark, removed.teardown]).toEqual([0, 2_000, 1, 2_000])
    expect([sources.length, sources[0]?.startCount]).toEqual([1, 0])
  })
})
