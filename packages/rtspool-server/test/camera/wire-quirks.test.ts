import { describe, expect, it } from 'vitest'
import {
  challengesOf,
  digestChallengeOf,
  digestHeader,
} from '../../../rtspool/test/support/credentials.js'
import { UdpTestPorts } from '../../../rtspool/test/support/rtsp-client.js'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { CameraScene } from './camera-scene.js'

const overTcp = 'RTP/AVP/TCP;unicast;interleaved=0-1'
const overUdp = 'RTP/AVP;unicast;client_port=5000-5001'
const login = { user: 'admin', password: 'camera' }

/** Starts a camera with a quirk, and connects to it. */
async function cameraWith(query: string) {
  const scene = await CameraScene.start()
  const client = await scene.connect(query)
  return { scene, client }
}

async function transportOf(quirk: string, asked = overTcp): Promise<string> {
  const { client } = await cameraWith(`quirk=${quirk}`)
  await client.describe()
  const response = await client.setUp(asked)
  expect(response.statusCode).toBe(200)
  return response.headers.get('Transport') ?? ''
}

describe('requests', () => {
  it('1: SETUP for another transport needs another DESCRIBE', async () => {
    const { client } = await cameraWith('quirk=1&deny=udp')
    await client.describe()
    expect((await client.setUp(overUdp)).statusCode).toBe(461)
    expect((await client.setUp(overTcp)).statusCode).toBe(200)
    const { scene, client: other } = await cameraWith('quirk=1')
    await other.describe()
    expect((await other.setUp(overUdp)).statusCode).toBe(200)
    expect((await other.setUp(overTcp, 1)).statusCode).toBe(400)
    const fresh = await scene.connect('quirk=1')
    expect((await fresh.setUp(overTcp)).statusCode).toBe(400)
    await fresh.describe()
    expect((await fresh.setUp(overTcp)).statusCode).toBe(200)
  })

  it('3: DESCRIBE without User-Agent gets 401', async () => {
    const { client } = await cameraWith('quirk=3')
    const refused = await client.rtsp.request('DESCRIBE', client.url)
    expect(refused.statusCode).toBe(401)
    expect((await client.describe()).statusCode).toBe(200)
  })

  it('4: a header Cseq is refused', async () => {
    const { client } = await cameraWith('quirk=4')
    client.rtsp.send(`OPTIONS ${client.url} RTSP/1.0\r\nCseq: 5\r\n\r\n`)
    expect((await client.rtsp.response()).statusCode).toBe(400)
    expect((await client.describe()).statusCode).toBe(200)
  })

  it('5: Digest needs the absolute URL of the request line', async () => {
    const { client } = await cameraWith('quirk=5')
    const challenge = digestChallengeOf(await client.describe())
    const tryUri = (uri: string) =>
      client.describe({
        Authorization: digestHeader(challenge, 'DESCRIBE', client.url, { ...login, uri }),
      })
    expect((await tryUri('/test?quirk=5')).statusCode).toBe(401)
    expect((await tryUri(client.url)).statusCode).toBe(200)
  })

  it('6: an unknown algorithm stands before the known one', async () => {
    const { client } = await cameraWith('quirk=6')
    const refused = await client.describe()
    expect(challengesOf(refused)).toMatchObject([
      { scheme: 'Digest', algorithm: 'CAMERA-1' },
      { scheme: 'Digest', algorithm: 'MD5' },
    ])
  })

  it.each([
    ['7a', 301],
    ['7b', 302],
  ])('%s: DESCRIBE gets %i to a URL that works', async (quirk, status) => {
    const { scene, client } = await cameraWith(`loss=1&quirk=${quirk},10b`)
    const moved = await client.describe()
    expect(moved.statusCode).toBe(status)
    const location = moved.headers.get('Location') ?? ''
    expect(location).toBe(scene.url('loss=1&quirk=10b'))
    const other = await scene.connect('loss=1&quirk=10b')
    expect(await other.sdp()).not.toContain('\ns=')
  })

  it('7: a redirect goes to a URL that names no quirk, not even one of the command line', async () => {
    const { scene, client } = await cameraWith('quirk=7')
    const { headers } = await client.describe()
    expect(headers.get('Location')).toBe(scene.url('quirk='))
    expect((await (await scene.connect('quirk=')).describe()).statusCode).toBe(200)
  })

  it('35: PLAY needs a Range', async () => {
    const { client } = await cameraWith('quirk=35')
    await client.describe()
    await client.setUp(overTcp)
    expect((await client.ask('PLAY')).statusCode).toBe(400)
    expect((await client.ask('PLAY', { Range: 'npt=0-' })).statusCode).toBe(200)
  })

  it('36: a request between SETUP and PLAY closes the connection', async () => {
    const { scene, client } = await cameraWith('quirk=36')
    await client.play()
    expect(client.isClosed).toBe(false)
    const other = await scene.connect('quirk=36')
    await other.describe()
    await other.setUp(overTcp)
    other.rtsp.send(`OPTIONS ${other.url} RTSP/1.0\r\nCSeq: 9\r\n\r\n`)
    await scene.until(() => other.isClosed)
  })
})

