import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ForeignPort, RtspServer } from '../../../src/index.js'
import { serializeCompound } from '../../../src/rtcp/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import type { UdpTestPorts } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'
import { warningsDuring } from '../../support/warnings.js'

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

type Protocol = ForeignPort['protocol']

const packets = {
  RTP: (ssrc = 7) => rtpPacket({ sequenceNumber: 1, ssrc }),
  RTCP: (ssrc = 7) => serializeCompound([{ type: 'receiverReport', ssrc, reports: [] }]),
}

/** A server, what it tells of foreign ports, and how datagrams come to it. */
async function scene(host = '127.0.0.1') {
  const server = await startServer({ host })
  const told: ForeignPort[] = []
  const listener = (message: unknown) => void told.push(message as ForeignPort)
  subscribe('rtspool:foreign-port', listener)
  onTestFinished(() => void unsubscribe('rtspool:foreign-port', listener))
  const probe = await connectTo(server)
  await publish(await connectTo(server), urlOf(server, '/live/probe'))
  const { session, setups } = await play(probe, urlOf(server, '/live/probe'), [
    await openUdpPorts(host),
  ])
  const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
  const [rtpPort = 0, rtcpPort = 0] = spec?.serverPort ?? []
  await expectOk(probe, 'TEARDOWN', urlOf(server, '/live/probe'), { headers: { Session: session } })
  const send = (from: UdpTestPorts, protocol: Protocol, packet = packets[protocol]()) => {
    const [socket, port] =
      protocol === 'RTP' ? [from.rtpSocket, rtpPort] : [from.rtcpSocket, rtcpPort]
    return new Promise<void>((resolve) => socket.send(packet, port, host, () => resolve()))
  }
  const rejected = (protocol: Protocol) =>
    server.stats()[protocol === 'RTP' ? 'rejectedRtp' : 'rejectedRtcp']
  /** Sends datagrams that are to be dropped. */
  const sendForeign = async (from: UdpTestPorts, protocol: Protocol, count = 1, ssrc = 7) => {
    const before = rejected(protocol)
    for (let n = 0; n < count; n++) await send(from, protocol, packets[protocol](ssrc))
    await until(() => rejected(protocol) === before + count)
  }
  return { server, told, host, send, sendForeign }
}

const sessionsOf = (server: RtspServer) => server.pool.list().sessions

/** Sets tracks up by UDP, one for each pair of ports. */
async function join(
  server: RtspServer,
  client: ForeignPort['client'],
  path: string,
  ports: readonly UdpTestPorts[],
): Promise<() => Promise<unknown>> {
  const connection = await connectTo(server)
  const url = urlOf(server, path)
  const { session } = await (client === 'publisher' ? publish : play)(connection, url, ports)
  return () => expectOk(connection, 'TEARDOWN', url, { headers: { Session: session } })
}

describe.each(['127.0.0.1', '::1'])('N3 over %s', (host) => {
  it.skipIf(host === '::1' && !hasIpv6).each([
    ['publisher', 'RTP'],
    ['publisher', 'RTCP'],
    ['viewer', 'RTP'],
    ['viewer', 'RTCP'],
  ] as const)(
    '%s: %s from another port is told once',
    { tags: ['B-RTP', 'B-RTCP'] },
    async (client, protocol) => {
      const { server, told, sendForeign } = await scene(host)
      const [own, foreign] = [await openUdpPorts(host), await openUdpPorts(host)]
      const path = client === 'publisher' ? '/live/cam' : '/live/probe'
      await join(server, client, path, [own])
      await sendForeign(foreign, protocol, 20)
      const offset = protocol === 'RTP' ? 0 : 1
      expect(told).toEqual([
        {
          ...{ path, track: 0, client, address: host, protocol },
          announcedPort: own.port + offset,
          seenPort: foreign.port + offset,
        },
      ])
    },
  )
})

