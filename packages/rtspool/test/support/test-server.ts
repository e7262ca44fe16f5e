import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { RtspServer, type RtspServerOptions, type TlsCertificate } from '../../src/index.js'
import { MulticastMember } from './multicast-member.js'
import { closeAfterTest, closeServerAfterTest } from './open-things.js'
import { type ClientRequest, RtspTestClient, sessionIdOf, UdpTestPorts } from './rtsp-client.js'
import { until } from './until.js'

/** A video and an audio track, as a publisher announces them. */
export const testSdp = [
  'v=0',
  'o=- 0 0 IN IP4 127.0.0.1',
  's=test',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'a=x-unknown:kept',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 X-foo/90000',
  'a=fmtp:96 any=thing; other=thing',
  'a=control:streamid=0',
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 opus/48000/2',
  'a=control:streamid=1',
  '',
].join('\r\n')

/** A server on a free port of the loopback; closed after the test. */
export async function startServer(options: RtspServerOptions = {}): Promise<RtspServer> {
  const server = new RtspServer({
    port: 0,
    host: '127.0.0.1',
    udpPorts: [40_000, 41_000],
    ...options,
  })
  server.mounts.allowPublish('/live/*')
  await server.listen()
  closeServerAfterTest({
    close: () => server.close(),
    checkClosed: () => {
      const stats = server.stats()
      const none = { connections: 0, sessions: 0, media: 0, udpPeers: 0, channels: 0 }
      expect(stats).toMatchObject(none)
      expect(stats.gopCache.bytes).toBe(0)
      expect(stats.multicast).toMatchObject({ groups: 0, viewers: 0 })
      expect(server.listenerCount('connectionClosed')).toBe(0)
    },
  })
  return server
}

/** A client of that server; closed after the test. */
export async function connectTo(
  server: RtspServer,
  localAddress?: string,
  host = server.address().address,
): Promise<RtspTestClient> {
  const client = await RtspTestClient.connect(server.address().port, host, localAddress)
  closeAfterTest(client)
  return client
}

/** A client of that server inside TLS; closed after the test. */
export async function connectTlsTo(server: RtspServer): Promise<RtspTestClient> {
  const { address, port } = server.tlsAddress()
  const client = await RtspTestClient.connectTls(port, address)
  closeAfterTest(client)
  return client
}

/** Key and certificate of `scripts/make-test-certificate.mjs`. */
export function testCertificate(name: 'first' | 'second'): TlsCertificate {
  const read = (part: string) =>
    readFileSync(new URL(`./certificates/${name}.${part}.pem`, import.meta.url))
  return { key: read('key'), cert: read('cert') }
}

export async function openUdpPorts(address?: string): Promise<UdpTestPorts> {
  const ports = await UdpTestPorts.open(address)
  closeAfterTest(ports)
  return ports
}

/** A member of a multicast group; it leaves after the test. */
export async function joinGroup(address: string, port: number): Promise<MulticastMember> {
  const member = await MulticastMember.join(address, port)
  closeAfterTest(member)
  return member
}

export const urlOf = (server: RtspServer, path: string): string => {
  const { address, port } = server.address()
  return `rtsp://${address.includes(':') ? `[${address}]` : address}:${port}${path}`
}

/** Transport header for TCP channels or a pair of UDP ports. */
export function transportHeader(
  over: 'TCP' | UdpTestPorts,
  channel: number,
  mode = 'PLAY',
): string {
  return over === 'TCP'
    ? `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1};mode=${mode}`
    : `RTP/AVP;unicast;client_port=${over.clientPort};mode=${mode}`
}

/** Announces {@link testSdp}, sets both tracks up and records. One carrier a track. */
export async function publish(
  client: RtspTestClient,
  url: string,
  carriers: readonly ('TCP' | UdpTestPorts)[] = ['TCP', 'TCP'],
  sdp = testSdp,
) {
  await expectOk(client, 'ANNOUNCE', url, {
    headers: { 'Content-Type': 'application/sdp' },
    body: sdp,
  })
  let session = ''
  const setups = []
  for (const [index, carrier] of carriers.entries()) {
    const response = await expectOk(client, 'SETUP', `${url}/streamid=${index}`, {
      headers: {
        Transport: transportHeader(carrier, index * 2, 'record'),
        ...(session ? { Session: session } : {}),
      },
    })
    session = sessionIdOf(response)
    setups.push(response)
  }
  await expectOk(client, 'RECORD', url, { headers: { Session: session } })
  return { session, setups }
}

/** Describes, sets tracks up and plays. One carrier a track. */
export async function play(
  client: RtspTestClient,
  url: string,
  carriers: readonly ('TCP' | UdpTestPorts)[] = ['TCP', 'TCP'],
) {
  await expectOk(client, 'DESCRIBE', url)
  let session = ''
  const setups = []
  for (const [index, carrier] of carriers.entries()) {
    const response = await expectOk(client, 'SETUP', `${url}/trackID=${index}`, {
      headers: {
        Transport: transportHeader(carrier, index * 2),
        ...(session ? { Session: session } : {}),
      },
    })
    session = sessionIdOf(response)
    setups.push(response)
  }
  const response = await expectOk(client, 'PLAY', `${url}/`, { headers: { Session: session } })
  return { session, setups, response }
}

/** Publishes over one connection and plays over another: large packets must arrive unchanged. */
export async function expectRelayed(
  publisher: RtspTestClient,
  viewer: RtspTestClient,
  url: string,
): Promise<void> {
  await publish(publisher, url, ['TCP'])
  await play(viewer, url, ['TCP'])
  const packets = [1, 2, 3].map((sequenceNumber) =>
    rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(3000, sequenceNumber) }),
  )
  for (const packet of packets) publisher.sendFrame(0, packet)
  const rtp = () => viewer.frames.filter(({ channel }) => channel === 0)
  await until(() => rtp().length === packets.length)
  expect(rtp().map(({ payload }) => payload)).toEqual(packets)
}

export async function expectOk(
  client: RtspTestClient,
  method: string,
  uri: string,
  request?: ClientRequest,
) {
  const response = await client.request(method, uri, request)
  expect(`${method} ${response.statusCode}`).toBe(`${method} 200`)
  return response
}

/** An RTP packet with the given payload. */
export function rtpPacket(init: {
  readonly sequenceNumber: number
  readonly timestamp?: number
  readonly ssrc?: number
  readonly payloadType?: number
  readonly marker?: boolean
  readonly payload?: Buffer
}): Buffer {
  const header = Buffer.alloc(12)
  header[0] = 0x80 // version 2, no padding, extension or CSRC
  header[1] = (init.marker ? 0x80 : 0) | (init.payloadType ?? 96)
  header.writeUInt16BE(init.sequenceNumber, 2)
  header.writeUInt32BE(init.timestamp ?? 0, 4)
  header.writeUInt32BE(init.ssrc ?? 0x1234_5678, 8)
  return Buffer.concat([header, init.payload ?? Buffer.alloc(0)])
}
