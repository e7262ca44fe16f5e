import { describe, expect, it } from 'vitest'
import type { RtspClientOptions } from '../../src/client/index.js'
import { parseSrtpOffer } from '../../src/mikey/index.js'
import { parseKeyMgmt, type RtspRequest } from '../../src/rtsp/index.js'
import {
  masterKeyFrom,
  type SrtpReceiver,
  type SrtpSuiteName,
  srtpSuites,
} from '../../src/srtp/index.js'
import { connectedClient } from '../support/client-scene.js'
import { scene } from '../support/scene.js'
import { type CameraAnswers, cameraSdp, frame, ScriptedCamera } from '../support/scripted-camera.js'
import { receiverFor, SrtpPeer } from '../support/srtp-peer.js'
import { rtpPacket, testCertificate } from '../support/test-server.js'
import { until } from '../support/until.js'

const certificate = testCertificate('first')
const onlyVideo = ({ kind }: { readonly kind: string }): boolean => kind === 'video'
const suites = Object.keys(srtpSuites) as SrtpSuiteName[]

const connected = (url: string, options: RtspClientOptions = {}) =>
  connectedClient(url, { tls: { ca: certificate.cert }, tracks: onlyVideo, ...options })

const packet = (sequenceNumber: number, size = 100) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(size, sequenceNumber) })

/** A camera that describes its video with SRTP, and these lines below it. */
async function secureCamera(lines: readonly string[], answers: CameraAnswers = {}) {
  const body = cameraSdp
    .replace('RTP/AVP 96', 'RTP/SAVP 96')
    .replace('a=control:track1', ['a=control:track1', ...lines].join('\r\n'))
  const described = { headers: { 'Content-Type': 'application/sdp' }, body }
  return ScriptedCamera.start({ DESCRIBE: described, ...answers })
}

/** Returns the client's key in its SETUP, ready to open packets. */
function clientKeyIn(setup: RtspRequest | undefined): SrtpReceiver {
  const [message] = parseKeyMgmt(setup?.headers.get('KeyMgmt') ?? '')
  if (!message) throw new Error('no KeyMgmt')
  return receiverFor(parseSrtpOffer(message.data))
}

describe('a client with SRTP', () => {
  it.each(
    suites.flatMap((suite) =>
      (['tcp', 'udp', 'http'] as const).map((each) => [suite, each] as const),
    ),
  )('receives from our own server, byte for byte: %s over %s', async (srtp, transport) => {
    const tls = { port: 0, ...certificate, srtp }
    const { server, sources, push } = await scene({ tls, maxDatagramBytes: 0 }).camera().start()
    const url = `rtsps://127.0.0.1:${server.tlsAddress().port}/cam`
    const { client, clock } = await connected(url, { transports: [transport] })
    const packets = client.packets()
    const first = packets.next()
    await until(() => client.state === 'playing' && sources[0]?.output !== undefined)
    expect(client.tracks[0]?.srtp).toBe(srtp)
    const sent = [1, 2, 3].map((sequenceNumber) => packet(sequenceNumber, 3000))
    for (const each of sent) push(each)
    const received = [await first, await packets.next(), await packets.next()]
    expect(received.map(({ value }) => value?.packet)).toEqual(sent)
    clock.advance(5000)
    // The server opens and reads the report.
    await until(() => {
      const [session] = server.pool.filter()
      const [held] = session?.filter() ?? []
      const [stream] = [...(held?.transports.values() ?? [])] as { readonly reception?: object }[]
      return stream?.reception !== undefined
    })
    expect(client.stats()).toMatchObject({ packets: 3, rejectedPackets: 0, lostPackets: 0 })
  })

  it('tells its key for the URI of the track, and protects its reports with it', async () => {
    const peer = new SrtpPeer()
    const camera = await secureCamera([`a=key-mgmt:${peer.attribute}`])
    const { client, clock } = await connected(camera.url)
    await client.play()
    const [setup] = camera.of('SETUP')
    expect(setup?.headers.get('transport')).toBe('RTP/SAVP/TCP;unicast;interleaved=0-1')
    expect(setup?.headers.get('keymgmt')).toContain(`uri="${camera.url}/track1"`)
    camera.send(frame(0, peer.sealed(packet(1))))
    await until(() => client.stats().packets === 1)
    clock.advance(5000)
    await until(() => camera.frames.length > 0)
    const report = clientKeyIn(setup).openRtcp(camera.frames[0]?.payload ?? Buffer.alloc(0))
    expect(report?.[1]).toBe(201)
    expect(report?.readUInt32BE(8)).toBe(0x1234_5678)
  })

  it.each([1, 2, 4])(
    'opens packets with an index of %i bytes, as Axis cameras send',
    async (size) => {
      const peer = new SrtpPeer('AES_CM_128_HMAC_SHA1_80', Buffer.alloc(size, 9))
      const camera = await secureCamera([`a=key-mgmt:${peer.attribute}`])
      const { client } = await connected(camera.url)
      await client.play()
      camera.send(frame(0, peer.sealed(packet(1))))
      await until(() => client.stats().packets === 1)
    },
  )

  it('takes the key of the session, and of the response to SETUP before that of the description', async () => {
    const described = new SrtpPeer()
    const answered = new SrtpPeer('AEAD_AES_256_GCM')
    const body = cameraSdp
      .replace('RTP/AVP 96', 'RTP/SAVP 96')
      .replace('t=0 0', `t=0 0\r\na=key-mgmt:${described.attribute}`)
    let withKey = false
    const camera = await ScriptedCamera.start({
      DESCRIBE: { headers: { 'Content-Type': 'application/sdp' }, body },
      SETUP: (request) => ({
        headers: {
          Session: 'abc',
          Transport: request.headers.get('transport') ?? '',
          ...(withKey && { KeyMgmt: answered.header(request.uri) }),
        },
      }),
    })
    for (const peer of [described, answered]) {
      const { client } = await connected(camera.url)
      await client.play()
      expect(client.tracks[0]?.srtp).toBe(peer.sender.master.suite.name)
      camera.send(frame(0, peer.sealed(packet(1))))
      await until(() => client.stats().packets === 1)
      withKey = true
    }
  })

  it('reads the rollover counter of the response to PLAY', async () => {
    const peer = new SrtpPeer()
    for (const sequenceNumber of [65_000, 30]) peer.sender.skip(packet(sequenceNumber))
    expect(peer.sender.rolloverCounter).toBe(1)
    const camera = await secureCamera([`a=key-mgmt:${peer.attribute}`], {
      PLAY: () => ({ headers: { KeyMgmt: peer.headerWithCounter(0x1234_5678) } }),
    })
    const { client } = await connected(camera.url)
    await client.play()
    camera.send(frame(0, peer.sealed(packet(31))))
    await until(() => client.stats().packets === 1)
  })

  it('drops packets in clear, forged and repeated ones', async () => {
    const peer = new SrtpPeer()
    const camera = await secureCamera([`a=key-mgmt:${peer.attribute}`])
    const { client } = await connected(camera.url)
    await client.play()
    const sealed = peer.sealed(packet(1))
    const forged = Buffer.from(peer.sealed(packet(2)))
    forged[20] = (forged[20] ?? 0) ^ 1
    for (const each of [sealed, sealed, forged, packet(3), Buffer.alloc(5)])
      camera.send(frame(0, each))
    await until(() => client.stats().rejectedPackets === 4)
    expect(client.stats().packets).toBe(1)
  })
})

