import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { parseTransport } from '../../../src/rtsp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
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

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

describe.skipIf(!hasIpv6)('IPv6 (skipped without ::1)', () => {
  it('Content-Base has the address in brackets', { tags: 'A-DES-9' }, async () => {
    const server = await startServer({ host: '::1' })
    const url = urlOf(server, '/live/cam')
    await publish(await connectTo(server), url)
    const client = await connectTo(server)
    for (const uri of [url, '/live/cam']) {
      const { headers } = await expectOk(client, 'DESCRIBE', uri)
      expect(headers.get('Content-Base')).toBe(`rtsp://[::1]:${server.address().port}/live/cam/`)
    }
  })

  it('the address in c= is null in the family of the client', { tags: 'A-DES-6' }, async () => {
    const server = await startServer({ host: '::' })
    await publish(await connectTo(server), urlOf(server, '/live/cam'))
    const connections: (string | undefined)[] = []
    for (const host of ['::1', '127.0.0.1', '::1']) {
      const { body } = await expectOk(
        await connectTo(server, undefined, host),
        'DESCRIBE',
        urlOf(server, '/live/cam'),
      )
      const { session, media } = parseSdp(body)
      connections.push(session.value('c'))
      expect(media.map((section) => section.section.value('c'))).toEqual([undefined, undefined])
    }
    expect(connections).toEqual(['IN IP6 ::', 'IN IP4 0.0.0.0', 'IN IP6 ::'])
  })

  it('media pass from UDP and TCP publishers to UDP and TCP viewers', async () => {
    const server = await startServer({ host: '::1' })
    const source = await openUdpPorts('::1')
    for (const [path, carrier] of [
      ['/live/udp', source],
      ['/live/tcp', 'TCP'],
    ] as const) {
      const url = urlOf(server, path)
      const publisher = await connectTo(server)
      const { setups } = await publish(publisher, url, [carrier])
      const viewer = await connectTo(server)
      await play(viewer, url, ['TCP'])
      const ports = await openUdpPorts('::1')
      await play(await connectTo(server), url, [ports])
      const packet = rtpPacket({ sequenceNumber: 1, marker: true })
      const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
      if (carrier === 'TCP') publisher.sendFrame(0, packet)
      else carrier.rtpSocket.send(packet, spec?.serverPort?.[0] ?? 0, '::1')
      await until(() => ports.rtp.length === 1)
      await until(() => viewer.frames.some(({ channel }) => channel === 0))
      expect(ports.rtp[0]).toEqual(packet)
    }
  })

  it('a server on all addresses serves both families, and knows IPv4 clients by their IPv4 address', async () => {
    const server = await startServer({ host: '::' })
    const url = `rtsp://127.0.0.1:${server.address().port}/live/cam`
    const addresses: string[] = []
    server.on('connectionOpened', ({ remoteAddress }) => addresses.push(remoteAddress))
    const publisher = await connectTo(server, undefined, '127.0.0.1')
    await publish(publisher, url, ['TCP'])
    const [four, six] = [await openUdpPorts(), await openUdpPorts('::1')]
    const viewers = [
      await connectTo(server, undefined, '127.0.0.1'),
      await connectTo(server, undefined, '::1'),
    ]
    for (const [at, ports] of [four, six].entries()) {
      const viewer = viewers[at]
      if (viewer) await play(viewer, url, [ports])
    }
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, marker: true }))
    for (const ports of [four, six]) await until(() => ports.rtp.length === 1)
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.1', '::1'])
  })
})
