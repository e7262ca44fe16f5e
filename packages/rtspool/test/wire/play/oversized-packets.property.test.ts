import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type OversizedPacket, RtspServer } from '../../../src/index.js'
import { inSession, mountCamera, setUp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf, type UdpTestPorts } from '../../support/rtsp-client.js'
import { realTimeScene } from '../../support/scene.js'
import { describedOffers, receiverFor } from '../../support/srtp-peer.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  joinGroup,
  openUdpPorts,
  play,
  rtpPacket,
  startServer,
  testCertificate,
  testSdp,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')
const fullBytes = 1472
const headerBytes = 12

/** A packet of this many bytes, which begins a key frame of H.264. */
const packetOf = (sequenceNumber: number, sizeBytes: number) =>
  rtpPacket({
    sequenceNumber,
    marker: true,
    payload: Buffer.alloc(sizeBytes - headerBytes, 0x65),
  })

const sizesOf = (packets: readonly Buffer[]) => packets.map((packet) => packet.length)

const videoOf = (client: RtspTestClient): Buffer[] =>
  client.frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)

/** Sends packets of these sizes; all have come through when the publisher's own answer comes back. */
async function send(publisher: RtspTestClient, sizes: readonly number[], first = 1) {
  for (const [index, size] of sizes.entries()) {
    publisher.sendFrame(0, packetOf(first + index, size))
  }
  await publisher.request('OPTIONS', '*')
}

let told: OversizedPacket[] = []
const listen = (message: unknown): void => void told.push(message as OversizedPacket)
beforeEach(() => {
  told = []
  subscribe('rtspool:oversized-packet', listen)
})
afterEach(() => {
  unsubscribe('rtspool:oversized-packet', listen)
})

async function expectReceived(ports: UdpTestPorts, sizes: readonly number[]) {
  await until(() => ports.rtp.length >= sizes.length)
  expect(sizesOf(ports.rtp)).toEqual(sizes)
}

