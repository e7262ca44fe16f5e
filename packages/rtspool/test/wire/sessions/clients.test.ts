import { describe, expect, it } from 'vitest'
import {
  challengesOf,
  type DigestChoices,
  digestChallengeOf,
  digestHeader,
  startProtectedServer,
} from '../../support/credentials.js'
import { inSession, mountCamera, readySession, say, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

// What each client does on the wire, said again by a client that can be told to: the programs themselves, where
// they can be had, are in test/interop.

const backchannel = 'www.onvif.org/ver20/backchannel'

async function camera() {
  const { server, clock, sources, client } = await scene().camera().client().start()
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
  it('reads one transport, and stays alive by GET_PARAMETER', { tags: 'A-15-ffmpeg' }, async () => {
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

  it('uses the last challenge, which is MD5', { tags: 'A-15-ffmpeg' }, async () => {
    const { server } = await startProtectedServer({ auth: { users: { u: 'p' } } })
    const client = await connectTo(server)
    const challenges = challengesOf(await client.request('DESCRIBE', urlOf(server, '/priv')))
    expect(challenges.at(-1)).toMatchObject({ scheme: 'Digest', algorithm: 'MD5' })
    expect(await digestStatus(() => ({ qop: true }))).toBe(200)
  })

  it('responds to unknown requests with a 501 without CSeq', { tags: 'A-15-ffmpeg' }, async () => {
    const { client } = await camera()
    client.send('RTSP/1.0 501 Not Implemented\r\n\r\n')
    await expectOk(client, 'OPTIONS', '*')
  })
})

describe('GStreamer', () => {
  it('offers UDP, then multicast, then TCP, and uses the chosen one', {
    tags: 'A-15-rtspsrc',
  }, async () => {
    const { server, client } = await scene({ udpPorts: false }).camera().client().start()
    const track = `${urlOf(server, '/cam')}/trackID=0`
    const offers = ['RTP/AVP;unicast;client_port=40000-40001', 'RTP/AVP;multicast', tcp]
    for (const [index, statusCode] of [461, 461, 200].entries()) {
      expect((await setUp(client, track, offers[index])).statusCode).toBe(statusCode)
    }
    expect((await setUp(client, track, offers.join(','))).statusCode).toBe(200)
  })

  it('sends headers twice, Digest without qop, and falls back from 2.0', {
    tags: 'A-15-rtspsrc',
  }, async () => {
    const { client, url } = await camera()
    const twice = ['User-Agent: one', 'User-Agent: two', 'ClientChallenge: 9e26d33f']
    expect((await say(client, `OPTIONS ${url} RTSP/1.0`, 'CSeq: 1', ...twice)).statusCode).toBe(200)
    expect((await say(client, `OPTIONS ${url} RTSP/2.0`, 'CSeq: 2')).statusCode).toBe(505)
    await expectOk(client, 'OPTIONS', url)
    expect(await digestStatus(() => ({ qop: false }))).toBe(200)
  })

  it('may take its time between the steps', { tags: 'A-15-rtspclientsink' }, async () => {
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
  it('has no use for $ or - in an id, and puts the base in Digest', {
    tags: 'A-15-VLC',
  }, async () => {
    const { client, url } = await camera()
    expect(await readySession(client, url)).toMatch(/^[\w.]+$/)
    expect(await digestStatus((uri) => ({ uri: `${uri}/` }))).toBe(200)
  })

  it('reads the session in the answer to its OPTIONS', { tags: 'A-15-live555-proxy' }, async () => {
    const { client, url } = await camera()
    const session = await readySession(client, url)
    expect(sessionIdOf(await inSession(client, 'OPTIONS', url, session))).toBe(session)
  })

  it('needs Content-Base, TCP and UDP', { tags: 'A-15-ONVIF-Device-Manager' }, async () => {
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
  it('sends its keepalive when the timeout is over', {
    tags: 'A-15-Media-Foundation',
  }, async () => {
    const { clock, client, server, url } = await camera()
    const ports = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = await readySession(client, url, udp)
    await inSession(client, 'PLAY', url, session)
    clock.advance(60_000)
    expect((await inSession(client, 'GET_PARAMETER', url, session)).statusCode).toBe(200)
    expect(server.pool.size).toBe(1)
  })

  it('names its streams by path, with a query', { tags: 'A-15-Hikvision' }, async () => {
    const { client, server } = await camera()
    for (const path of ['/Streaming/Channels/101', '/Streaming/Channels/102']) {
      mountCamera(server, path)
      const url = `${urlOf(server, path)}?transportmode=unicast`
      const { headers } = await expectOk(client, 'DESCRIBE', url)
      const track = `${headers.get('Content-Base')}trackID=0`
      expect((await setUp(client, track)).statusCode).toBe(200)
    }
  })

  it('requests a back channel that does not exist, and continues without', {
    tags: 'A-15-Dahua',
  }, async () => {
    const { client, url } = await camera()
    const headers = { Require: backchannel }
    const response = await client.request('DESCRIBE', url, { headers })
    expect([response.statusCode, response.headers.get('Unsupported')]).toEqual([551, backchannel])
    await expectOk(client, 'DESCRIBE', url)
  })

  it('has a relative URI in Digest', { tags: 'A-15-Bosch-BVMS' }, async () => {
    expect(await digestStatus((uri) => ({ uri: new URL(uri).pathname }))).toBe(200)
  })

  it('stays alive by SET_PARAMETER', { tags: 'A-15-Milestone' }, async () => {
    const { clock, client, server, url } = await camera()
    const { session } = await play(client, url)
    for (let n = 0; n < 4; n++) {
      clock.advance(30_000)
      expect((await inSession(client, 'SET_PARAMETER', url, session)).statusCode).toBe(200)
    }
    expect(server.pool.size).toBe(1)
  })

  it('sends RTCP that does not add up', { tags: 'A-15-Hanwha' }, async () => {
    const { client, url } = await camera()
    const { session } = await play(client, url)
    client.sendFrame(1, Buffer.from('80c9ffff00000001', 'hex'))
    client.sendFrame(1, Buffer.from('garbage'))
    expect((await inSession(client, 'GET_PARAMETER', url, session)).statusCode).toBe(200)
  })

  it('publishes packets of 10000 bytes over TCP', { tags: 'A-15-Tapo' }, async () => {
    const { client, server } = await camera()
    const url = urlOf(server, '/live/tapo')
    await publish(client, url)
    const viewer = await connectTo(server)
    await play(viewer, url)
    const packet = rtpPacket({ sequenceNumber: 1, marker: true, payload: Buffer.alloc(9988) })
    client.sendFrame(0, packet)
    await until(() => viewer.frames.some(({ payload }) => payload.equals(packet)))
  })

  it('sends credentials without a challenge', { tags: 'A-15-Grandstream' }, async () => {
    const { client, url } = await camera()
    const headers = { Transport: tcp, Authorization: 'Digest username="x", garbage' }
    const response = await client.request('SETUP', `${url}/trackID=0`, { headers })
    expect(response.statusCode).toBe(200)
  })

  it('publishes with a query in front of the control, and sends no keepalive', {
    tags: 'A-15-OBS',
  }, async () => {
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
