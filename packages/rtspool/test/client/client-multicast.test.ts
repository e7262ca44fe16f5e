import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { RtspClientOptions } from '../../src/client/index.js'
import { serializeCompound } from '../../src/rtcp/index.js'
import { connectedClient } from '../support/client-scene.js'
import { fixedPorts } from '../support/fixed-ports.js'
import { closeAfterTest } from '../support/open-things.js'
import { scene } from '../support/scene.js'
import { cameraSdp, ScriptedCamera } from '../support/scripted-camera.js'
import { joinGroup, rtpPacket } from '../support/test-server.js'
import { until } from '../support/until.js'

const onlyVideo = ({ kind }: { readonly kind: string }): boolean => kind === 'video'
const packet = (sequenceNumber: number) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(500, sequenceNumber) })
const base = fixedPorts.clientMulticast

const connected = (url: string, options: RtspClientOptions = {}) =>
  connectedClient(url, {
    tracks: onlyVideo,
    transports: ['multicast'],
    multicastInterface: '127.0.0.1',
    ...options,
  })

/** A socket that sends to groups on the loopback. */
async function sender(address = '127.0.0.1') {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  socket.setMulticastInterface('127.0.0.1')
  closeAfterTest({
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  })
  return (bytes: Buffer, port: number, group: string) => socket.send(bytes, port, group)
}

const senderReport = (rtpTime: number) =>
  serializeCompound([
    {
      type: 'senderReport',
      ...{ ssrc: 0x1234_5678, ntpTime: { seconds: 4_000_000_000, fraction: 0 }, rtpTime },
      ...{ packetCount: 1, octetCount: 1, reports: [] },
    },
  ])

/** A camera whose SETUP names a group, and a sender to the group. */
async function groupCamera(parameters: string, sdp = cameraSdp) {
  const camera = await ScriptedCamera.start({
    DESCRIBE: { headers: { 'Content-Type': 'application/sdp' }, body: sdp },
    SETUP: { headers: { Session: 'abc', Transport: `RTP/AVP;multicast;${parameters}` } },
  })
  return { camera, send: await sender() }
}

describe('a client over multicast', () => {
  it('receives from our own server, and sends its reports to the group', async () => {
    const groups = ['239.255.16.1', '239.255.16.2']
    const multicast = { groups, ports: [base, base + 1], interface: '127.0.0.1', ttl: 3 } as const
    const { url, sources, push, server } = await scene({ multicast }).camera().start()
    const { client, clock } = await connected(url)
    const packets = client.packets()
    const first = packets.next()
    await until(() => client.state === 'playing' && sources[0]?.output !== undefined)
    const member = await joinGroup('239.255.16.1', base + 1)
    push(packet(1))
    push(packet(2))
    const received = [await first, await packets.next()]
    expect(received.map(({ value }) => value?.packet)).toEqual([packet(1), packet(2)])
    expect(client.transport).toBe('multicast')
    clock.advance(5000)
    const reports = () => member.packets.filter((each) => each[1] === 201)
    await until(() => reports().some((each) => each.readUInt32BE(8) === 0x1234_5678))
    await client.close()
    expect(server.stats().multicast.groups).toBe(0)
  })

  it('takes packets and times of the first sender only', async () => {
    const group = '239.255.16.5'
    const { camera, send } = await groupCamera(
      `destination=${group};port=${base + 4}-${base + 5};ttl=1`,
    )
    const { client } = await connected(camera.url)
    await client.play()
    const other = await sender('127.0.0.2')
    other(senderReport(1), base + 5, group)
    send(Buffer.from('hello'), base + 4, group)
    send(packet(1), base + 4, group)
    await until(() => client.stats().packets === 1)
    other(packet(2), base + 4, group)
    other(senderReport(2), base + 5, group)
    send(packet(3), base + 4, group)
    send(senderReport(90_000), base + 5, group)
    await until(() => client.stats().packets === 2)
    await until(() => client.tracks[0]?.unixTimeMsAt(90_000) !== undefined)
    expect(client.stats().lostPackets).toBe(1)
    expect(client.tracks[0]?.unixTimeMsAt(90_000)).toBe((4_000_000_000 - 2_208_988_800) * 1000)
  })

  it('joins a group of one source', async () => {
    const [group, ports] = ['232.1.16.1', `port=${base + 8}-${base + 9}`]
    const { camera, send } = await groupCamera(`destination=${group};source=127.0.0.1;${ports}`)
    const { client } = await connected(camera.url)
    await client.play()
    const other = await sender('127.0.0.2')
    other(packet(1), base + 8, group)
    send(packet(2), base + 8, group)
    await until(() => client.stats().packets === 1)
    expect(client.stats().lostPackets).toBe(0)
  })

  it('finds the group in the description, if the answer names none', async () => {
    const sdp = cameraSdp
      .replace('t=0 0', 'c=IN IP4 239.255.16.9/4\r\nt=0 0')
      .replace('m=video 0', `m=video ${base + 12}`)
    const { camera, send } = await groupCamera('', sdp)
    const { client } = await connected(camera.url)
    await client.play()
    send(packet(1), base + 12, '239.255.16.9')
    await until(() => client.stats().packets === 1)
  })

  it.each([
    ['destination=127.0.0.1;port=9000-9001', "names no multicast group, but '127.0.0.1'"],
    ['destination=239.255.16.9', "names no multicast group, but '239.255.16.9'"],
    ['interleaved=0-1', 'unicast in place of multicast'],
  ])('takes the next transport if the answer is %s', async (parameters, message) => {
    const { camera } = await groupCamera(parameters)
    const alone = await connected(camera.url)
    await expect(alone.client.play()).rejects.toThrow(message)
    const { camera: other } = await groupCamera(`${parameters};interleaved=2-3`)
    const { client } = await connected(other.url, { transports: ['multicast', 'tcp'] })
    await client.play()
    expect(client.transport).toBe('tcp')
  })

  it('takes the next transport when nothing arrives', async () => {
    const { url } = await scene({
      multicast: { groups: '239.255.16.20', ports: [base, base + 3], interface: '127.0.0.1' },
    })
      .camera()
      .start()
    const { client, clock } = await connected(url, { transports: ['multicast', 'tcp'] })
    await client.play()
    clock.advance(4000)
    await until(() => client.transport === 'tcp' && client.state === 'playing')
  })

  it('names an interface that does not exist', async () => {
    const { camera } = await groupCamera(`destination=239.255.16.21;port=${base}-${base + 1}`)
    const { client } = await connected(camera.url, { multicastInterface: 'nowhere0' })
    await expect(client.play()).rejects.toThrow(
      "the group 239.255.16.21 cannot be joined: expected a network interface of this machine, got 'nowhere0'",
    )
  })
})
