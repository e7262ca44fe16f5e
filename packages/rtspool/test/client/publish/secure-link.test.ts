import { describe, expect, it } from 'vitest'
import { connect, forward, publish, type RtspPublishOptions } from '../../../src/client/index.js'
import { parseSrtpOffer } from '../../../src/mikey/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { sequenceNumberOf, ssrcOf } from '../../../src/rtp/index.js'
import { parseKeyMgmt, parseKeyMgmtAttribute } from '../../../src/rtsp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
import { type SrtpSuiteName, srtpSuites } from '../../../src/srtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { closeAfterTest } from '../../support/open-things.js'
import { scene } from '../../support/scene.js'
import { ScriptedCamera } from '../../support/scripted-camera.js'
import { receiverFor } from '../../support/srtp-peer.js'
import { rtpPacket, testCertificate, testSdp } from '../../support/test-server.js'
import { until } from '../../support/until.js'

const { cert, key } = testCertificate('first')
const suites = Object.keys(srtpSuites) as SrtpSuiteName[]
const suite = 'AES_CM_128_HMAC_SHA1_80'

async function publishing(url: string, options: Partial<RtspPublishOptions> = {}) {
  const clock = new ManualClock()
  const tls = { ca: cert }
  const publisher = await publish(url, {
    description: testSdp,
    clock,
    tls,
    srtp: suite,
    ...options,
  })
  closeAfterTest({
    close: () => publisher.close(),
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  return { publisher, clock }
}

/** A server with TLS, and the URL of a path in it. */
async function secureServer() {
  const { server, clock } = await scene({ tls: { port: 0, cert, key } }).start()
  return { server, clock, url: `rtsps://127.0.0.1:${server.tlsAddress().port}/live/out` }
}

const packet = (sequenceNumber: number, size = 100, track = 0) =>
  rtpPacket({
    ...{ sequenceNumber, marker: true, ssrc: 7 + track, payloadType: 96 + track },
    payload: Buffer.alloc(size, sequenceNumber),
  })

const secureCamera = async (answers = {}) => {
  const camera = await ScriptedCamera.start(answers, true)
  return { camera, url: camera.url.replace('rtsp:', 'rtsps:') }
}

describe('a publisher with SRTP', () => {
  it.each(suites.flatMap((srtp) => (['tcp', 'udp'] as const).map((each) => [srtp, each] as const)))(
    'brings each packet to viewers of our server byte for byte: %s over %s',
    async (srtp, transport) => {
      const { server, url, clock: serverClock } = await secureServer()
      const { publisher } = await publishing(url, { transports: [transport], srtp })
      expect(publisher.transport).toBe(transport)
      expect(publisher.tracks.map((track) => track.srtp)).toEqual([srtp, srtp])
      const viewer = await connect(url, { tls: { ca: cert }, transports: ['tcp'] })
      closeAfterTest(viewer)
      await viewer.play()
      const packets = viewer.packets()
      for (const [index, size] of [1, 1000, 1400, 300].entries()) {
        const track = index % 2
        const sent = packet(index, size, track)
        expect(publisher.tracks[track]?.push(sent)).toBe(true)
        expect((await packets.next()).value?.packet).toEqual(sent)
      }
      // The publisher can read the server's report, for which the server has read the packets.
      serverClock.advance(5000)
      await until(() => publisher.tracks[0]?.stats.reportedLostPackets !== undefined)
      await publisher.close()
      await until(() => server.stats().media === 0)
    },
  )

  it('announces a key for each track, and sends nothing in clear', async () => {
    const { camera, url } = await secureCamera()
    const { publisher } = await publishing(url)
    const { media } = parseSdp(camera.of('ANNOUNCE')[0]?.body.toString() ?? '')
    expect(media.map(({ protocol }) => protocol)).toEqual(['RTP/SAVP', 'RTP/SAVP'])
    expect(publisher.tracks.map(({ description }) => description.attribute('key-mgmt'))).toEqual([
      undefined,
      undefined,
    ])
    const offers = media.map((each) =>
      parseSrtpOffer(parseKeyMgmtAttribute(each.attribute('key-mgmt') ?? '').data),
    )
    expect(offers[0]?.master.key.equals(offers[1]?.master.key ?? Buffer.alloc(0))).toBe(false)
    const setups = camera.of('SETUP')
    expect(setups.map(({ headers }) => headers.get('transport'))).toEqual([
      'RTP/SAVP/TCP;unicast;interleaved=0-1;mode=record',
      'RTP/SAVP/TCP;unicast;interleaved=2-3;mode=record',
    ])
    for (const [index, { uri, headers }] of setups.entries()) {
      const [message] = parseKeyMgmt(headers.get('keymgmt') ?? '')
      expect(message?.uri).toBe(uri)
      const offer = parseSrtpOffer(message?.data ?? Buffer.alloc(0))
      expect(offer.master.key).toEqual(offers[index]?.master.key)
    }
    const sent = packet(9, 500, 1)
    publisher.tracks[1]?.push(sent)
    await until(() => camera.frames.length === 2)
    const [offer] = offers.slice(1)
    if (!offer) throw new Error('no key')
    const receiver = receiverFor(offer)
    expect(camera.frames.map(({ channel }) => channel)).toEqual([2, 3])
    expect(camera.frames[0]?.payload.includes(sent.subarray(12))).toBe(false)
    expect(receiver.open(camera.frames[0]?.payload ?? Buffer.alloc(0))).toEqual(sent)
    const report = receiver.openRtcp(camera.frames[1]?.payload ?? Buffer.alloc(0))
    expect(parseCompound(report ?? Buffer.alloc(0))[0]).toMatchObject({
      type: 'senderReport',
      ssrc: 8,
    })
  })

  it('announces its key with the SSRC of a track that has one', async () => {
    const { camera, url } = await secureCamera()
    const [video, audio] = parseSdp(testSdp).media
    if (!video || !audio) throw new Error('two media')
    const tracks = [{ description: video, ssrc: 77 }, { description: audio }]
    await publishing(url, { description: undefined, tracks })
    const { media } = parseSdp(camera.of('ANNOUNCE')[0]?.body.toString() ?? '')
    const inSdp = media.map((each) => parseKeyMgmtAttribute(each.attribute('key-mgmt') ?? '').data)
    const inSetup = camera
      .of('SETUP')
      .flatMap(({ headers }) => parseKeyMgmt(headers.get('keymgmt') ?? ''))
      .map(({ data }) => data)
    for (const data of [inSdp, inSetup]) {
      const counters = data.map((each) => [...parseSrtpOffer(each).rolloverCounters])
      expect(counters).toEqual([[[77, 0]], [[0, 0]]])
    }
  })

  it('sends packets of any source under the announced SSRC, by which a server finds the key', async () => {
    const { camera, url } = await secureCamera()
    const [video, audio] = parseSdp(testSdp).media
    if (!video || !audio) throw new Error('two media')
    const tracks = [{ description: video, ssrc: 77 }, { description: audio }]
    const { publisher } = await publishing(url, { description: undefined, tracks })
    expect(publisher.tracks.map((track, index) => track.push(packet(9, 100, index)))).toEqual([
      true,
      true,
    ])
    await until(() => camera.frames.length === 4)
    const media = camera.frames.filter(({ channel }) => channel % 2 === 0)
    expect(media.map(({ payload }) => ssrcOf(payload))).toEqual([77, 8])
  })

  it('has new keys on each connection', async () => {
    const { camera, url } = await secureCamera({
      SETUP: ({ headers }: { headers: { get(name: string): string | undefined } }) =>
        headers.get('transport')?.includes('TCP')
          ? { headers: { Session: 'a', Transport: headers.get('transport') ?? '' } }
          : { status: 461 },
    })
    await publishing(url, { transports: ['udp', 'tcp'] })
    const keys = camera.of('ANNOUNCE').map(({ body }) => {
      const [video] = parseSdp(body.toString()).media
      const { data } = parseKeyMgmtAttribute(video?.attribute('key-mgmt') ?? '')
      return parseSrtpOffer(data).master.key.toString('hex')
    })
    expect(new Set(keys).size).toBe(2)
  })

  it('leaves out a packet whose sequence number was used before', async () => {
    const { url } = await secureServer()
    const { publisher } = await publishing(url)
    const [track] = publisher.tracks
    expect([1, 2, 1, 3].map((number) => track?.push(packet(number)))).toEqual([
      ...[true, true, false, true],
    ])
    expect(track?.stats).toMatchObject({ packets: 3, droppedPackets: 1 })
  })

  it('goes on under one SSRC after a hundred changes of the source', async () => {
    const { url } = await secureServer()
    const { publisher } = await publishing(url)
    const viewer = await connect(url, { tls: { ca: cert }, transports: ['tcp'] })
    closeAfterTest(viewer)
    await viewer.play()
    const packets = viewer.packets()
    const [track] = publisher.tracks
    for (let change = 0; change <= 100; change++) {
      const sequenceNumber = (change * 7001) % 2 ** 16
      const payload = Buffer.alloc(100, change)
      const pushed = rtpPacket({ sequenceNumber, marker: true, ssrc: 1000 + change, payload })
      expect(track?.push(pushed)).toBe(true)
      const { packet = Buffer.alloc(0) } = (await packets.next()).value ?? {}
      expect([ssrcOf(packet), sequenceNumberOf(packet)]).toEqual([1000, change])
      expect(packet.subarray(12)).toEqual(payload)
    }
    expect(track?.stats.droppedPackets).toBe(0)
  })

  it('reports the time of a new source at once, under the SSRC that the server knows', async () => {
    const { camera, url } = await secureCamera()
    const { publisher } = await publishing(url)
    const { media } = parseSdp(camera.of('ANNOUNCE')[0]?.body.toString() ?? '')
    const key = parseKeyMgmtAttribute(media[0]?.attribute('key-mgmt') ?? '').data
    const receiver = receiverFor(parseSrtpOffer(key))
    for (const [ssrc, timestamp] of [
      [7, 100],
      [9, 90_000_000],
    ] as const) {
      publisher.tracks[0]?.push(rtpPacket({ sequenceNumber: 1, ssrc, timestamp }))
    }
    await until(() => camera.frames.length === 4)
    const reports = camera.frames
      .filter(({ channel }) => channel === 1)
      .map(({ payload }) => parseCompound(receiver.openRtcp(payload) ?? Buffer.alloc(0))[0])
    expect(reports).toMatchObject([
      { ssrc: 7, rtpTime: 100, packetCount: 1 },
      { ssrc: 7, rtpTime: 90_000_000, packetCount: 2 },
    ])
  })

  it('forwards a client', async () => {
    const { url, push } = await scene().camera().start()
    const { url: to } = await secureServer()
    const client = await connect(url)
    closeAfterTest(client)
    const tls = { ca: cert }
    const publisher = await forward(client, to, { tls, transports: ['udp'], srtp: suite })
    closeAfterTest(publisher)
    const viewer = await connect(to, { tls, transports: ['tcp'] })
    closeAfterTest(viewer)
    await viewer.play()
    const packets = viewer.packets()
    const sent = rtpPacket({ sequenceNumber: 1, marker: true, payload: Buffer.alloc(900, 0x65) })
    push(sent)
    expect((await packets.next()).value?.packet).toEqual(sent)
  })

  it('needs TLS, and a known suite', async () => {
    const options = { description: testSdp, srtp: suite } as const
    await expect(publish('rtsp://127.0.0.1:1/x', options)).rejects.toThrow(
      'srtp expects an rtsps: or wss: URL',
    )
    const unknown = { description: testSdp, srtp: 'NULL' as SrtpSuiteName }
    await expect(publish('rtsps://127.0.0.1:1/x', unknown)).rejects.toThrow(
      "srtp must be false or one of AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AEAD_AES_128_GCM, AEAD_AES_256_GCM, got 'NULL'",
    )
  })
})
