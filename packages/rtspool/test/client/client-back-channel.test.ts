import { describe, expect, it } from 'vitest'
import type { RtspClientOptions } from '../../src/client/index.js'
import { createMediaDescription, MediaFactory } from '../../src/index.js'
import { parseCompound } from '../../src/rtcp/index.js'
import { sequenceNumberOf, timestampOf } from '../../src/rtp/index.js'
import { connectedClient } from '../support/client-scene.js'
import { scene } from '../support/scene.js'
import { type CameraAnswers, cameraSdp, ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket, urlOf } from '../support/test-server.js'
import { TestSource } from '../support/test-source.js'
import { until } from '../support/until.js'

const tag = 'www.onvif.org/ver20/backchannel'

const connected = (url: string, options: RtspClientOptions = {}) =>
  connectedClient(url, { backChannel: true, ...options })

const description = (encoding: string, clockRate: number) =>
  createMediaDescription({ kind: 'audio', payloadType: 98, encoding, clockRate })

/** Our own server with a loudspeaker, and the packets that it has received. */
async function intercom(encoding = 'PCMU', clockRate = 8000) {
  const { server } = await scene().start()
  const packets: Buffer[] = []
  const factory = new MediaFactory(() => new TestSource(), {
    backChannel: {
      description: description(encoding, clockRate),
      open: () => ({ packet: (packet) => void packets.push(packet), close: () => undefined }),
    },
  })
  server.mounts.add('/door', factory)
  return { server, packets, url: urlOf(server, '/door') }
}

const withSpeaker = `${cameraSdp}m=audio 0 RTP/AVP 0\r\na=sendonly\r\na=control:track3\r\n`

/** A camera with a loudspeaker; describes it to clients that ask for it. */
const speaking: CameraAnswers = {
  DESCRIBE: (request) => ({
    headers: { 'Content-Type': 'application/sdp' },
    body: request.headers.get('require') === tag ? withSpeaker : cameraSdp,
  }),
}

