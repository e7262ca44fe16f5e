import { describe, expect, it } from 'vitest'
import { connect, type RtspClientOptions } from '../../src/client/index.js'
import { serializeCompound } from '../../src/rtcp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { connectedClient, expectPackets } from '../support/client-scene.js'
import { scene } from '../support/scene.js'
import { type CameraAnswers, cameraSdp, frame, ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket, testCertificate } from '../support/test-server.js'
import { advancing, nextTurn, until } from '../support/until.js'

const connected = (url: string, options: RtspClientOptions = {}) => connectedClient(url, options)

async function playing(answers: CameraAnswers = {}, options: RtspClientOptions = {}) {
  const camera = await ScriptedCamera.start(answers)
  const { client, clock } = await connected(camera.url, options)
  await client.play()
  return { camera, client, clock }
}

const packet = (sequenceNumber: number, size = 100) =>
  rtpPacket({ sequenceNumber, payload: Buffer.alloc(size, sequenceNumber) })

const userPass = 'user:p%40ss@'
const withUser = (url: string) => url.replace('://', `://${userPass}`)

describe('a client of our own server', () => {
  it('receives the packets that the camera sends, byte for byte', async () => {
    const camera = await scene().camera().start()
    const { client } = await connected(camera.url)
    expect(client.tracks.map(({ kind, encoding }) => `${kind} ${encoding}`)).toEqual([
      'video H264',
      'audio opus',
    ])
    const [first] = await expectPackets(client, camera)
    expect(first?.track).toBe(client.tracks[0])
    expect(client.stats()).toMatchObject({ packets: 3, lostPackets: 0, strayBytes: 0 })
  })

  it('leaves no session behind, and tells its states', async () => {
    const { url, server } = await scene().camera().start()
    const { client } = await connected(url)
    const states: string[] = []
    client.on('stateChanged', (state, previous) => states.push(`${previous} ${state}`))
    client.on('closed', (error) => states.push(`closed ${error}`))
    await client.play()
    expect(server.stats().sessions).toBe(1)
    await client.close()
    expect(server.stats().sessions).toBe(0)
    expect(states).toEqual(['described playing', 'playing closed', 'closed undefined'])
    await expect(client.play()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  })

  it.each(['MD5', 'SHA-256'] as const)('logs in with Digest and %s', async (algorithm) => {
    const auth = { users: { user: 'p@ss' }, algorithms: [algorithm] }
    const { url } = await scene({ auth }).camera().start()
    const { client } = await connected(withUser(url))
    await client.play()
    expect(client.state).toBe('playing')
  })
})

it.each([
  ['npt=now-', 'npt=now-'],
  ['npt=0-12.5', 'npt=0.000-'],
])('a stream of the range %s begins with %s', async (described, played) => {
  const body = cameraSdp.replace('t=0 0', `t=0 0\r\na=range:${described}`)
  const headers = { 'Content-Type': 'application/sdp' }
  const { camera } = await playing({ DESCRIBE: { headers, body } })
  expect(camera.of('PLAY')[0]?.headers.get('range')).toBe(played)
})

describe('credentials', () => {
  const digest = (algorithm: string) =>
    ['WWW-Authenticate', `Digest realm="r", nonce="n", algorithm=${algorithm}`] as const
  const basic = ['WWW-Authenticate', 'Basic realm="r"'] as const
  const challenged = (headers: readonly (readonly [string, string])[]): CameraAnswers => ({
    OPTIONS: (request) => (request.headers.has('authorization') ? {} : { status: 401, headers }),
  })

  it('uses the strongest challenge it knows, and skips others', async () => {
    const camera = await ScriptedCamera.start(
      challenged([digest('XYZ-512'), digest('MD5'), digest('SHA-256'), basic]),
    )
    await connected(withUser(camera.url))
    const [, second] = camera.of('OPTIONS')
    expect(second?.headers.get('authorization')).toMatch(/^Digest .*algorithm=SHA-256/)
    expect(second?.headers.get('authorization')).toContain(`uri="${camera.url}"`)
  })

  it('prefers the name and password of the options to those of the URL', async () => {
    const challenge: [string, string] = ['WWW-Authenticate', 'Digest realm="r", nonce="n"']
    const camera = await ScriptedCamera.start(challenged([challenge]))
    await connected(withUser(camera.url), { username: 'other', password: 'secret' })
    expect(camera.requests[1]?.headers.get('authorization')).toMatch(/^Digest username="other"/)
  })

  it('reads several challenges of one line', async () => {
    const line = `Basic realm="a, b", Digest realm="r", nonce="n", qop="auth"`
    const camera = await ScriptedCamera.start(challenged([['WWW-Authenticate', line]]))
    await connected(withUser(camera.url))
    expect(camera.requests[1]?.headers.get('authorization')).toMatch(/^Digest .*qop=auth/)
  })

  it('sends no password in clear unless that is allowed', async () => {
    const camera = await ScriptedCamera.start(challenged([basic]))
    await expect(connected(withUser(camera.url))).rejects.toMatchObject({
      code: 'ERR_CLIENT_AUTH_SCHEME',
    })
    expect(camera.requests.some(({ headers }) => headers.has('authorization'))).toBe(false)
    await connected(withUser(camera.url), { basic: 'always' })
    expect(camera.requests.at(-1)?.headers.get('authorization')).toMatch(/^Basic /)
  })

  it('sends a password in clear inside TLS', async () => {
    const camera = await ScriptedCamera.start(challenged([basic]), true)
    const url = withUser(camera.url).replace('rtsp:', 'rtsps:')
    await connected(url, { tls: { ca: testCertificate('first').cert } })
    expect(camera.requests[1]?.headers.get('authorization')).toMatch(/^Basic /)
  })

  it('does not send a refused password again', async () => {
    let count = 0
    const camera = await ScriptedCamera.start({
      OPTIONS: () => ({
        status: 401,
        headers: [['WWW-Authenticate', `Digest realm="r", nonce="${count++}"`]],
      }),
    })
    await expect(connected(withUser(camera.url))).rejects.toMatchObject({
      code: 'ERR_CLIENT_UNAUTHORIZED',
      statusCode: 401,
    })
    expect(camera.requests).toHaveLength(2)
  })

  it('go to no other host after a redirect, unless that is allowed', async () => {
    const other = await ScriptedCamera.start({
      DESCRIBE: (request) =>
        request.headers.has('authorization')
          ? { headers: {}, body: cameraSdp }
          : { status: 401, headers: [digest('MD5')] },
    })
    const elsewhere = other.url.replace('127.0.0.1', 'localhost')
    const camera = await ScriptedCamera.start({
      DESCRIBE: { status: 302, headers: { Location: elsewhere } },
    })
    await expect(connected(withUser(camera.url))).rejects.toMatchObject({
      code: 'ERR_CLIENT_UNAUTHORIZED',
    })
    expect(other.requests.some(({ headers }) => headers.has('authorization'))).toBe(false)
    const { client } = await connected(withUser(camera.url), { credentialsFor: 'anyHost' })
    expect(client.url).toBe(elsewhere)
  })

  it('go along to another port of the same host', async () => {
    const other = await ScriptedCamera.start(challenged([digest('MD5')]))
    const camera = await ScriptedCamera.start({
      DESCRIBE: { status: 301, headers: { Location: other.url } },
    })
    const { client } = await connected(withUser(camera.url))
    expect(client.url).toBe(other.url)
    expect(other.requests.at(-1)?.headers.has('authorization')).toBe(true)
  })
})

describe('TLS', () => {
  it('accepts the pinned certificate, and sends nothing to another', async () => {
    const camera = await ScriptedCamera.start({}, true)
    const url = withUser(camera.url).replace('rtsp:', 'rtsps:')
    const wrong = connected(url, { tls: { fingerprint: 'ab'.repeat(32) } })
    const error = await wrong.catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_CLIENT_CERTIFICATE' })
    expect(camera.requests).toHaveLength(0)
    const [fingerprint] = /([0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(error.message) ?? []
    await connected(url, { tls: { fingerprint } })
    expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE'])
  })

  it('refuses a redirect into clear', async () => {
    const camera = await ScriptedCamera.start(
      { DESCRIBE: { status: 302, headers: { Location: 'rtsp://127.0.0.1:1/' } } },
      true,
    )
    const ca = testCertificate('first').cert
    const url = camera.url.replace('rtsp:', 'rtsps:')
    await expect(connected(url, { tls: { ca } })).rejects.toMatchObject({
      code: 'ERR_CLIENT_REDIRECT',
    })
  })
})

describe('cameras with quirks', () => {
  it.each([
    { name: 'without /TCP', answer: 'RTP/AVP;unicast;interleaved=0-1', channel: 0 },
    { name: 'with one number', answer: 'RTP/AVP/TCP;interleaved=4', channel: 4 },
    { name: 'with other channels', answer: 'RTP/AVP/TCP;unicast;interleaved=6-7', channel: 6 },
    {
      name: 'with a broken SSRC',
      answer: 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc= 12 34;source=',
      channel: 0,
    },
  ])('are understood when they answer SETUP $name', async ({ answer, channel }) => {
    const { camera, client } = await playing(
      { SETUP: { headers: { Session: 'a', Transport: answer } } },
      { tracks: ({ kind }) => kind === 'video' },
    )
    const packets = client.packets()
    camera.send(frame(channel, packet(1)))
    expect((await packets.next()).value?.packet).toEqual(packet(1))
  })

  it('get their packets accepted that follow the response to PLAY at once', async () => {
    const { client } = await connected(
      (await ScriptedCamera.start({ PLAY: { behind: frame(0, packet(7)) } })).url,
    )
    for await (const received of client.packets()) {
      expect(received.packet).toEqual(packet(7))
      break
    }
    expect(client.state).toBe('playing')
  })

  it('get a User-Agent, an exact CSeq, and a Range with PLAY', async () => {
    const { camera } = await playing()
    const names = [...(camera.of('PLAY')[0]?.headers ?? [])].map(([name]) => name)
    expect(names).toEqual(['CSeq', 'User-Agent', 'Session', 'Range'])
    expect(camera.of('PLAY')[0]?.headers.get('range')).toBe('npt=0.000-')
  })

  it('are only asked for tracks that they send', async () => {
    const sdp = `${cameraSdp}m=application 0 RTP/AVP 98\r\na=control:track3\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\na=control:track4\r\n`
    const { camera, client } = await playing({ DESCRIBE: { body: sdp } })
    expect(camera.of('SETUP').map(({ uri }) => uri)).toEqual([
      `${camera.url}/track1`,
      `${camera.url}/track2`,
    ])
    expect(client.tracks[3]?.direction).toBe('send')
  })

  it('may send stray bytes between frames', async () => {
    const { camera, client } = await playing()
    const packets = client.packets()
    const stray = Buffer.from('\0\0\0 stray $ bytes R TSP')
    for (const bytes of [frame(0, packet(1)), stray, frame(0, packet(2))]) camera.send(bytes)
    expect((await packets.next()).value?.packet).toEqual(packet(1))
    expect((await packets.next()).value?.packet).toEqual(packet(2))
    expect(client.stats().strayBytes).toBe(stray.length)
  })

  it('may answer without a reason, without CSeq, and after a 100', async () => {
    const { client } = await playing({
      OPTIONS: 'RTSP/1.0 100 Continue\r\nCSeq: $CSEQ\r\n\r\nRTSP/1.0 200\r\n\r\n',
    })
    expect(client.state).toBe('playing')
  })

  it('may send requests of their own', async () => {
    const { camera, client } = await playing()
    camera.send('OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nREDIRECT * RTSP/1.0\r\nCSeq: 10\r\n\r\n')
    camera.send(frame(0, packet(1)))
    await client.packets().next()
    expect(client.stats().strayBytes).toBe(0)
  })
})

describe('keep-alives', () => {
  it('are GET_PARAMETER for the aggregate URI at half the timeout, whether answered or not', async () => {
    const { camera, client, clock } = await playing({
      SETUP: (request) => ({
        headers: { Session: 'abc;timeout=20', Transport: request.headers.get('transport') ?? '' },
      }),
      GET_PARAMETER: undefined,
    })
    clock.advance(9_999)
    expect(camera.of('GET_PARAMETER')).toHaveLength(0)
    for (const count of [1, 2, 3]) {
      clock.advance(10_000)
      await until(() => camera.of('GET_PARAMETER').length === count)
    }
    const [request] = camera.of('GET_PARAMETER')
    expect(request?.uri).toBe(camera.url)
    expect(request?.headers.get('session')).toBe('abc')
    expect(client.state).toBe('playing')
  })

  it('are OPTIONS where nothing else is announced, at 30 s at the latest', async () => {
    const { camera, clock } = await playing({ OPTIONS: { headers: { Public: 'PLAY' } } })
    clock.advance(30_000)
    await until(() => camera.of('OPTIONS').length === 2)
    expect(camera.of('OPTIONS')[1]?.headers.get('session')).toBe('abc')
  })

  it('change the method after a refusal', async () => {
    const { camera, clock } = await playing({ GET_PARAMETER: { status: 501 } })
    clock.advance(30_000)
    await until(() => camera.of('GET_PARAMETER').length === 1)
    await until(() => camera.of('OPTIONS').length > 1, advancing(clock, 30_000))
  })
})

describe('a session that the server has dropped', () => {
  const answers = {
    GET_PARAMETER: { status: 454 },
    OPTIONS: (_: unknown, count: number) =>
      count > 1 ? { status: 454 } : { headers: { Public: 'GET_PARAMETER' } },
  }

  it('ends the client with the answer to its keep-alive', async () => {
    const { camera, client, clock } = await playing(answers)
    camera.send(frame(0, packet(1)))
    await until(() => client.stats().packets === 1)
    // No packet arrives after the first keep-alive.
    clock.advance(30_000)
    await until(() => camera.of('GET_PARAMETER').length === 1)
    await nextTurn(20)
    expect(client.state).toBe('playing')
    clock.advance(30_000)
    await until(() => client.state === 'closed')
    expect(client.error).toMatchObject({ code: 'ERR_CLIENT_REFUSED', statusCode: 454 })
  })

  it('goes on while packets arrive, whatever the server says', async () => {
    const { camera, client, clock } = await playing(answers)
    for (let count = 1; count < 5; count++) {
      clock.advance(10_000)
      camera.send(frame(0, packet(count)))
      await until(() => client.stats().packets === count)
      clock.advance(20_000)
      await until(() => camera.of('GET_PARAMETER').length + camera.of('OPTIONS').length > count)
      await nextTurn(20)
      expect(client.state).toBe('playing')
    }
  })
})

describe('a nonce that has expired', () => {
  const challenge = (nonce: string) => ({
    status: 401,
    headers: { 'WWW-Authenticate': `Digest realm="r", nonce="${nonce}", stale=true` },
  })
  const nonces = (camera: ScriptedCamera, method: string) =>
    camera
      .of(method)
      .map(({ headers }) => /nonce="(\w+)"/.exec(headers.get('authorization') ?? '')?.[1])

  async function loggedIn(answers: CameraAnswers) {
    const camera = await ScriptedCamera.start({
      DESCRIBE: (_, count) => (count === 1 ? challenge('old') : { body: cameraSdp }),
      ...answers,
    })
    const { client, clock } = await connected(withUser(camera.url))
    await client.play()
    return { camera, client, clock }
  }

  it('does not keep a session from its TEARDOWN', async () => {
    const { camera, client } = await loggedIn({
      TEARDOWN: (_, count) => (count === 1 ? challenge('new') : {}),
    })
    await client.close()
    expect(nonces(camera, 'TEARDOWN')).toEqual(['old', 'new'])
  })

  it('does not cost a keep-alive, and is renewed once at most', async () => {
    const { camera, clock } = await loggedIn({
      GET_PARAMETER: (_, count) => challenge(`new${count}`),
    })
    clock.advance(30_000)
    await until(() => camera.of('GET_PARAMETER').length === 2)
    expect(nonces(camera, 'GET_PARAMETER')).toEqual(['old', 'new1'])
    await nextTurn(20)
    expect(camera.of('GET_PARAMETER')).toHaveLength(2)
  })

  it('ends a close that is refused again at once', async () => {
    const { camera, client } = await loggedIn({
      TEARDOWN: (_, count) => challenge(`new${count}`),
    })
    await client.close()
    expect(camera.of('TEARDOWN')).toHaveLength(2)
  })
})

describe('receiver reports', () => {
  it('go to the server every 5 s, over TCP too', async () => {
    const { camera, client, clock } = await playing()
    camera.send(frame(0, packet(5)))
    await until(() => client.stats().packets === 1)
    clock.advance(5000)
    await until(() => camera.frames.length === 2)
    expect(camera.frames.map(({ channel }) => channel)).toEqual([1, 3])
    const report = camera.frames[0]?.payload
    expect(report?.[1]).toBe(201)
    expect(report?.readUInt32BE(8)).toBe(0x1234_5678)
  })
})

describe('readers', () => {
  it('hold up the connection when they do not read, and lose nothing', async () => {
    const { camera, client } = await playing()
    const packets = client.packets({ maxQueuedBytes: 200_000 })
    const count = 400
    for (let at = 0; at < count; at++) camera.send(frame(0, packet(at, 10_000)))
    await until(() => client.stats().packets > 10)
    expect(client.stats().packets).toBeLessThan(count)
    for (let at = 0; at < count; at++) {
      const { value } = await packets.next()
      expect(value?.packet.readUInt16BE(2)).toBe(at)
    }
  })

  it('get the error of a lost connection after the packets before it', async () => {
    const { camera, client } = await playing()
    const packets = client.packets()
    camera.send(frame(0, packet(1)))
    camera.sockets[0]?.end()
    expect((await packets.next()).value?.packet).toEqual(packet(1))
    await expect(packets.next()).rejects.toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
    expect(await packets.next()).toEqual({ done: true, value: undefined })
    expect(client.state).toBe('closed')
    expect(client.error).toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
  })

  it('come to their end with close, and with a BYE of every track', async () => {
    const { camera, client } = await playing()
    const bye = serializeCompound([{ type: 'bye', ssrcs: [] }])
    let ended = 0
    client.on('ended', () => ended++)
    const one = client.packets()
    camera.send(Buffer.concat([frame(1, bye), frame(3, bye)]))
    expect((await one.next()).done).toBe(true)
    expect(ended).toBe(1)
    const other = client.packets().next()
    await client.close()
    expect((await other).done).toBe(true)
  })

  it('throw the reason of the signal, and the server gets its TEARDOWN', async () => {
    const controller = new AbortController()
    const { camera, client } = await playing({}, { signal: controller.signal })
    const reason = new Error('enough')
    const next = client.packets().next()
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
    await until(() => camera.of('TEARDOWN').length === 1)
  })

  it('do not need a queue: a target gets packets and times', async () => {
    const { camera, client } = await playing()
    const got: unknown[] = []
    client.tracks[0]?.pipe({
      push: (received) => got.push(received),
      mapTime: (unixMs, rtpTime) => got.push([unixMs, rtpTime]),
    })
    const report = serializeCompound([
      {
        type: 'senderReport',
        ssrc: 0x1234_5678,
        ntpTime: { seconds: 2_208_988_800 + 10, fraction: 2 ** 31 },
        rtpTime: 90,
        packetCount: 1,
        octetCount: 1,
        reports: [],
      },
    ])
    camera.send(Buffer.concat([frame(0, packet(1)), frame(1, report)]))
    await until(() => got.length === 2)
    expect(got).toEqual([packet(1), [10_500, 90]])
  })

  it('have no time by the reports of a camera without a clock, which sends 0', async () => {
    const { camera, client } = await playing()
    const times: unknown[] = []
    client.tracks[0]?.pipe({ push: () => {}, mapTime: (unixMs) => times.push(unixMs) })
    const report = serializeCompound([
      {
        ...{ type: 'senderReport', ssrc: 0x1234_5678, rtpTime: 0, packetCount: 1, octetCount: 1 },
        ntpTime: { seconds: 0, fraction: 0 },
        reports: [],
      },
    ])
    camera.send(Buffer.concat([frame(0, packet(1)), frame(1, report), frame(0, packet(2))]))
    await until(() => client.stats().packets === 2)
    expect(times).toEqual([])
  })
})

describe('access units', () => {
  const nal = (type: number, size = 20) => Buffer.from([0x60 | type, ...Buffer.alloc(size, 0x80)])
  const rtp = (sequenceNumber: number, timestamp: number, payload: Buffer, marker = false) =>
    frame(0, rtpPacket({ sequenceNumber, timestamp, payload, marker }))
  const [sps, pps, idr, slice] = [nal(7), nal(8), nal(5, 500), nal(1, 100)]

  it('end by their timestamp, whatever the marker says, and have their time', async () => {
    const { camera, client } = await playing()
    const units = client.accessUnits()
    const report = serializeCompound([
      {
        ...{ type: 'senderReport', ssrc: 0x1234_5678, rtpTime: 0, packetCount: 1, octetCount: 1 },
        ntpTime: { seconds: 2_208_988_800 + 10, fraction: 0 },
        reports: [],
      },
    ])
    camera.send(
      Buffer.concat([
        // Tapo TC70 and Reolink Duo 2: markers on parameter sets.
        ...[rtp(1, 90, sps, true), rtp(2, 90, pps, true), rtp(3, 90, idr), frame(1, report)],
        // FLIR M400: no markers at all.
        ...[rtp(4, 3090, slice), rtp(5, 6090, slice), rtp(7, 9090, slice), rtp(8, 12_090, slice)],
      ]),
    )
    const first = (await units.next()).value
    expect(first).toMatchObject({ parts: [sps, pps, idr], timestamp: 90, isKeyFrame: true })
    expect(first?.track).toBe(client.tracks[0])
    expect(first?.unixTimeMs).toBe(10_001)
    expect((await units.next()).value).toMatchObject({ timestamp: 3090, isKeyFrame: false })
    expect((await units.next()).value).toMatchObject({ timestamp: 9090, lostPackets: 1 })
    await units.return?.()
    expect((await units.next()).done).toBe(true)
  })

  it('come to their end with the stream, the last one included', async () => {
    const { camera, client } = await playing()
    const bye = serializeCompound([{ type: 'bye', ssrcs: [] }])
    const units = client.accessUnits()
    camera.send(Buffer.concat([rtp(1, 90, idr), frame(1, bye), frame(3, bye)]))
    expect((await units.next()).value?.parts).toEqual([idr])
    expect((await units.next()).done).toBe(true)
  })
})

describe('an end', () => {
  it('sends TEARDOWN, and waits for a silent server for half a second', async () => {
    const { camera, client, clock } = await playing({ TEARDOWN: undefined })
    const closed = client.close()
    await until(() => camera.of('TEARDOWN').length === 1)
    expect(camera.of('TEARDOWN')[0]?.headers.get('session')).toBe('abc')
    clock.advance(500)
    await closed
  })

  it('comes to requests without a response', async () => {
    const camera = await ScriptedCamera.start({ DESCRIBE: undefined })
    const clock = new ManualClock()
    const connecting = connect(camera.url, { clock, responseTimeout: 3 })
    await until(() => camera.of('DESCRIBE').length === 1)
    clock.advance(3000)
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_CLIENT_TIMEOUT' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('comes to an attempt that its signal aborts', async () => {
    const camera = await ScriptedCamera.start({ DESCRIBE: undefined })
    const controller = new AbortController()
    const connecting = connect(camera.url, { signal: controller.signal })
    await until(() => camera.of('DESCRIBE').length === 1)
    controller.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
  })

  it('names the reason of a refused connection', async () => {
    const camera = await ScriptedCamera.start()
    const { url } = camera
    await camera.close()
    await expect(connect(url)).rejects.toMatchObject({ code: 'ERR_CLIENT_CONNECT' })
  })

  it('tells the status of a refusal', async () => {
    const camera = await ScriptedCamera.start({ DESCRIBE: { status: 404 } })
    await expect(connect(camera.url)).rejects.toMatchObject({
      code: 'ERR_CLIENT_REFUSED',
      statusCode: 404,
      context: { method: 'DESCRIBE' },
    })
  })
})