describe('URLs', () => {
  it.each([
    ['8a', (authority: string) => `rtsp://::1:${authority.split(':')[1]}/test?quirk=8a/`],
    ['8b', (authority: string) => `rtsp://rtsp://${authority}/test?quirk=8b/`],
    ['8c', (authority: string) => `${authority}/test?quirk=8c/`],
  ])('%s: Content-Base is broken', async (quirk, expected) => {
    const { scene, client } = await cameraWith(`quirk=${quirk}`)
    const { headers } = await client.describe()
    expect(headers.get('Content-Base')).toBe(expected(scene.authority))
    expect((await client.setUp(overTcp)).statusCode).toBe(200)
  })

  it.each([
    ['9a', (authority: string) => `rtsp://${authority}/test?quirk=9a/trackID=0`],
    ['9b', () => '/trackID=0'],
    ['9c', () => 'test?quirk=9c/trackID=0'],
  ])('%s: a=control has another form, and SETUP of it works', async (quirk, expected) => {
    const { scene, client } = await cameraWith(`quirk=${quirk}`)
    const sdp = await client.sdp()
    const control = /a=control:(.*)/.exec(sdp.slice(sdp.indexOf('m=')))?.[1]
    expect(control).toBe(expected(scene.authority))
    const joined = `${client.url}/${control?.replace(/^\//, '')}`
    const uri = quirk === '9a' ? (control as string) : joined
    const response = await client.rtsp.request('SETUP', uri, { headers: { Transport: overTcp } })
    expect(response.statusCode).toBe(200)
  })
})

describe('transports', () => {
  it('2a: the SSRC has spaces', async () => {
    expect(await transportOf('2a')).toMatch(/;ssrc= [\dA-F]{4} [\dA-F]{4}$/i)
  })

  it('2b: the SSRC is no number', async () => {
    expect(await transportOf('2b')).toMatch(/;ssrc=camera$/)
  })

  it('17: a second back channel fails at SETUP', async () => {
    const { scene, client } = await cameraWith('quirk=17')
    const require = { Require: 'www.onvif.org/ver20/backchannel' }
    const described = await client.describe(require)
    expect(described.body.toString()).toContain('a=sendonly')
    expect((await client.setUp(overTcp, 2, require)).statusCode).toBe(200)
    const other = await scene.connect('quirk=17')
    await other.describe(require)
    expect((await other.setUp(overTcp, 0, require)).statusCode).toBe(400)
    expect((await other.setUp(overTcp)).statusCode).toBe(200)
    await client.ask('TEARDOWN')
    const third = await scene.connect('quirk=17')
    await third.describe(require)
    expect((await third.setUp(overTcp, 2, require)).statusCode).toBe(200)
  })

  it('19a: the answer for TCP lacks /TCP', async () => {
    expect(await transportOf('19a')).toMatch(/^RTP\/AVP;unicast;interleaved=0-1/)
  })

  it('19b: the answer has one channel', async () => {
    expect(await transportOf('19b')).toMatch(/interleaved=0(;|$)/)
  })

  it('19c: packets use other channels than those asked for', async () => {
    const { client } = await cameraWith('quirk=19c')
    await client.describe()
    const response = await client.setUp(overTcp)
    expect(response.headers.get('Transport')).toContain('interleaved=16-17')
    await client.ask('PLAY')
    await client.receive(3, 16)
    expect(client.packets(0)).toEqual([])
  })

  it('20a: the answer for UDP has no server_port', async () => {
    expect(await transportOf('20a', overUdp)).not.toContain('server_port')
  })

  it('20b: the answer has an empty source', async () => {
    expect(await transportOf('20b', overUdp)).toMatch(/;source=$/)
  })

  it('21: UDP stays silent, and TCP does not', async () => {
    const { scene, client } = await cameraWith('quirk=21')
    const ports = await UdpTestPorts.open()
    try {
      await client.describe()
      await client.setUp(`RTP/AVP;unicast;client_port=${ports.clientPort}`)
      expect((await client.ask('PLAY')).statusCode).toBe(200)
      await scene.pass(3)
      const other = await scene.connect('quirk=21')
      await other.play()
      await other.receive(3)
      expect(ports.rtp).toEqual([])
    } finally {
      await ports.close()
    }
  })

  it('33a: RTCP over TCP does not parse', async () => {
    const { scene, client } = await cameraWith('quirk=33a')
    await client.play()
    await scene.until(() => client.packets(1).length > 0)
    for (const packet of client.packets(1)) expect(packet.every((byte) => byte === 1)).toBe(true)
  })

  it('33b: rubbish stands between frames', async () => {
    const { scene, client } = await cameraWith('quirk=33b')
    await client.describe()
    await client.setUp(overTcp)
    const chunks: Buffer[] = []
    client.rtsp.socket.removeAllListeners('data')
    client.rtsp.socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
    client.rtsp.send(`PLAY ${client.url} RTSP/1.0\r\nCSeq: 9\r\nSession: ${client.session}\r\n\r\n`)
    await scene.until(() => Buffer.concat(chunks).length > 20_000)
    expect(rubbishIn(Buffer.concat(chunks))).toBeGreaterThan(0)
  })

  it('33c: status lines have no reason', async () => {
    const { client } = await cameraWith('quirk=33c')
    const chunks: Buffer[] = []
    client.rtsp.socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
    await client.describe()
    expect(Buffer.concat(chunks).toString('latin1')).toMatch(/^RTSP\/1\.0 200\r\nCSeq: 1\r\n/)
  })
})