describe('N3 packets from another port than announced', () => {
  it('are reported for each track without packets, and only for those', {
    tags: 'B-RTP',
  }, async () => {
    const { server, told, send, sendForeign } = await scene()
    const [first, second, third] = [
      await openUdpPorts(),
      await openUdpPorts(),
      await openUdpPorts(),
    ]
    const foreign = await openUdpPorts()
    await join(server, 'publisher', '/live/two', [first, second])
    await join(server, 'publisher', '/live/one', [third])
    await send(first, 'RTP')
    await until(() => sessionsOf(server).some(({ stats }) => stats.packetsIn > 0))
    await sendForeign(foreign, 'RTP', 3, 99)
    expect(new Set(told.map(({ path, track }) => `${path} ${track}`))).toEqual(
      new Set(['/live/two 1', '/live/one 0']),
    )
    expect(told).toHaveLength(2)
  })

  it('concern no viewer if they are media: a stray publisher is reported to publishers only', {
    tags: 'B-RTP',
  }, async () => {
    const { server, told, send, sendForeign } = await scene()
    const foreign = await openUdpPorts()
    for (let n = 0; n < 5; n++) {
      await join(server, 'viewer', '/live/probe', [await openUdpPorts()])
    }
    const media = rtpPacket({ sequenceNumber: 1, ssrc: 7, payload: Buffer.alloc(100) })
    const { rejectedRtp } = server.stats()
    await send(foreign, 'RTP', media)
    await until(() => server.stats().rejectedRtp === rejectedRtp + 1)
    expect(told).toEqual([])
    await join(server, 'publisher', '/live/cam', [await openUdpPorts()])
    await send(foreign, 'RTP', media)
    await until(() => server.stats().rejectedRtp === rejectedRtp + 2)
    expect(told).toMatchObject([{ path: '/live/cam', client: 'publisher', protocol: 'RTP' }])
    await sendForeign(foreign, 'RTP', 3)
    expect(told.slice(1).map(({ client }) => client)).toEqual(Array(5).fill('viewer'))
  })

  it('are reported when a NAT forgets a publisher: the same SSRC arrives from a new port', {
    tags: 'B-RTP',
  }, async () => {
    const { server, told, send, sendForeign } = await scene()
    const [first, second, foreign] = [
      ...[await openUdpPorts(), await openUdpPorts(), await openUdpPorts()],
    ] as const
    await join(server, 'publisher', '/live/a', [first])
    await join(server, 'publisher', '/live/b', [second])
    await send(first, 'RTP', packets.RTP(1))
    await send(second, 'RTP', packets.RTP(2))
    await until(() => sessionsOf(server).filter(({ stats }) => stats.packetsIn > 0).length === 2)
    await sendForeign(foreign, 'RTP', 5, 3)
    expect(told).toEqual([])
    await sendForeign(foreign, 'RTP', 5, 2)
    expect(told).toMatchObject([{ path: '/live/b', seenPort: foreign.port }])
  })

  it('are not learned: only the announced port is accepted', { tags: 'B-RTP' }, async () => {
    const { server, send, sendForeign } = await scene()
    const [own, foreign] = [await openUdpPorts(), await openUdpPorts()]
    await join(server, 'publisher', '/live/cam', [own])
    const packetsIn = () => sessionsOf(server).reduce((sum, { stats }) => sum + stats.packetsIn, 0)
    await sendForeign(foreign, 'RTP', 50)
    expect(packetsIn()).toBe(0)
    await send(own, 'RTP')
    await until(() => packetsIn() === 1)
  })

  it('mean nothing from an address without a session', { tags: 'B-RTP' }, async () => {
    const { server, told, sendForeign } = await scene()
    const [own, neighbour, foreign] = [
      ...[await openUdpPorts(), await openUdpPorts('127.0.0.2'), await openUdpPorts()],
    ] as const
    const leave = await join(server, 'publisher', '/live/cam', [own])
    await sendForeign(neighbour, 'RTP', 3)
    expect(told).toEqual([])
    await leave()
    await sendForeign(foreign, 'RTP', 3)
    await sendForeign(own, 'RTP', 3)
    expect(told).toEqual([])
  })

  it('are reported for a session that reuses the ports of an ended one', {
    tags: 'B-RTP',
  }, async () => {
    const { server, told, sendForeign } = await scene()
    const [own, foreign] = [await openUdpPorts(), await openUdpPorts()]
    const leave = await join(server, 'publisher', '/live/first', [own])
    await leave()
    await join(server, 'publisher', '/live/second', [own])
    await sendForeign(foreign, 'RTP', 3)
    expect(told.map(({ path }) => path)).toEqual(['/live/second'])
  })

  it('are a process warning without a subscriber', { tags: 'B-RTP' }, async () => {
    const server = await startServer()
    const [own, foreign] = [await openUdpPorts(), await openUdpPorts()]
    const connection = await connectTo(server)
    const { setups } = await publish(connection, urlOf(server, '/live/cam'), [own])
    const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
    const warnings = await warningsDuring(async () => {
      foreign.rtpSocket.send(packets.RTP(), spec?.serverPort?.[0] ?? 0, '127.0.0.1')
      await until(() => server.stats().rejectedRtp === 1)
    })
    expect(warnings).toEqual([
      [
        'RTSPOOL_FOREIGN_PORT',
        `/live/cam: RTP comes from port ${foreign.port} of 127.0.0.1, and the publisher of track 0 announced ${own.port}`,
      ],
    ])
  })
})
