import { describe, expect, it } from 'vitest'
import { inSession, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { realTimeScene } from '../../support/scene.js'
import { connectTo, openUdpPorts, rtpPacket } from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

describe('SETUP many times', () => {
  it('10,000 SETUPs of one track, good and bad, leave one transport, and it plays', {
    tags: 'B-TWICE',
  }, async () => {
    const { server, sources, url } = await realTimeScene().camera().start()
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
    await until(() => client.frames.length === 1)
    expect(sources[0]?.output?.tracks[0]?.readerCount).toBe(1)
  })

  it('2,000 times SETUP and TEARDOWN leave nothing', { tags: 'B-FULL' }, async () => {
    const { server, sources, url } = await realTimeScene({ pool: { maxSessions: 1 } })
      .camera()
      .start()
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
    const { pressure } = server.stats()
    expect(server.stats()).toEqual({ ...before, media: 1, pressure })
    const { size, created, highWaterMark, removed } = server.pool.stats()
    expect([size, created, highWaterMark, removed.teardown]).toEqual([0, 2_000, 1, 2_000])
    expect([sources.length, sources[0]?.startCount]).toEqual([1, 0])
  })
})
