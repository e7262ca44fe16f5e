import { describe, expect, it } from 'vitest'
import {
  connect,
  publish,
  type RtspClientTransport,
  type RtspPublishOptions,
} from '../../../src/client/index.js'
import {
  parseCompound,
  type SenderReport,
  serializeCompound,
  unixMsFromNtp,
} from '../../../src/rtcp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { closeAfterTest } from '../../support/open-things.js'
import { scene } from '../../support/scene.js'
import { type CameraAnswers, frame, ScriptedCamera } from '../../support/scripted-camera.js'
import {
  openUdpPorts,
  rtpPacket,
  testCertificate,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

/** A publisher on a clock of its own; after the test no timer of it may be left. */
async function publishing(url: string, options: RtspPublishOptions = { description: testSdp }) {
  const clock = new ManualClock()
  const publisher = await publish(url, { clock, ...options })
  closeAfterTest({
    close: () => publisher.close(),
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  return { publisher, clock }
}

async function toCamera(answers: CameraAnswers = {}, options?: RtspPublishOptions) {
  const camera = await ScriptedCamera.start(answers)
  return { camera, ...(await publishing(camera.url, options)) }
}

const packet = (
  sequenceNumber: number,
  size = 100,
  more: { ssrc?: number; payloadType?: number } = {},
) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(size, sequenceNumber), ...more })

const transports: RtspClientTransport[] = ['tcp', 'udp']

describe('a publisher to our own server', () => {
  it.each(transports)('brings each packet to viewers byte for byte over %s', async (transport) => {
    const { server } = await scene().start()
    const url = urlOf(server, '/live/out')
    const { publisher } = await publishing(url, { description: testSdp, transports: [transport] })
    expect(publisher.transport).toBe(transport)
    const viewer = await connect(url)
    closeAfterTest(viewer)
    expect(viewer.tracks.map(({ encoding, parameters }) => [encoding, parameters])).toEqual([
      ['X-foo', 'any=thing; other=thing'],
      ['opus', undefined],
    ])
    await viewer.play()
    const packets = viewer.packets()
    for (const [index, size] of [1, 1000, 1400, 300].entries()) {
      const track = index % 2
      const sent = packet(index, size, { ssrc: 7 + track, payloadType: 96 + track })
      expect(publisher.tracks[track]?.push(sent)).toBe(true)
      const { value } = await packets.next()
      expect(value?.packet).toEqual(sent)
      expect(value?.track.index).toBe(track)
    }
    expect(publisher.tracks.map(({ stats }) => stats.packets)).toEqual([2, 2])
    await publisher.close()
    await until(() => server.stats().media === 0)
  })

  it('goes through a WebSocket for a URL of one', async () => {
    const { server } = await scene().start()
    const tunnels: unknown[] = []
    server.on('connectionOpened', ({ tunnel }) => tunnels.push(tunnel))
    const url = urlOf(server, '/live/out').replace('rtsp:', 'ws:')
    const { publisher } = await publishing(url)
    expect(tunnels).toEqual(['webSocket'])
    expect(publisher.transport).toBe('webSocket')
    expect(publisher.tracks[0]?.push(packet(1))).toBe(true)
    await publisher.close()
    await until(() => server.stats().media === 0)
  })

  it('takes the tracks of a client, with its times, and sends them on unchanged', async () => {
    const { server, url, push, sources } = await scene().camera().start()
    const from = await connect(url)
    closeAfterTest(from)
    const to = urlOf(server, '/live/copy')
    const { publisher } = await publishing(to, { tracks: from.tracks })
    for (const [index, track] of from.tracks.entries()) track.pipe(publisher.tracks[index])
    await from.play()
    const viewer = await connect(to)
    closeAfterTest(viewer)
    await viewer.play()
    expect(viewer.tracks.map(({ encoding }) => encoding)).toEqual(['H264', 'opus'])
    const packets = viewer.packets()
    await until(() => sources[0]?.output !== undefined)
    const sent = packet(9, 700)
    push(sent)
    expect((await packets.next()).value?.packet).toEqual(sent)
  })

  it('logs in with Digest, over TLS', async () => {
    const { cert, key } = testCertificate('first')
    const auth = { users: { user: 'p@ss' } }
    const { server } = await scene({ auth, tls: { port: 0, cert, key } }).start()
    const { port } = server.tlsAddress()
    const url = `rtsps://127.0.0.1:${port}/live/x`
    const options = { description: testSdp, tls: { ca: cert } }
    await expect(publishing(url, options)).rejects.toMatchObject({
      code: 'ERR_CLIENT_UNAUTHORIZED',
    })
    const { publisher } = await publishing(url, { ...options, username: 'user', password: 'p@ss' })
    publisher.tracks[0]?.push(packet(1))
    expect(publisher.state).toBe('recording')
  })

  it('tells the end of the server', async () => {
    const { server } = await scene().start()
    const { publisher } = await publishing(urlOf(server, '/live/out'))
    const closed: unknown[] = []
    publisher.on('closed', (error) => closed.push(error))
    await server.close()
    await until(() => closed.length === 1)
    expect(publisher.error).toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
    expect(publisher.state).toBe('closed')
    expect(publisher.tracks[0]?.push(packet(1))).toBe(false)
  })
})

describe('the conversation of a publisher', () => {
  it('is OPTIONS, ANNOUNCE, SETUP of each track, RECORD, TEARDOWN', async () => {
    const { camera, publisher } = await toCamera()
    await publisher.close()
    expect(camera.methods).toEqual(['OPTIONS', 'ANNOUNCE', 'SETUP', 'SETUP', 'RECORD', 'TEARDOWN'])
    const [announce] = camera.of('ANNOUNCE')
    expect(announce?.headers.get('content-type')).toBe('application/sdp')
    const { session, media } = parseSdp(announce?.body.toString() ?? '')
    expect(session.value('s')).toBe('rtspool')
    expect(
      media.map((each) => [each.control, each.rtpmap(each.payloadTypes[0] ?? -1)?.encoding]),
    ).toEqual([
      ['trackID=0', 'X-foo'],
      ['trackID=1', 'opus'],
    ])
    expect(camera.of('SETUP').map(({ uri, headers }) => [uri, headers.get('transport')])).toEqual([
      [`${camera.url}/trackID=0`, 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record'],
      [`${camera.url}/trackID=1`, 'RTP/AVP/TCP;unicast;interleaved=2-3;mode=record'],
    ])
    expect(camera.of('RECORD')[0]?.headers.get('session')).toBe('abc')
    expect(camera.of('TEARDOWN')[0]?.uri).toBe(camera.url)
  })

  it('leaves directions, keys and ports of a description out', async () => {
    const description = [
      'v=0',
      'm=video 5004 RTP/SAVP 96',
      'c=IN IP4 192.0.2.1',
      'a=rtpmap:96 H264/90000',
      'a=recvonly',
      'a=control:rtsp://192.0.2.1/track',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
      'a=framerate:25',
    ].join('\r\n')
    const { camera } = await toCamera({}, { description, name: 'door' })
    const body = camera.of('ANNOUNCE')[0]?.body.toString() ?? ''
    expect(body.slice(body.indexOf('m='))).toBe(
      'm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:25\r\na=control:trackID=0\r\n',
    )
    expect(body).toContain('s=door\r\n')
  })

  it.each([
    { name: 'ANNOUNCE', status: 403 },
    { name: 'SETUP', status: 400 },
    { name: 'RECORD', status: 455 },
  ])(
    'ends with the status of a refused $name, and leaves nothing open',
    async ({ name, status }) => {
      const camera = await ScriptedCamera.start({ [name]: { status } })
      await expect(publishing(camera.url)).rejects.toMatchObject({
        code: 'ERR_CLIENT_REFUSED',
        statusCode: status,
        context: { method: name },
      })
      await until(() => camera.sockets.every((socket) => socket.destroyed))
      expect(camera.of('TEARDOWN')).toHaveLength(name === 'RECORD' ? 1 : 0)
    },
  )

  it.each([301, 302, 305])('are repeated at another place after %s', async (status) => {
    const place = await ScriptedCamera.start()
    const headers = { Location: `${place.url}/copy` }
    const { camera, publisher } = await toCamera({ ANNOUNCE: { status, headers } })
    expect(camera.methods).toEqual(['OPTIONS', 'ANNOUNCE'])
    expect(place.methods).toEqual(['OPTIONS', 'ANNOUNCE', 'SETUP', 'SETUP', 'RECORD'])
    expect(publisher.url).toBe(`${place.url}/copy`)
    expect(place.of('ANNOUNCE')[0]?.uri).toBe(publisher.url)
    await until(() => camera.sockets[0]?.destroyed === true)
  })

  it('are not repeated for ever, and send no login to another host', async () => {
    const challenge = { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' }
    const place = await ScriptedCamera.start({ ANNOUNCE: { status: 401, headers: challenge } })
    const away = place.url.replace('127.0.0.1', 'localhost')
    const headers = { Location: away }
    const camera = await ScriptedCamera.start({ ANNOUNCE: { status: 302, headers } })
    const options = { description: testSdp, clock: new ManualClock() }
    const login = { ...options, username: 'ann', password: 'secret' }
    await expect(publish(camera.url, login)).rejects.toMatchObject({
      code: 'ERR_CLIENT_UNAUTHORIZED',
    })
    expect(place.requests.some(({ headers: sent }) => sent.has('authorization'))).toBe(false)
    await expect(publish(camera.url, { ...options, maxRedirects: 0 })).rejects.toMatchObject({
      code: 'ERR_CLIENT_REDIRECT',
    })
  })

  it('takes the next transport on a new connection after a 461', async () => {
    const { camera, publisher } = await toCamera(
      {
        SETUP: ({ headers }) =>
          headers.get('transport')?.includes('TCP')
            ? { headers: { Session: 'a', Transport: headers.get('transport') ?? '' } }
            : { status: 461 },
      },
      { description: testSdp, transports: ['udp', 'tcp'] },
    )
    expect(publisher.transport).toBe('tcp')
    expect(camera.sockets).toHaveLength(2)
    expect(camera.of('ANNOUNCE')).toHaveLength(2)
  })

  it('ends when its signal aborts, at any step, with its reason', async () => {
    for (const name of ['OPTIONS', 'ANNOUNCE', 'SETUP', 'RECORD']) {
      const camera = await ScriptedCamera.start({ [name]: undefined, TEARDOWN: {} })
      const controller = new AbortController()
      const options = { description: testSdp, signal: controller.signal }
      const attempt = publishing(camera.url, options)
      const caught = expect(attempt).rejects.toThrow('enough')
      await until(() => camera.of(name).length === 1)
      controller.abort(new Error('enough'))
      await caught
      await until(() => camera.sockets.every((socket) => socket.destroyed))
    }
  })

  it('ends when its signal aborts before a RECORD that succeeds, and leaves no timer', async () => {
    const camera = await ScriptedCamera.start({
      RECORD: undefined,
      TEARDOWN: ({ headers }) => {
        const ok = (cSeq: number) => `RTSP/1.0 200 OK\r\nCSeq: ${cSeq}\r\n\r\n`
        const cSeq = Number(headers.get('cseq'))
        return ok(cSeq - 1) + ok(cSeq)
      },
    })
    const controller = new AbortController()
    const { signal } = controller
    const clock = new ManualClock()
    const attempt = publish(camera.url, { description: testSdp, signal, clock })
    const caught = expect(attempt).rejects.toThrow('enough')
    await until(() => camera.of('RECORD').length === 1)
    controller.abort(new Error('enough'))
    await caught
    expect(clock.pendingTimers).toBe(0)
    await until(() => camera.sockets.every((socket) => socket.destroyed))
  })

  it('keeps the session alive at half its timeout', async () => {
    const { camera, clock } = await toCamera({
      SETUP: ({ headers }) => ({
        headers: { Session: 'abc;timeout=20', Transport: headers.get('transport') ?? '' },
      }),
    })
    clock.advance(10_000)
    await until(() => camera.of('GET_PARAMETER').length === 1)
    expect(camera.of('GET_PARAMETER')[0]?.headers.get('session')).toBe('abc')
  })

  it('sends no packet to an address that the server names, only to the server', async () => {
    const ports = await openUdpPorts()
    const { publisher } = await toCamera(
      {
        SETUP: ({ headers }) => ({
          headers: {
            Session: 'a',
            Transport: `${headers.get('transport')};source=192.0.2.9;server_port=${ports.clientPort}`,
          },
        }),
      },
      { description: testSdp, transports: ['udp'] },
    )
    publisher.tracks[0]?.push(packet(3))
    await until(() => ports.rtp.length > 0)
    expect(ports.rtp).toEqual([packet(3)])
  })

  it('refuses a server that names no port for UDP', async () => {
    await expect(toCamera({}, { description: testSdp, transports: ['udp'] })).rejects.toMatchObject(
      { code: 'ERR_CLIENT_TRANSPORT' },
    )
  })
})

describe('sender reports of a publisher', () => {
  const reportsOf = (camera: ScriptedCamera, channel: number) =>
    camera.frames
      .filter((each) => each.channel === channel)
      .flatMap(({ payload }) => parseCompound(payload))
  const sent = (camera: ScriptedCamera, channel = 1) =>
    reportsOf(camera, channel).filter((each): each is SenderReport => each.type === 'senderReport')

  it('tell the time of the source, the packets and the octets', async () => {
    const { camera, clock, publisher } = await toCamera()
    const [track] = publisher.tracks
    track?.mapTime(1_700_000_000_000, 90_000)
    track?.push(
      rtpPacket({ sequenceNumber: 1, ssrc: 5, timestamp: 90_000, payload: Buffer.alloc(50) }),
    )
    await until(() => sent(camera).length === 1)
    track?.push(
      rtpPacket({ sequenceNumber: 2, ssrc: 5, timestamp: 99_000, payload: Buffer.alloc(10) }),
    )
    clock.advance(4000)
    await until(() => sent(camera).length === 2)
    const [first, second] = sent(camera)
    expect(first).toMatchObject({ ssrc: 5, rtpTime: 90_000, packetCount: 1, octetCount: 50 })
    expect(second).toMatchObject({ rtpTime: 450_000, packetCount: 2, octetCount: 60 })
    expect(second && unixMsFromNtp(second.ntpTime)).toBeCloseTo(1_700_000_004_000, 1)
    expect(sent(camera, 3)).toEqual([])
  })

  it('go by the arrival of packets without a time of the source', async () => {
    const { camera, clock, publisher } = await toCamera()
    publisher.tracks[1]?.push(rtpPacket({ sequenceNumber: 1, timestamp: 48_000, ssrc: 6 }))
    clock.advance(4000)
    await until(() => sent(camera, 3).length === 2)
    expect(sent(camera, 3).map(({ rtpTime }) => rtpTime)).toEqual([48_000, 240_000])
  })

  it('end with a BYE before TEARDOWN', async () => {
    const { camera, publisher } = await toCamera()
    publisher.tracks[0]?.push(packet(1, 10, { ssrc: 5 }))
    await publisher.close()
    expect(reportsOf(camera, 1)).toContainEqual({ type: 'bye', ssrcs: [5] })
  })

  it('bring the losses that the server reports', async () => {
    const { camera, publisher } = await toCamera()
    publisher.tracks[0]?.push(packet(1, 10, { ssrc: 5 }))
    const report = {
      ...{ ssrc: 5, fractionLost: 0, cumulativeLost: 12, extendedHighestSequenceNumber: 1 },
      ...{ interarrivalJitter: 0, lsr: 0, dlsr: 0 },
    }
    camera.send(
      frame(1, serializeCompound([{ type: 'receiverReport', ssrc: 1, reports: [report] }])),
    )
    await until(() => publisher.tracks[0]?.stats.reportedLostPackets === 12)
  })
})

describe('the queue of a publisher', () => {
  it('leaves packets out once it is full, and tells so', async () => {
    const options = { description: testSdp, maxQueuedBytes: 100_000 }
    const { camera, publisher } = await toCamera({}, options)
    camera.sockets[0]?.pause()
    const [track] = publisher.tracks
    let accepted = 0
    for (let at = 0; at < 5000; at++) {
      if (track?.push(packet(at & 0xff, 10_000))) accepted++
      if (at % 50 === 0) await nextTurn()
    }
    expect(accepted).toBeLessThan(5000)
    expect(publisher.queuedBytes).toBeLessThan(120_000)
    expect(track?.stats.droppedPackets).toBe(5000 - accepted)
    camera.sockets[0]?.resume()
    await publisher.drained()
    expect(publisher.queuedBytes).toBeLessThanOrEqual(100_000)
    await until(() => camera.frames.filter(({ channel }) => channel === 0).length === accepted)
    expect(track?.push(packet(1))).toBe(true)
  })

  it('loses nothing of a source that waits', async () => {
    const options = { description: testSdp, maxQueuedBytes: 100_000 }
    const { camera, publisher } = await toCamera({}, options)
    for (let at = 0; at < 2000; at++) {
      await publisher.drained()
      expect(publisher.tracks[0]?.push(packet(at & 0xff, 10_000))).toBe(true)
    }
    await until(() => camera.frames.filter(({ channel }) => channel === 0).length === 2000)
  })

  it('continues video with a key frame', async () => {
    const description = testSdp.replace('X-foo', 'H264')
    const { camera, publisher } = await toCamera({}, { description, maxQueuedBytes: 1 })
    const slice = (sequenceNumber: number, type: number) =>
      rtpPacket({
        sequenceNumber,
        payload: Buffer.concat([Buffer.from([0x60 | type, 0x80]), Buffer.alloc(900)]),
      })
    const [track] = publisher.tracks
    expect([track?.push(slice(1, 5)), track?.push(slice(2, 1))]).toEqual([true, false])
    await until(() => publisher.queuedBytes === 0)
    expect([track?.push(slice(3, 1)), track?.push(slice(4, 5))]).toEqual([false, true])
    await until(() => camera.frames.filter(({ channel }) => channel === 0).length === 2)
  })

  it('does not hold up close, whose TEARDOWN stands behind it', async () => {
    const { camera, clock, publisher } = await toCamera()
    camera.sockets[0]?.pause()
    for (let at = 0; at < 1000; at++) publisher.tracks[0]?.push(packet(at & 0xff, 10_000))
    const closed = publisher.close()
    await nextTurn(5)
    clock.advance(500)
    await closed
    await expect(publisher.drained()).resolves.toBeUndefined()
  })

  it('takes no packet that is no RTP', async () => {
    const { publisher } = await toCamera()
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(100), packet(1, 70_000)]) {
      expect(publisher.tracks[0]?.push(bytes)).toBe(false)
    }
  })
})

describe('wrong options', () => {
  it.each<[string, object]>([
    ['either description or tracks', {}],
    ['either description or tracks', { description: testSdp, tracks: [] }],
    ['at least one track', { tracks: [] }],
    ['at least one track', { description: 'v=0\r\n' }],
    ['description must', { description: 5 }],
    ['tracks must', { tracks: 5 }],
    ['description of its media', { tracks: [{}] }],
    ['maxQueuedBytes must', { description: testSdp, maxQueuedBytes: 0 }],
    ['no option', { description: testSdp, udpSilenceSeconds: 3 }],
    ['name must', { description: testSdp, name: 5 }],
    ['must not have multicast', { description: testSdp, transports: ['multicast'] }],
  ])('are told: %s', async (text, options) => {
    await expect(publish('rtsp://127.0.0.1:1/x', options as RtspPublishOptions)).rejects.toThrow(
      text,
    )
  })

  it('do not repeat a URL that may have a password', async () => {
    const attempt = publish('http://user:secret@host/', { description: testSdp })
    await expect(attempt).rejects.toThrow(
      /^url must be an rtsp:, rtsps:, ws: or wss: URL, without spaces [a-z ]+$/,
    )
  })
})
