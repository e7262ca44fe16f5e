import { describe, expect, it } from 'vitest'
import {
  createMediaDescription,
  MediaFactory,
  parseSdp,
  type RtspServer,
  type RtspServerOptions,
} from '../../../src/index.js'
import type { SrtpOffer } from '../../../src/mikey/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { answeredOffers, receiverFor, SrtpPeer, srtpTcp } from '../../support/srtp-peer.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  openUdpPorts,
  rtpPacket,
  startServer,
  testCertificate,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const require = { Require: 'www.onvif.org/ver20/backchannel' }
const speakerSsrc = 0x5555

const sound = (sequenceNumber: number) =>
  rtpPacket({
    ...{ sequenceNumber, payloadType: 0, timestamp: sequenceNumber * 160, ssrc: speakerSsrc },
    payload: Buffer.alloc(160, sequenceNumber),
  })

async function startIntercom(options: RtspServerOptions = {}) {
  const heard: Buffer[] = []
  const tls = { port: 0, ...testCertificate('first') }
  const server = await startServer({ tls, ...options })
  const description = createMediaDescription({
    ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
  })
  const open = () => ({ packet: (packet: Buffer) => void heard.push(packet), close: () => {} })
  server.mounts.add(
    '/door',
    new MediaFactory(() => new TestSource(), { backChannel: { description, open } }),
  )
  return { server, heard, url: `rtsps://127.0.0.1:${server.tlsAddress().port}/door` }
}

/** As gortsplib 5.2 does it: the profile of its first track, and a key of its own for each. */
async function speakSecurely(server: RtspServer, url: string, transports: readonly string[]) {
  const client = await connectTlsTo(server)
  const [watched = '', spoken = ''] = transports
  const first = await expectOk(client, 'SETUP', `${url}/trackID=0`, {
    headers: { Transport: watched, KeyMgmt: new SrtpPeer().header(`${url}/trackID=0`) },
  })
  const session = sessionIdOf(first)
  const peer = new SrtpPeer()
  const KeyMgmt = peer.header(`${url}/trackID=2`)
  const setup = await expectOk(client, 'SETUP', `${url}/trackID=2`, {
    headers: { Transport: spoken, Session: session, KeyMgmt, ...require },
  })
  await inSession(client, 'PLAY', url, session)
  const [offer] = answeredOffers(setup)
  return { client, session, setup, peer, offer: offer as SrtpOffer }
}

const protectedSound = (peer: SrtpPeer, number: number) =>
  peer.sender.protect(sound(number)) as Buffer

describe('the back channel with SRTP', () => {
  it('is decrypted with the key of SETUP; plain, forged and repeated packets are dropped', {
    tags: 'A-SRT-3',
  }, async () => {
    const { server, heard, url } = await startIntercom()
    const { client, peer } = await speakSecurely(server, url, [
      `${srtpTcp};interleaved=0-1`,
      `${srtpTcp};interleaved=2-3`,
    ])
    const sealed = protectedSound(peer, 1)
    const forged = protectedSound(new SrtpPeer(), 2)
    for (const packet of [sealed, sealed, forged, sound(3), protectedSound(peer, 4)]) {
      client.sendFrame(2, packet)
    }
    await expectOk(client, 'OPTIONS', '*')
    expect(heard).toEqual([sound(1), sound(4)])
  })

  it('is accepted over UDP from a connection with TLS', { tags: 'A-SRT-2' }, async () => {
    const { server, heard, url } = await startIntercom()
    const [watched, spoken] = [await openUdpPorts(), await openUdpPorts()]
    const { peer, setup } = await speakSecurely(server, url, [
      `RTP/SAVP;unicast;client_port=${watched.clientPort}`,
      `RTP/SAVP;unicast;client_port=${spoken.clientPort}`,
    ])
    const port = Number(/server_port=(\d+)/.exec(setup.headers.get('Transport') ?? '')?.[1])
    spoken.rtpSocket.send(sound(1), port, '127.0.0.1')
    spoken.rtpSocket.send(protectedSound(peer, 2), port, '127.0.0.1')
    await until(() => heard.length >= 1)
    expect(heard).toEqual([sound(2)])
  })

  it('gets reports under the key of the response', { tags: 'A-SRT-3' }, async () => {
    const clock = new ManualClock()
    const options = { clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 }
    const { server, url } = await startIntercom(options)
    const { client, peer, offer } = await speakSecurely(server, url, [
      `${srtpTcp};interleaved=0-1`,
      `${srtpTcp};interleaved=2-3`,
    ])
    client.sendFrame(2, protectedSound(peer, 1))
    await expectOk(client, 'OPTIONS', '*')
    clock.advance(10_000)
    await until(() => client.frames.some(({ channel }) => channel === 3))
    const sealed = client.frames.find(({ channel }) => channel === 3)?.payload
    const compound = receiverFor(offer).openRtcp(sealed as Buffer)
    expect(parseCompound(compound as Buffer)[0]).toMatchObject({
      type: 'receiverReport',
      reports: [{ ssrc: speakerSsrc }],
    })
  })

  it('without a key it is 463, and its place is free for others', { tags: 'A-SRT-5' }, async () => {
    const { server, url } = await startIntercom()
    const client = await connectTlsTo(server)
    expect((await setUp(client, `${url}/trackID=2`, srtpTcp)).statusCode).toBe(463)
    expect(server.pool.size).toBe(0)
    expect((await setUp(client, `${url}/trackID=2`)).statusCode).toBe(200)
  })

  it('is 461 without TLS', { tags: 'A-SRT-1' }, async () => {
    const { server } = await startIntercom()
    const track = `${urlOf(server, '/door')}/trackID=2`
    const client = await connectTo(server)
    const headers = { Transport: srtpTcp, KeyMgmt: new SrtpPeer().header(track), ...require }
    expect((await client.request('SETUP', track, { headers })).statusCode).toBe(461)
  })

  it('is described as RTP/AVP, which is accepted inside the connection too', {
    tags: 'A-ONV-5',
  }, async () => {
    const { server, url } = await startIntercom()
    const client = await connectTlsTo(server)
    const { body } = await expectOk(client, 'DESCRIBE', url, { headers: require })
    const protocols = parseSdp(body).media.map(({ protocol }) => protocol)
    expect(protocols).toEqual(['RTP/SAVP', 'RTP/SAVP', 'RTP/AVP'])
    expect((await setUp(client, `${url}/trackID=2`)).statusCode).toBe(200)
  })
})