describe('a back channel', () => {
  it.each(['tcp', 'udp', 'http'] as const)(
    'carries G.711 to our own server over %s',
    async (transport) => {
      const { url, packets } = await intercom()
      const { client } = await connected(url, { transports: [transport] })
      const { backChannel } = client
      expect(backChannel?.track).toMatchObject({
        encoding: 'PCMU',
        direction: 'send',
        payloadType: 98,
      })
      const audio = Buffer.from(Array.from({ length: 480 }, (_, at) => at & 0xff))
      await backChannel?.write(audio)
      await until(() => packets.length === 3)
      expect(client.state).toBe('playing')
      expect(Buffer.concat(packets.map((packet) => packet.subarray(12)))).toEqual(audio)
      const [first = Buffer.alloc(12), second = Buffer.alloc(12)] = packets
      expect((sequenceNumberOf(second) - sequenceNumberOf(first)) & 0xffff).toBe(1)
      expect((timestampOf(second) - timestampOf(first)) >>> 0).toBe(160)
      expect(packets.map((packet) => (packet[1] ?? 0) >> 7)).toEqual([1, 0, 0])
    },
  )

  it('keeps the pace of the clock, and its timestamps follow a silence', async () => {
    const { url, packets } = await intercom()
    const { client, clock } = await connected(url)
    let isWritten = false
    const writing = client.backChannel?.write(Buffer.alloc(8000)).then(() => {
      isWritten = true
    })
    await until(() => packets.length === 6)
    for (let at = 7; at <= 50; at++) {
      expect(isWritten).toBe(false)
      clock.advance(20)
      await until(() => packets.length === at)
    }
    await writing
    clock.advance(10_000)
    await client.backChannel?.write(Buffer.alloc(160))
    await until(() => packets.length === 51)
    const timeOf = (at: number) => timestampOf(packets[at] ?? Buffer.alloc(12))
    // 880 ms have passed while a second was sent.
    expect((timeOf(50) - timeOf(49)) >>> 0).toBe(160 + (10_000 - 120) * 8)
    expect((packets[50]?.[1] ?? 0) >> 7).toBe(1)
  })

  it('joins a sample of L16 that is divided between two writes, unless a silence is between them', async () => {
    const { url, packets } = await intercom('L16', 8000)
    const { client, clock } = await connected(url)
    const audio = Buffer.from(Array.from({ length: 960 }, (_, at) => at % 251))
    const chunks = [audio.subarray(0, 1), audio.subarray(1, 322), audio.subarray(322, 643)]
    for (const chunk of chunks) {
      await client.backChannel?.write(chunk)
      // The memory of a chunk belongs to its writer again.
      chunk.fill(0xff, chunk.length - 1)
    }
    await until(() => packets.length === 3)
    const payloads = () => Buffer.concat(packets.map((packet) => packet.subarray(12)))
    const sent = payloads()
    expect(sent).toHaveLength(642)
    expect([...sent]).toEqual(Array.from({ length: 642 }, (_, at) => at % 251))
    clock.advance(10_000)
    await client.backChannel?.write(audio.subarray(644, 648))
    await until(() => packets.length === 4)
    expect(payloads().subarray(642)).toEqual(audio.subarray(644, 648))
  })

  it('turns samples for a camera with PCM, in a copy, and no other packets', async () => {
    const body = `${cameraSdp}m=audio 0 RTP/AVP 98 8\r\na=rtpmap:98 PCM/8000\r\na=sendonly\r\na=control:track3\r\n`
    const camera = await ScriptedCamera.start({
      DESCRIBE: { headers: { 'Content-Type': 'application/sdp' }, body },
    })
    const { client } = await connected(camera.url, { tracks: () => false })
    expect(client.backChannel?.track.encoding).toBe('L16')
    const audio = Buffer.from(Array.from({ length: 320 }, (_, at) => at & 0xff))
    await client.backChannel?.write(audio)
    const samples = { payload: Buffer.from([1, 2, 3, 4]), sequenceNumber: 5 }
    const packets = [98, 8].map((payloadType) => rtpPacket({ payloadType, ...samples }))
    for (const packet of packets) expect(client.backChannel?.push(packet)).toBe(true)
    await until(() => camera.frames.length === 3)
    const payloads = camera.frames.map(({ payload }) => payload.subarray(12))
    expect(payloads[0]).toEqual(Buffer.from(audio).swap16())
    expect(payloads.slice(1).map((each) => [...each])).toEqual([
      [2, 1, 4, 3],
      [1, 2, 3, 4],
    ])
    expect(packets.map((each) => [...each.subarray(12)])).toEqual(Array(2).fill([1, 2, 3, 4]))
    expect([...audio.subarray(0, 2)]).toEqual([0, 1])
  })

  it('reports times and counts to the server', async () => {
    const camera = await ScriptedCamera.start(speaking)
    const { client, clock } = await connected(camera.url, { tracks: () => false })
    await client.backChannel?.write(Buffer.alloc(320))
    await until(() => camera.frames.length === 2)
    const [first] = camera.frames
    clock.advance(4000)
    await until(() => camera.frames.some(({ channel }) => channel === 1))
    const report = camera.frames.find(({ channel }) => channel === 1)
    const [parsed] = parseCompound(report?.payload ?? Buffer.alloc(0))
    expect(parsed).toMatchObject({
      type: 'senderReport',
      ssrc: first?.payload.readUInt32BE(8),
      packetCount: 2,
      octetCount: 320,
    })
    const sent = timestampOf(first?.payload ?? Buffer.alloc(12))
    expect(parsed?.type === 'senderReport' && (parsed.rtpTime - sent) >>> 0).toBe(4000 * 8)
  })

  it('carries AAC with and without ADTS, and Opus', async () => {
    const aac = await intercom('MPEG4-GENERIC', 16_000)
    const { client } = await connected(aac.url)
    const frame = Buffer.alloc(50, 7)
    const adts = Buffer.from([0xff, 0xf1, 0x60, 0x40, 0x07, 0x3f, 0xfc])
    adts.writeUInt16BE(((57 << 5) | 0x1f) & 0xffff, 4)
    await client.backChannel?.write(frame)
    await client.backChannel?.write(Buffer.concat([adts, frame]))
    await until(() => aac.packets.length === 2)
    const payloads = aac.packets.map((packet) => packet.subarray(12))
    expect(payloads).toEqual(Array(2).fill(Buffer.concat([Buffer.from([0, 16, 1, 0x90]), frame])))
    const opus = await intercom('OPUS', 48_000)
    const { client: other } = await connected(opus.url)
    for (const at of [1, 2]) await other.backChannel?.write(Buffer.from([0xfc, at]))
    await until(() => opus.packets.length === 2)
    const [first, second] = opus.packets.map((packet) => timestampOf(packet))
    expect(((second ?? 0) - (first ?? 0)) >>> 0).toBe(960)
  })

  it('refuses other encodings, and carries whole packets of any', async () => {
    const { url, packets } = await intercom('G726-32', 8000)
    const { client } = await connected(url)
    await expect(client.backChannel?.write(Buffer.alloc(10))).rejects.toThrow(
      'the back channel has the encoding G726-32: send whole packets with push',
    )
    const packet = rtpPacket({ payloadType: 98, sequenceNumber: 5 })
    expect(client.backChannel?.push(packet)).toBe(true)
    await until(() => packets.length === 1)
    expect(packets[0]).toEqual(packet)
  })

  it('ends a write that waits when the client closes', async () => {
    const { url, packets } = await intercom()
    const { client } = await connected(url)
    const writing = client.backChannel?.write(Buffer.alloc(80_000))
    await until(() => packets.length === 6)
    await client.close()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  })
})