describe('a=crypto', () => {
  const suite = srtpSuites.AES_CM_128_HMAC_SHA1_80
  const bytes = Buffer.from(Array.from({ length: 30 }, (_, at) => at))
  const line = `a=crypto:1 ${suite.name} inline:${bytes.toString('base64')}`

  it.each(['', '|2^31|1:4'])('gives the key of both sides (%j)', async (rest) => {
    const mki = rest === '' ? undefined : Buffer.from([0, 0, 0, 1])
    const peer = new SrtpPeer(suite.name, mki, masterKeyFrom(suite, bytes))
    const camera = await secureCamera([`${line}${rest}`])
    const { client, clock } = await connected(camera.url)
    await client.play()
    expect(camera.of('SETUP')[0]?.headers.has('keymgmt')).toBe(false)
    camera.send(frame(0, peer.sealed(packet(1))))
    await until(() => client.stats().packets === 1)
    clock.advance(5000)
    await until(() => camera.frames.length > 0)
    const receiver = receiverFor({
      master: { ...masterKeyFrom(suite, bytes), mki },
      rolloverCounters: new Map(),
    })
    expect(receiver.openRtcp(camera.frames[0]?.payload ?? Buffer.alloc(0))?.[1]).toBe(201)
  })

  it('is not needed beside a usable a=key-mgmt', async () => {
    const peer = new SrtpPeer()
    const camera = await secureCamera([line, `a=key-mgmt:${peer.attribute}`])
    const { client } = await connected(camera.url)
    await client.play()
    camera.send(frame(0, peer.sealed(packet(1))))
    await until(() => client.stats().packets === 1)
  })
})

it.each([
  ['no key', []],
  ['a broken key', ['a=key-mgmt:mikey AAAA']],
  ['another key management', ['a=key-mgmt:kerberos AAAA']],
  ['a weak key', ['a=crypto:1 NULL_HMAC_SHA1_80 inline:AAAA']],
])('%s ends the client', async (_, lines) => {
  const camera = await secureCamera(lines)
  const { client } = await connected(camera.url)
  await expect(client.play()).rejects.toMatchObject({ code: 'ERR_CLIENT_SRTP' })
  expect(client.state).toBe('closed')
  await until(() => camera.methods.at(-1) === 'TEARDOWN')
})