/** Counts pieces between frames that are no frames, after the first response. */
function rubbishIn(bytes: Buffer): number {
  let pieces = 0
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at + 4 <= bytes.length) {
    if (bytes[at] === 0x24) {
      at += 4 + bytes.readUInt16BE(at + 2)
    } else {
      pieces++
      while (at < bytes.length && bytes[at] !== 0x24) {
        expect(bytes[at]).toBeGreaterThanOrEqual(0x80)
        at++
      }
    }
  }
  return pieces
}

describe('signs of life', () => {
  it('23a: GET_PARAMETER stops the stream, and Public does not name it', async () => {
    const { scene, client } = await cameraWith('quirk=23a')
    const { headers } = await client.rtsp.request('OPTIONS', client.url)
    expect(headers.get('Public')).not.toContain('GET_PARAMETER')
    await client.play()
    await client.receive(3)
    await client.ask('OPTIONS')
    await scene.pass(0.5)
    const before = client.packets().length
    expect(before).toBeGreaterThan(3)
    expect((await client.ask('GET_PARAMETER')).statusCode).toBe(200)
    await nextTurn(5)
    const stopped = client.packets().length
    await scene.pass(2)
    expect(client.packets()).toHaveLength(stopped)
  })

  it('23b: GET_PARAMETER gets 501, although Public names it', async () => {
    const { client } = await cameraWith('quirk=23b')
    const { headers } = await client.rtsp.request('OPTIONS', client.url)
    expect(headers.get('Public')).toContain('GET_PARAMETER')
    await client.play()
    expect((await client.ask('GET_PARAMETER')).statusCode).toBe(501)
  })

  /** Sends something every half second for six seconds, and tells whether the stream goes on. */
  async function livesWith(query: string, sign: 'nothing' | 'rtcp' | string): Promise<boolean> {
    const { scene, client } = await cameraWith(query)
    await client.play()
    for (let second = 0; second < 12 && !client.isClosed; second++) {
      await scene.pass(0.5)
      if (sign === 'rtcp') client.rtsp.sendFrame(1, receiverReport)
      else if (sign !== 'nothing') {
        const [method = '', url = client.url] = sign.split(' ')
        const target = url === 'track' ? `${client.url}/trackID=0` : client.url
        await client.ask(method, {}, target).catch(() => {})
      }
      await nextTurn(5)
    }
    return !client.isClosed
  }

  it.each([
    ['24', 'OPTIONS', false],
    ['24', 'GET_PARAMETER', true],
    ['25', 'GET_PARAMETER track', false],
    ['25', 'GET_PARAMETER', true],
    ['26a', 'GET_PARAMETER', false],
    ['26a', 'rtcp', true],
  ])('%s: %s every half second keeps it alive: %s', async (quirk, sign, lives) => {
    expect(await livesWith(`quirk=${quirk}&timeout=2`, sign)).toBe(lives)
  })

  it.each([
    ['nothing', false],
    ['rtcp', true],
    ['GET_PARAMETER', true],
  ])('26b: with %s, 5 s without a sign of life end it: lives is %s', async (sign, lives) => {
    expect(await livesWith('quirk=26b', sign)).toBe(lives)
  })

  it('27b: without TEARDOWN, others lose frames for 30 s', async () => {
    const { scene, client } = await cameraWith('quirk=27b')
    await client.play()
    await client.rtsp.close()
    await nextTurn(10)
    const early = await scene.connect('quirk=27b')
    await early.play()
    const gaps = (packets: readonly Buffer[]): number[] =>
      packets.slice(1).map((packet, at) => {
        return (packet.readUInt16BE(2) - (packets[at]?.readUInt16BE(2) ?? 0)) & 0xffff
      })
    expect(Math.max(...gaps(await early.receive(8)))).toBe(2)
    await scene.pass(30)
    const before = early.packets().length
    expect(gaps((await early.receive(before + 8)).slice(before))).toEqual(Array(7).fill(1))
  })

  it('27a: without TEARDOWN, others are refused for 30 s', async () => {
    const { scene, client } = await cameraWith('quirk=27')
    await client.play()
    await client.rtsp.close()
    await nextTurn(10)
    const early = await scene.connect('quirk=27')
    expect((await early.describe()).statusCode).toBe(503)
    await scene.pass(30)
    const late = await scene.connect('quirk=27')
    await late.play()
    expect((await late.ask('TEARDOWN')).statusCode).toBe(200)
    await late.rtsp.close()
    await nextTurn(10)
    expect((await (await scene.connect('quirk=27')).describe()).statusCode).toBe(200)
  })
})

/** An RTCP receiver report without blocks. */
const receiverReport = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1])
