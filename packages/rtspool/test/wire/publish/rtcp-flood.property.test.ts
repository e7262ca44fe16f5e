import { createSocket } from 'node:dgram'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, it, onTestFinished } from 'vitest'
import { parseTransport } from '../../../src/rtsp/index.js'
import { inSession, readySession, setUp } from '../../support/dialogue.js'
import { receiverReportOf } from '../../support/rtcp.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { realTimeScene } from '../../support/scene.js'
import { openUdpPorts, rtpPacket } from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

const ssrc = 77
const flood = 50_000
const batch = 50

it('50,000 reports as fast as they go, forged ones, broken ones and those of a viewer, cost an honest viewer nothing', {
  tags: 'B-RTCP',
}, async () => {
  const { server, sources, url, client } = await realTimeScene().camera().client().start()
  await inSession(client, 'PLAY', url, await readySession(client, url))
  const ports = await openUdpPorts()
  const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
  const response = await setUp(client, `${url}/trackID=0`, transport)
  await inSession(client, 'PLAY', url, sessionIdOf(response))
  const [spec] = parseTransport(response.headers.get('Transport') ?? '')
  const port = spec?.serverPort?.[1] ?? 0

  const stranger = createSocket('udp4')
  onTestFinished(() => void stranger.close())
  const floods = [
    [stranger, receiverReportOf({ ssrc })],
    [stranger, Buffer.alloc(1400, 0xff)],
    [ports.rtcpSocket, receiverReportOf({ ssrc })],
    [ports.rtcpSocket, Buffer.from('no RTCP')],
  ] as const
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let pushed = 0
  for (let sent = 0; sent < flood; sent += batch) {
    for (let n = 0; n < batch; n++) {
      const [socket, datagram] = floods[n % floods.length] as (typeof floods)[number]
      socket.send(datagram, port, '127.0.0.1')
    }
    const packet = rtpPacket({
      sequenceNumber: ++pushed,
      ssrc,
      payload: Buffer.alloc(1000),
      marker: true,
    })
    pushTo(sources, 0, packet)
    await nextTurn()
  }
  await until(() => client.frames.filter(({ channel }) => channel === 0).length === pushed)
  delay.disable()
  const numbers = client.frames
    .filter(({ channel }) => channel === 0)
    .map(({ payload }) => payload.readUInt16BE(2))
  expect(numbers).toEqual(Array.from({ length: pushed }, (_, n) => n + 1))
  // Attackers and server share this process: the bound is for both.
  expect(delay.percentile(99) / 1e6).toBeLessThan(250)
  expect(server.stats().rejectedRtcp).toBeGreaterThan(flood / 20)
  expect(server.stats().sessions).toBe(2)
})
