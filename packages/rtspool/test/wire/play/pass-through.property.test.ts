import { randomBytes, randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RtspTestClient, UdpTestPorts } from '../../support/rtsp-client.js'
import { realTimeScene } from '../../support/scene.js'
import {
  connectTo,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const packetCount = 1000
/** Wraps in the middle of the packets. */
const firstSequenceNumber = 65_536 - packetCount / 2

/** Packets of random content and size; over UDP they must fit an Ethernet frame. */
function randomPackets(maxPayload: number): Buffer[] {
  return Array.from({ length: packetCount }, (_, index) =>
    rtpPacket({
      sequenceNumber: (firstSequenceNumber + index) % 65_536,
      timestamp: (0xffff_0000 + index * 3000) >>> 0,
      marker: randomInt(2) === 1,
      payload: randomBytes(randomInt(1, maxPayload)),
    }),
  )
}

const rtpOf = (client: RtspTestClient): Buffer[] =>
  client.frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)

function expectSame(received: readonly Buffer[], sent: readonly Buffer[]): void {
  expect(received.length).toBe(sent.length)
  for (const [index, packet] of sent.entries()) {
    if (!received[index]?.equals(packet)) expect(received[index]).toEqual(packet)
  }
}

/** In portions, so that no socket buffer of the machine has to hold everything. */
async function sendInPortions(packets: readonly Buffer[], send: (packet: Buffer) => void) {
  for (let start = 0; start < packets.length; start += 25) {
    for (const packet of packets.slice(start, start + 25)) send(packet)
    await nextTurn()
  }
}

describe.each([
  ['system calls', true],
  ['Node', false],
])(
  'packets pass byte for byte, in order, across a wrap, sent by %s',
  { tags: 'A-PAY-9' },
  (_name, nativeSockets) => {
    it('from a TCP publisher to a TCP viewer and a UDP viewer', async () => {
      const {
        server,
        url,
        publisher,
        viewer: tcpViewer,
        client: udpViewer,
      } = await realTimeScene({ nativeSockets }).publisher(['TCP']).viewer(['TCP']).client().start()
      const ports = await openUdpPorts()
      await play(udpViewer, url, [ports])

      const packets = randomPackets(1400)
      await sendInPortions(packets, (packet) => publisher.sendFrame(0, packet))

      await until(() => rtpOf(tcpViewer).length >= packetCount)
      await until(() => ports.rtp.length >= packetCount)
      expectSame(rtpOf(tcpViewer), packets)
      expectSame(ports.rtp, packets)
      const sizeBytes = Buffer.concat(packets).length
      expect([...server.pool.values()].map(({ stats }) => stats)).toMatchObject([
        { packetsIn: packetCount, bytesIn: sizeBytes },
        { packetsOut: packetCount, bytesOut: sizeBytes, packetsDropped: 0 },
        { packetsOut: packetCount, bytesOut: sizeBytes, packetsDropped: 0 },
      ])
    })

    it('from a UDP publisher to a TCP viewer and a UDP viewer', async () => {
      const server = await startServer({ nativeSockets })
      const url = urlOf(server, '/live/cam')
      const publisher = await connectTo(server)
      const source = await openUdpPorts()
      const { setups } = await publish(publisher, url, [source])
      const serverPort = serverPortOf(setups[0]?.headers.get('Transport') ?? '')
      const tcpViewer = await connectTo(server)
      await play(tcpViewer, url, ['TCP'])
      const udpViewer = await connectTo(server)
      const ports: UdpTestPorts = await openUdpPorts()
      await play(udpViewer, url, [ports])

      const packets = randomPackets(1400)
      await sendInPortions(packets, (packet) =>
        source.rtpSocket.send(packet, serverPort, '127.0.0.1'),
      )

      await until(() => rtpOf(tcpViewer).length >= packetCount)
      await until(() => ports.rtp.length >= packetCount)
      expectSame(rtpOf(tcpViewer), packets)
      expectSame(ports.rtp, packets)
    })

    it('packets of up to 65,535 bytes between TCP publisher and TCP viewers on several channels', async () => {
      const { server, url, publisher } = await realTimeScene({ nativeSockets })
        .publisher(['TCP'])
        .start()
      const viewers = [await connectTo(server), await connectTo(server)]
      for (const viewer of viewers) await play(viewer, url, ['TCP'])

      const packets = randomPackets(65_535 - 12).slice(0, 100)
      await sendInPortions(packets, (packet) => publisher.sendFrame(0, packet))

      for (const viewer of viewers) {
        await until(() => rtpOf(viewer).length >= packets.length)
        expectSame(rtpOf(viewer), packets)
      }
    })
  },
)

function serverPortOf(transport: string): number {
  return Number(/server_port=(\d+)/.exec(transport)?.[1])
}

describe('formats that the server does not read pass through', () => {
  it.each([
    ['A-PAY-6', 'JPEG', 26, [], '00000000 01 ff 28 1e 00000000'],
    ['A-PAY-7', 'AV1', 98, ['a=rtpmap:98 AV1/90000', 'a=fmtp:98 profile=0'], '10 0a0b 0000'],
    ['A-PAY-8', 'MPEG-TS', 33, [], `47${'00'.repeat(187)}`],
  ] as const)('%s %s', async (_row, _name, payloadType, attributes, payload) => {
    const server = await startServer()
    const url = urlOf(server, '/live/cam')
    const publisher = await connectTo(server)
    const media = [`m=video 0 RTP/AVP ${payloadType}`, ...attributes, 'a=control:streamid=0']
    const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=test', 't=0 0']
    await publish(publisher, url, ['TCP'], [...session, ...media, ''].join('\r\n'))
    const viewer = await connectTo(server)
    const { body } = await viewer.request('DESCRIBE', url)
    const lines = body.toString().split('\r\n')
    expect(lines).toEqual(expect.arrayContaining(media.slice(0, -1)))
    await play(viewer, url, ['TCP'])
    const packet = rtpPacket({
      sequenceNumber: 1,
      timestamp: 3000,
      payloadType,
      marker: true,
      payload: Buffer.from(payload.replaceAll(' ', ''), 'hex'),
    })
    publisher.sendFrame(0, packet)
    await until(() => rtpOf(viewer).length === 1)
    expect(rtpOf(viewer)).toEqual([packet])
  })
})
