import {
  createDepacketizer,
  markerOf,
  parseAdtsHeader,
  payloadOffsetOf,
  payloadTypeOf,
  timestampOf,
} from 'rtspool/rtp'
import { describe, expect, it } from 'vitest'
import { UdpTestPorts } from '../../../rtspool/test/support/rtsp-client.js'
import { CameraScene } from './camera-scene.js'

const nalTypes = { idr: 5, sps: 7, pps: 8, fuA: 28, stapA: 24 }
const startCode = Buffer.from([0, 0, 0, 1])

/** Plays one track of a camera, and returns its first packets. */
async function packetsOf(query: string, count: number, track = 0, path = '/test') {
  const scene = await CameraScene.start()
  const client = await scene.connect(query, path)
  await client.play([track])
  return client.receive(count, 2 * track)
}

const payloadOf = (packet: Buffer): Buffer => packet.subarray(payloadOffsetOf(packet))
const typeOf = (packet: Buffer): number => payloadOf(packet).readUInt8(0) & 0x1f
/** Type of the NAL unit in a packet, also of a fragment. */
const unitTypeOf = (packet: Buffer): number =>
  typeOf(packet) === nalTypes.fuA ? payloadOf(packet).readUInt8(1) & 0x1f : typeOf(packet)

/** Tells which packets are the last of their timestamp. */
const lastOfPicture = (packets: readonly Buffer[]): boolean[] =>
  packets.slice(0, -1).map((packet, at) => {
    return timestampOf(packet) !== timestampOf(packets[at + 1] as Buffer)
  })

describe('packets', () => {
  it('28: packets have more than a datagram of Ethernet, also by UDP', async () => {
    const scene = await CameraScene.start()
    const ports = await UdpTestPorts.open()
    try {
      const client = await scene.connect('quirk=28')
      await client.describe()
      await client.setUp(`RTP/AVP;unicast;client_port=${ports.clientPort}`)
      await client.ask('PLAY')
      await scene.until(() => ports.rtp.length >= 10)
    } finally {
      await ports.close()
    }
    const sizes = ports.rtp.map((packet) => packet.length)
    expect(Math.max(...sizes)).toBeGreaterThan(3000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_012)
  })

  it.each([
    ['29a', [nalTypes.sps, nalTypes.pps]],
    ['29b', [nalTypes.sps]],
  ])('%s: the marker is set on %j too', async (quirk, types) => {
    const packets = await packetsOf(`quirk=${quirk}`, 60)
    const isLast = lastOfPicture(packets)
    expect(packets.map(typeOf)).toContain(nalTypes.sps)
    packets.slice(0, -1).forEach((packet, at) => {
      expect(markerOf(packet)).toBe(isLast[at] || types.includes(typeOf(packet)))
    })
  })

  it('29c: the marker is never set', async () => {
    const packets = await packetsOf('quirk=29c', 60)
    expect(packets.some(markerOf)).toBe(false)
    expect(lastOfPicture(packets)).toContain(true)
  })

  it('30a: a key frame is one packet with start codes', async () => {
    const [first] = await packetsOf('quirk=30a', 3)
    const payload = payloadOf(first as Buffer)
    const types: number[] = [payload.readUInt8(0) & 0x1f]
    for (let at = payload.indexOf(startCode); at > 0; at = payload.indexOf(startCode, at + 4)) {
      types.push(payload.readUInt8(at + 4) & 0x1f)
    }
    expect(types.slice(0, 2)).toEqual([nalTypes.sps, nalTypes.pps])
    expect(types).toContain(nalTypes.idr)
    expect(payload.length).toBeGreaterThan(1500)
    expect(markerOf(first as Buffer)).toBe(true)
  })

  it('30b: small units are FU-A with start and end set', async () => {
    const packets = await packetsOf('quirk=30b', 30)
    expect(new Set(packets.map(typeOf))).toEqual(new Set([nalTypes.fuA]))
    const flags = packets.map((packet) => payloadOf(packet).readUInt8(1) & 0xc0)
    expect(flags).toContain(0xc0)
    expect(packets.map(unitTypeOf)).toContain(nalTypes.sps)
  })

  it('30c: H.264 has the static payload type 35, in the SDP too', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('quirk=30c')
    const sdp = await client.sdp()
    expect(sdp).toContain('m=video 0 RTP/AVP 35\r\na=rtpmap:35 H264/90000\r\na=fmtp:35 ')
    await client.play()
    for (const packet of await client.receive(5)) expect(payloadTypeOf(packet)).toBe(35)
  })

  it.each(['31a', '31b'])('%s: there are FU-A and STAP-A nevertheless', async (quirk) => {
    const types = (await packetsOf(`quirk=${quirk}`, 60)).map(typeOf)
    expect(types).toContain(nalTypes.fuA)
    expect(types).toContain(nalTypes.stapA)
  })

  it('32a: AAC frames have ADTS headers', async () => {
    for (const packet of await packetsOf('quirk=32a', 5, 1)) {
      const frame = payloadOf(packet).subarray(4)
      expect(parseAdtsHeader(frame)?.sizeBytes).toBe(7)
      expect((frame.readUIntBE(3, 3) >> 5) & 0x1fff).toBe(frame.length)
      expect(payloadOf(packet).readUInt16BE(2) >> 3).toBe(frame.length)
    }
  })

  it('32b: AU headers have the size only, and the fmtp says so', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('quirk=32b')
    const sdp = await client.sdp()
    expect(sdp).not.toMatch(/index(delta)?length/i)
    await client.play([1])
    const packets = await client.receive(5, 2)
    const parameters = /a=fmtp:97 (.*)/.exec(sdp)?.[1]
    const depacketizer = createDepacketizer({ encoding: 'mpeg4-generic', parameters })
    const units = packets.flatMap((packet) => depacketizer.push(packet))
    expect(payloadOf(packets[0] as Buffer).readUInt16BE(0)).toBe(13)
    expect(units).toHaveLength(5)
  })

  it('32c: L16 is little-endian', async () => {
    const [right] = await packetsOf('', 1, 0, '/pcm')
    const [swapped] = await packetsOf('quirk=32c', 1, 0, '/pcm')
    expect(payloadOf(swapped as Buffer)).toEqual(Buffer.from(payloadOf(right as Buffer)).swap16())
  })

  it('34c: both audio tracks have packets, with sources of their own', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('quirk=34c')
    await client.play([1, 2])
    const [first] = await client.receive(5, 2)
    const [second] = await client.receive(5, 4)
    expect(payloadOf(second as Buffer)).toEqual(payloadOf(first as Buffer))
    expect((second as Buffer).readUInt32BE(8)).not.toBe((first as Buffer).readUInt32BE(8))
  })
})

describe('quirks of packets', () => {
  it('are refused where two would write the packets of one encoding', async () => {
    const scene = await CameraScene.start()
    const response = await (await scene.connect('quirk=28,29a')).describe()
    expect(response.statusCode).toBe(400)
    expect(response.body.toString()).toBe(
      'quirk: expected one of 28, 29a, because both write the packets of H264, got both\n',
    )
  })
})