describe.each([
  ['system calls', true],
  ['Node', false],
])('packets larger than a datagram, sent by %s', { tags: 'A-RTP-3' }, (_name, nativeSockets) => {
  it('are sent to TCP viewers only; they are counted, and published once a track', async () => {
    const {
      server,
      url,
      publisher,
      viewer: tcpViewer,
    } = await realTimeScene({ nativeSockets }).publisher().viewer(['TCP']).start()
    const ports = await openUdpPorts()
    await play(await connectTo(server), url, [ports])

    const sizes = [fullBytes, fullBytes + 1, 10_000, 65_535, 100]
    await send(publisher, sizes)
    await send(publisher, [10_000, 200], 6)

    await until(() => videoOf(tcpViewer).length >= 7)
    expect(sizesOf(videoOf(tcpViewer))).toEqual([...sizes, 10_000, 200])
    await expectReceived(ports, [fullBytes, 100, 200])
    const [, tcp, udp] = [...server.pool.values()].map(({ stats }) => stats)
    expect(tcp).toMatchObject({ packetsOut: 7, packetsDropped: 0 })
    expect(udp).toMatchObject({
      packetsOut: 3,
      bytesOut: fullBytes + 100 + 200,
      packetsDropped: 4,
    })
    expect(server.stats().oversizedPackets).toBe(4)
    const oversized = { path: '/live/cam', sizeBytes: fullBytes + 1, maxDatagramBytes: fullBytes }
    expect(told).toEqual([{ ...oversized, track: 0 }])

    const audioPorts = await openUdpPorts()
    await play(await connectTo(server), url, [await openUdpPorts(), audioPorts])
    publisher.sendFrame(2, packetOf(1, 2000))
    publisher.sendFrame(2, packetOf(2, 300))
    await expectReceived(audioPorts, [300])
    expect(told.slice(1)).toEqual([{ ...oversized, track: 1, sizeBytes: 2000 }])
  })

  it("are left out of a new UDP viewer's first packets", async () => {
    const { server, url, publisher } = await realTimeScene({ nativeSockets })
      .publisher(['TCP'], '/live/cam', h264Sdp)
      .start()
    await send(publisher, [500, 10_000, 600])
    const ports = await openUdpPorts()
    await play(await connectTo(server), url, [ports])
    await send(publisher, [10_000, 700], 4)
    await expectReceived(ports, [500, 600, 700])
    const [, viewer] = [...server.pool.values()].map(({ stats }) => stats)
    expect(viewer).toMatchObject({ packetsOut: 3, packetsDropped: 2 })
    expect(server.stats().oversizedPackets).toBe(2)
  })

  it('are not sent to multicast groups; each of their viewers counts them', async () => {
    const groups = nativeSockets ? '239.255.16.0/28' : '239.255.16.16/28'
    const multicast = {
      groups,
      ports: [45_100, 45_103],
      interface: '127.0.0.1',
    } as const
    const { server, url, publisher } = await realTimeScene({ nativeSockets, multicast })
      .publisher(['TCP'])
      .start()
    let group = ''
    for (let n = 0; n < 2; n++) {
      const client = await connectTo(server)
      const response = await setUp(client, `${url}/trackID=0`, 'RTP/AVP;multicast')
      await inSession(client, 'PLAY', url, sessionIdOf(response))
      group = /destination=([^;]+)/.exec(response.headers.get('Transport') ?? '')?.[1] ?? ''
    }
    const member = await joinGroup(group, 45_100)
    await send(publisher, [fullBytes, 10_000, 100])
    await until(() => member.packets.length >= 2)
    expect(sizesOf(member.packets)).toEqual([fullBytes, 100])
    const [, ...viewers] = [...server.pool.values()].map(({ stats }) => stats)
    for (const stats of viewers) expect(stats).toMatchObject({ packetsOut: 2, packetsDropped: 1 })
    expect(server.stats()).toMatchObject({ oversizedPackets: 1, multicast: { packetsOut: 2 } })
  })

  it.each([
    ['1000', 1000, [1000]],
    ['0: whatever UDP takes', 0, [1000, 1001, 10_000]],
  ] as const)('are those above maxDatagramBytes %s', async (_limit, maxDatagramBytes, received) => {
    const { server, url, publisher } = await realTimeScene({ nativeSockets, maxDatagramBytes })
      .publisher(['TCP'])
      .start()
    const ports = await openUdpPorts()
    await play(await connectTo(server), url, [ports])
    await send(publisher, [1000, 1001, 10_000, 65_535, 50])
    await expectReceived(ports, [...received, 50])
    expect(server.stats().oversizedPackets).toBe(4 - received.length)
  })

  it('are measured before SRTP', async () => {
    const tls = { port: 0, ...testCertificate('first') }
    const server = await startServer({ nativeSockets, tls })
    const sources = mountCamera(server)
    const url = `rtsps://127.0.0.1:${server.tlsAddress().port}/cam`
    const client = await connectTlsTo(server)
    const [offer] = describedOffers(await expectOk(client, 'DESCRIBE', url))
    if (!offer) throw new Error('a key expected')
    const ports = await openUdpPorts()
    const setup = await expectOk(client, 'SETUP', `${url}/trackID=0`, {
      headers: { Transport: `RTP/SAVP;unicast;client_port=${ports.clientPort}` },
    })
    await inSession(client, 'PLAY', url, sessionIdOf(setup))
    for (const [index, size] of [fullBytes, fullBytes + 1, 100].entries()) {
      pushTo(sources, 0, packetOf(index, size))
    }
    await until(() => ports.rtp.length >= 2)
    const receiver = receiverFor(offer)
    expect(sizesOf(ports.rtp.flatMap((packet) => receiver.open(packet) ?? []))).toEqual([
      fullBytes,
      100,
    ])
    const tagBytes = offer.master.suite.rtpTagBytes
    expect(sizesOf(ports.rtp)).toEqual([fullBytes + tagBytes, 100 + tagBytes])
    expect(server.stats().oversizedPackets).toBe(1)
    expect(told).toMatchObject([{ sizeBytes: fullBytes + 1 }])
  })
})

it.each([-1, 1.5, 65_508])(
  'maxDatagramBytes %s is refused',
  { tags: 'A-RTP-3' },
  (maxDatagramBytes) => {
    expect(() => new RtspServer({ maxDatagramBytes })).toThrow(
      new RangeError(
        `maxDatagramBytes must be an integer from 0 to 65507, got ${maxDatagramBytes}`,
      ),
    )
  },
)
