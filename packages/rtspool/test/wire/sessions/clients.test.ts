import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import {
  challengesOf,
  type DigestChoices,
  digestChallengeOf,
  digestHeader,
  startProtectedServer,
} from '../../support/credentials.js'
import { inSession, mountCamera, readySession, say, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'

// What each client does on the wire, said again by a client that can be told to: the programs themselves, where
// they can be had, are in test/interop.

const backchannel = 'www.onvif.org/ver20/backchannel'

async function camera() {
  const clock = new ManualClock()
  const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
  const sources = mountCamera(server)
  const client = await connectTo(server)
  return { clock, server, sources, client, url: urlOf(server, '/cam') }
}

/** The status that DESCRIBE of something protected gets, with Digest as a client makes it. */
async function digestStatus(choices: (url: string) => DigestChoices): Promise<number> {
  const { server } = await startProtectedServer({ auth: { users: { u: 'p' } } })
  const client = await connectTo(server)
  const url = urlOf(server, '/priv')
  const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
  const Authorization = digestHeader(challenge, 'DESCRIBE', url, choices(url))
  return (await client.request('DESCRIBE', url, { headers: { Authorization } })).statusCode
}

describe('FFmpeg', () => {
  it('A-15-ffmpeg reads one transport, and stays alive by GET_PARAMETER', async () => {
    const { clock, client, server, url } = await camera()
    const offers = 'RTP/AVP/TCP;unicast;interleaved=0-1, RTP/AVP/TCP;unicast;interleaved=4-5'
    const response = await setUp(client, `${url}/trackID=0`, offers)
    expect(response.headers.get('Transport')).not.toContain(',')
    const session = sessionIdOf(response)
    await inSession(client, 'PLAY', url, session)
    const { headers } = await expectOk(client, 'OPTIONS', url)
    expect(headers.get('Public')).toContain('GET_PARAMETER')
    for (let n = 0; n < 4; n++) {
      clock.advance(30_000)
      expect((await inSession(client, 'GET_PARAMETER', url, session)).statusCode).toBe(200)
    }
    expect(server.pool.size).toBe(1)
  })

  it('A-15-ffmpeg uses the last challenge, which is MD5', async () => {
    const { server } = await startProtectedServer({ auth: { users: { u: 'p' } } })
    const client = await connectTo(server)
    const challenges = challengesOf(await client.request('DESCRIBE', urlOf(server, '/priv')))
    expect(challenges.at(-1)).toMatchObject({ scheme: 'Digest', algorithm: 'MD5' })
    expect(await digestStatus(() => ({ qop: true }))).toBe(200)
  })

  it('A-15-ffmpeg responds to unknown requests with a 501 without CSeq', async () => {
    const { client } = await camera()
    client.send('RTSP/1.0 501 Not Implemented\r\n\r\n')
    await expectOk(client, 'OPTIONS', '*')
  })
})

describe('GStreamer', () => {
  it('A-15-rtspsrc offers UDP, then multicast, then TCP, and uses the chosen one', async () => {
    const server = await startServer({ udpPorts: false })
    mountCamera(server)
    const client = await connectTo(server)
    const track = `${urlOf(server, '/cam')}/trackID=0`
    const offers = ['RTP/AVP;unicast;client_port=40000-40001', 'RTP/AVP;multicast', tcp]
    for (const [index, statusCode] of [461, 461, 200].entries()) {
      expect((await setUp(client, track, offers[index])).statusCode).toBe(statusCode)
    }
    expect((await setUp(client, track, offers.join(','))).statusCode).toBe(200)
  })

  it('A-15-rtspsrc sends headers twice, Digest without qop, and falls back from 2.0', async () => {
    const { client, url } = await camera()
    const twice = ['User-Agent: one', 'User-Agent: two', 'ClientChallenge: 9e26d33f']
    expect((await say(client, `OPTIONS ${url} RTSP/1.0`, 'CSeq: 1', ...twice)).statusCode).toBe(200)
    expect((await say(client, `OPTIONS ${url} RTSP/2.0`, 'CSeq: 2')).statusCode).toBe(505)
    await expectOk(client, 'OPTIONS', url)
    expect(await digestStatus(() => ({ qop: false }))).toBe(200)
  })

  it('A-15-rtspclientsink may take its time between the steps', async () => {
    const { clock, client, server } = await camera()
    const url = urlOf(server, '/live/slow')
    const headers = { 'Content-Type': 'application/sdp' }
    await expectOk(client, 'ANNOUNCE', url, { headers, body: testSdp })
    clock.advance(3000)
    const session = sessionIdOf(await setUp(client, `${url}/streamid=0`, `${tcp};mode=record`))
    clock.advance(3000)
    await setUp(client, `${url}/streamid=1`, `${tcp};mode=record`, session)
    clock.advance(3000)
    expect((await inSession(client, 'RECORD', url, session)).statusCode).toBe(200)
  })
})

describe('live555 and programs made of it', () => {
  it('A-15-VLC has no use for $ or - in an id, and puts the base in Digest', async () => {
    const { client, url } = await camera()
    expect(await readySession(client, url)).toMatch(/^[\w.]+$/)
    expect(await digestStatus((uri) => ({ uri: `${uri}/` }))).toBe(200)
  })

  it('A-15-live555-proxy reads the session in the answer to its OPTIONS', async () => {
    const { client, url } = await camera()
    const session = await readySession(client, url)
    expect(sessionIdOf(await inSession(client, 'OPTIONS', url, session))).toBe(session)
  })

  it('A-15-ONVIF-Device-Manager needs Content-Base, TCP and UDP', async () => {
    const { client, url } = await camera()
    const { headers } = await expectOk(client, 'DESCRIBE', url)
    expect(headers.get('Content-Base')).toBe(`${url}/`)
    const ports = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    for (const transport of [tcp, udp]) {
      expect((await setUp(client, `${url}/trackID=0`, transport)).statusCode).toBe(200)
    }
  })
})

describe('recorders and cameras', () => {
  it('A-15-Media-Foundation sends its keepalive when the timeout is over', async () => {
    const { clock, client, server, url } = await camera()
    const ports = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = await readySession(client, url, udp)
    await inSession(client, 'PLAY', url, session)
    clock.advance(60_000)
    expect((await inSession(client, 'GET_PARAMETER', url, session)).statusCode).toBe(200)
    expect(server.pool.size).toBe(1)
  })

  it('A-15-Hikvision names its streams by path, with a query', async () => {
    const { client, server } = await camera()
    for (const path of ['/Streaming/Channels/101', '/Streaming/Channels/102']) {
      mountCamera(server, path)
      const url = `${urlOf(server, path)}?transportmode=unicast`
      const { headers } = await expectOk(client, 'DESCRIBE', url)
      const track = `${headers.get('Content-Base')}trackID=0`
      expect((await setUp(client, track)).statusCode).toBe(200)
    }
  })

  it('A-15-Dahua requests a back channel that does not exist, and continues without', async () => {
    const { client, url } = await camera()
    const headers = { Require: backchannel }
    const response = await client.request('DESCRIBE', url, { headers })
    expect([response.statusCode, response.headers.get('Unsupported')]).toEqual([551, backchannel])
    await expectOk(client, 'DESCRIBE', url)
  })

  it('A-15-Bosch-BVMS has a relative URI in Digest', async () => {
    expect(await digestStatus((uri) => ({ uri: new URL(uri).pathname }))).toBe(200)
  })

  it('A-15-Milestone stays alive by SET_PARAMETER', async () => {
    const { clock, client, server, url } = await camera()
    const { session } = await play(client, url)
    for (let n = 0; n < 4; n++) {
      clock.advance(30_000)
      expect((await inSession(client, 'SET_PARAMETER', url, session)).statusCode).toBe(200)
    }
    expect(server.pool.size).toBe(1)
  })

  it('A-15-Hanwha sends RTCP that does not add up', async () => {
    const { client, url } = await camera()
    const { session } = await play(client, url)
    client.sendFrame(1, Buffer.from('80c9ffff00000001', 'hex'))
    client.sendFrame(1, Buffer.from('garbage'))
    expect((await inSession(client, 'GET_PARAMETER', url, session)).statusCode).toBe(200)
  })

  it('A-15-Tapo publishes packets of 10000 bytes over TCP', async () => {
    const { client, server } = await camera()
    const url = urlOf(server, '/live/tapo')
    await publish(client, url)
    const viewer = await connectTo(server)
    await play(viewer, url)
    const packet = rtpPacket({ sequenceNumber: 1, marker: true, payload: Buffer.alloc(9988) })
    client.sendFrame(0, packet)
    await viewer.framesUntil((frames) => frames.some(({ payload }) => payload.equals(packet)))
  })

  it('A-15-Grandstream sends credentials without a challenge', async () => {
    const { client, url } = await camera()
    const headers = { Transport: tcp, Authorization: 'Digest username="x", garbage' }
    const response = await client.request('SETUP', `${url}/trackID=0`, { headers })
    expect(response.statusCode).toBe(200)
  })

  it('A-15-OBS publishes with a query in front of the control, and sends no keepalive', async () => {
    const { clock, client, server } = await camera()
    const url = `${urlOf(server, '/live/obs')}?key=value`
    await publish(client, url)
    for (let n = 1; n < 30; n++) {
      clock.advance(9_000)
      client.sendFrame(0, rtpPacket({ sequenceNumber: n, marker: true }))
      await expectOk(await connectTo(server), 'DESCRIBE', urlOf(server, '/live/obs'))
    }
  })
})
