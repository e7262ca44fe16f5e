import { describe, expect, it } from 'vitest'
import { inSession, readySession, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  publish,
  rtpPacket,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

async function camera() {
  const { server, clock, client } = await scene({
    udpLiveness: 'client',
  })
    .camera()
    .client()
    .start()
  return { clock, server, client, url: urlOf(server, '/cam') }
}

/** An empty receiver report (RFC 3550 section 6.4.2). */
const receiverReport = Buffer.from('80c9000112345678', 'hex')

describe('the streaming specification of ONVIF', () => {
  it('demands these methods', { tags: 'A-ONV-1' }, async () => {
    const { client, url } = await camera()
    const { headers } = await expectOk(client, 'OPTIONS', url)
    const methods = headers.get('Public')?.split(', ')
    for (const method of ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN']) {
      expect(methods).toContain(method)
    }
  })

  it('demands UDP, and recommends interleaved TCP', { tags: 'A-ONV-2' }, async () => {
    const { client, url } = await camera()
    const ports = await openUdpPorts()
    for (const transport of [tcp, `RTP/AVP;unicast;client_port=${ports.clientPort}`]) {
      const session = await readySession(client, url, transport)
      expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(200)
      await inSession(client, 'TEARDOWN', url, session)
    }
  })

  it.each(['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'PLAY', 'a receiver report'])(
    'counts %s as a sign of life, and states the timeout',
    { tags: 'A-ONV-3' },
    async (sign) => {
      const { clock, client, server, url } = await camera()
      const headers = { Transport: tcp }
      const response = await expectOk(client, 'SETUP', `${url}/trackID=0`, { headers })
      expect(response.headers.get('Session')).toMatch(/;timeout=60$/)
      const session = sessionIdOf(response)
      expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(200)
      for (let n = 0; n < 5; n++) {
        clock.advance(50_000)
        if (sign === 'a receiver report') client.sendFrame(1, receiverReport)
        else await inSession(client, sign, url, session)
        // Behind the report on the same connection: it has been read when this is answered.
        await expectOk(client, 'OPTIONS', '*')
      }
      expect(server.pool.size).toBe(1)
    },
  )

  it('lets a session end that shows none', { tags: 'A-ONV-3' }, async () => {
    const { clock, client, server, url } = await camera()
    const ports = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = await readySession(client, url, udp)
    await inSession(client, 'PLAY', url, session)
    clock.advance(70_000)
    expect(server.pool.size).toBe(0)
  })

  it('metadata pass through unchanged', { tags: 'A-ONV-9' }, async () => {
    const { client, server } = await camera()
    const url = urlOf(server, '/live/metadata')
    const rtpmap = 'vnd.onvif.metadata/90000'
    const sdp = testSdp.replace('X-foo/90000', rtpmap).replace('m=video', 'm=application')
    await publish(client, url, ['TCP', 'TCP'], sdp)
    const viewer = await connectTo(server)
    const { body } = await expectOk(viewer, 'DESCRIBE', url)
    expect(body.toString()).toContain('m=application 0 RTP/AVP 96')
    expect(body.toString()).toContain(`a=rtpmap:96 ${rtpmap}`)
    const session = await readySession(viewer, url)
    await inSession(viewer, 'PLAY', url, session)
    const packet = rtpPacket({ sequenceNumber: 7, payload: Buffer.from('<tt:MetadataStream/>') })
    client.sendFrame(0, packet)
    await until(() => viewer.frames.some(({ payload }) => payload.equals(packet)))
  })
})