describe('Require of the back channel', () => {
  it('is sent only if the option asks for it', async () => {
    const camera = await ScriptedCamera.start(speaking)
    const { client } = await connected(camera.url, { backChannel: false })
    await client.play()
    expect(client.backChannel).toBeUndefined()
    expect(camera.requests.some(({ headers }) => headers.has('require'))).toBe(false)
  })

  it('is sent with DESCRIBE, the SETUP of the back channel, and PLAY', async () => {
    const camera = await ScriptedCamera.start(speaking)
    const { client } = await connected(camera.url)
    await client.play()
    const asking = camera.requests.filter(({ headers }) => headers.get('require') === tag)
    expect(asking.map(({ method, uri }) => `${method} ${uri.replace(camera.url, '')}`)).toEqual([
      ...['DESCRIBE ', 'SETUP /track3', 'PLAY '],
    ])
    expect(camera.of('SETUP')).toHaveLength(3)
  })

  it.each([551, 400, 501])('is left out on a new connection after %i', async (status) => {
    const camera = await ScriptedCamera.start({
      DESCRIBE: (request) =>
        request.headers.has('require')
          ? { status }
          : { headers: { 'Content-Type': 'application/sdp' }, body: cameraSdp },
    })
    const { client } = await connected(camera.url)
    await client.play()
    expect(camera.sockets).toHaveLength(2)
    expect(client.backChannel).toBeUndefined()
    expect(client.tracks).toHaveLength(2)
  })

  it('is left out on a new connection if SETUP fails, as with Dahua and Amcrest', async () => {
    const camera = await ScriptedCamera.start({
      ...speaking,
      SETUP: (request) =>
        request.headers.has('require')
          ? { status: 453 }
          : { headers: { Session: 'abc', Transport: request.headers.get('transport') ?? '' } },
    })
    const { client } = await connected(camera.url)
    expect(client.backChannel).toBeDefined()
    await client.play()
    expect(camera.sockets).toHaveLength(2)
    expect(client.backChannel).toBeUndefined()
    expect(client.state).toBe('playing')
    expect(client.tracks.map(({ isSetUp }) => isSetUp)).toEqual([true, true, false])
    expect(client.transport).toBe('tcp')
  })

  it('does not hide a stream that does not exist', async () => {
    const camera = await ScriptedCamera.start({ DESCRIBE: { status: 404 } })
    await expect(connected(camera.url)).rejects.toMatchObject({ statusCode: 404 })
    expect(camera.sockets).toHaveLength(1)
  })
})
