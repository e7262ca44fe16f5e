import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  basicHeader,
  challengesOf,
  digestChallengeOf,
  digestHeader,
} from '../../../rtspool/test/support/credentials.js'
import { RtspTestClient, UdpTestPorts } from '../../../rtspool/test/support/rtsp-client.js'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { noFaults } from '../../src/camera/faults.js'
import { CameraScene } from './camera-scene.js'

const pem = (part: string): Buffer =>
  readFileSync(
    new URL(`../../../rtspool/test/support/certificates/first.${part}.pem`, import.meta.url),
  )
const certificate = { key: pem('key'), cert: pem('cert') }
const login = { user: 'admin', password: 'camera' }
const overTcp = 'RTP/AVP/TCP;unicast;interleaved=0-1'
const overUdp = 'RTP/AVP;unicast;client_port=5000-5001'

describe('access to a virtual camera', () => {
  it('is refused with 400 and an explanation for a fault that does not exist', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('los=1')
    const response = await client.describe()
    expect(response.statusCode).toBe(400)
    expect(response.headers.get('CSeq')).toBe('1')
    expect(response.body.toString()).toContain('got "los"; did you mean loss?')
    expect(scene.refused).toHaveLength(1)
  })

  it('drops frames in front of the first request, and refuses the request once', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('los=1')
    client.rtsp.socket.write(Buffer.from([0x24, 0, 0, 4, 1, 2, 3, 4]))
    expect((await client.describe()).statusCode).toBe(400)
    expect((await client.describe()).statusCode).toBe(400)
    expect(scene.refused).toHaveLength(2)
  })

  it('is refused with 404 for a path that does not exist', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('', '/other')
    const response = await client.describe()
    expect(response.statusCode).toBe(404)
    expect(response.body.toString()).toContain('expected one of the paths /test')
  })

  it('goes on after a refusal on the same connection', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('loss=x')
    expect((await client.describe()).statusCode).toBe(400)
    const other = await client.rtsp.request('DESCRIBE', scene.url('loss=1'))
    expect(other.statusCode).toBe(200)
  })

  it('has methods before anybody has named a path', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect()
    const response = await client.rtsp.request('OPTIONS', '*')
    expect(response.headers.get('Public')).toContain('DESCRIBE')
    expect((await client.describe()).statusCode).toBe(200)
  })

  it('answers requests that arrive at once in their order', async () => {
    const scene = await CameraScene.start()
    const { rtsp, url } = await scene.connect('quirk=23b')
    rtsp.send(
      ['OPTIONS', 'GET_PARAMETER', 'OPTIONS']
        .map((method, at) => `${method} ${url} RTSP/1.0\r\nCSeq: ${at}\r\n\r\n`)
        .join(''),
    )
    const responses = [await rtsp.response(), await rtsp.response(), await rtsp.response()]
    expect(responses.map(({ headers }) => headers.get('CSeq'))).toEqual(['0', '1', '2'])
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([200, 501, 200])
  })

  it.each([
    ['basic', ['Basic']],
    ['digest', ['Digest SHA-256', 'Digest MD5']],
    ['digest-md5', ['Digest MD5']],
    ['digest-sha256', ['Digest SHA-256']],
    ['basic-digest', ['Digest SHA-256', 'Digest MD5', 'Basic']],
  ])('asks for a login of auth=%s', async (auth, offered) => {
    const scene = await CameraScene.start()
    const client = await scene.connect(`auth=${auth}`)
    const refused = await client.describe()
    expect(refused.statusCode).toBe(401)
    const names = challengesOf(refused).map((challenge) =>
      challenge.scheme === 'Digest' ? `Digest ${challenge.algorithm}` : challenge.scheme,
    )
    expect(names).toEqual(offered)
    const algorithm = names.includes('Digest MD5') ? 'MD5' : 'SHA-256'
    const credentials =
      auth === 'basic'
        ? basicHeader(login.user, login.password)
        : digestHeader(digestChallengeOf(refused, algorithm), 'DESCRIBE', client.url, {
            ...{ ...login, algorithm },
          })
    expect((await client.describe({ Authorization: credentials })).statusCode).toBe(200)
  })

  it('refuses the transports of deny, and takes the next that a client offers', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('deny=udp')
    await client.describe()
    expect((await client.setUp(overUdp)).statusCode).toBe(461)
    const response = await client.setUp(`${overUdp},${overTcp}`)
    expect(response.statusCode).toBe(200)
    expect(response.headers.get('Transport')).toContain('interleaved=0-1')
    const other = await scene.connect('deny=tcp,udp')
    await other.describe()
    expect((await other.setUp(overTcp)).statusCode).toBe(461)
  })

  it('closes a connection above the limit, until another has closed', async () => {
    const scene = await CameraScene.start()
    const [first, second] = [
      await scene.connect('connections=1'),
      await scene.connect('connections=1'),
    ]
    await first.play()
    second.rtsp.send(`OPTIONS ${second.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
    await scene.until(() => second.isClosed)
    expect(first.isClosed).toBe(false)
    await first.rtsp.close()
    await nextTurn(10)
    expect((await (await scene.connect('connections=1')).describe()).statusCode).toBe(200)
  })

  it('refuses a session above the limit with 453, until another has ended', async () => {
    const scene = await CameraScene.start()
    const [first, second] = [await scene.connect('sessions=1'), await scene.connect('sessions=1')]
    await first.play([0, 1])
    expect((await second.describe()).statusCode).toBe(200)
    expect((await second.setUp(overTcp)).statusCode).toBe(453)
    expect((await first.ask('TEARDOWN', { Session: 'unknown' })).statusCode).toBe(454)
    expect((await second.setUp(overTcp)).statusCode).toBe(453)
    expect((await first.ask('TEARDOWN')).statusCode).toBe(200)
    expect((await second.setUp(overTcp)).statusCode).toBe(200)
  })

  it('counts no session whose SETUP another fault refuses', async () => {
    const scene = await CameraScene.start()
    const query = 'sessions=1&deny=udp'
    const [first, second] = [await scene.connect(query), await scene.connect(query)]
    for (const client of [first, second]) await client.describe()
    expect((await first.setUp(overUdp)).statusCode).toBe(461)
    expect((await second.setUp(overTcp)).statusCode).toBe(200)
    expect((await first.setUp(overTcp)).statusCode).toBe(453)
  })

  it('sends packets by UDP to the client itself', async () => {
    const scene = await CameraScene.start()
    const ports = await UdpTestPorts.open()
    try {
      const client = await scene.connect('seed=3')
      await client.describe()
      await client.setUp(`RTP/AVP;unicast;client_port=${ports.clientPort}`)
      await client.ask('PLAY')
      await scene.until(() => ports.rtp.length >= 3)
    } finally {
      await ports.close()
    }
  })

  it('ends with drop=tcp after its time, and not before', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('drop=tcp@2')
    await client.play()
    await scene.pass(1.9)
    expect(client.isClosed).toBe(false)
    await scene.until(() => client.isClosed)
  })

  it('ends by a reset with drop=reset', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('drop=reset@1')
    let code: string | undefined
    client.rtsp.socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code
    })
    await client.play()
    await scene.until(() => client.isClosed)
    expect(code).toBe('ECONNRESET')
  })

  it('ends for everybody while the camera is away, once', async () => {
    const scene = await CameraScene.start()
    const [client, other] = [await scene.connect('away=5@1'), await scene.connect('away=5@1')]
    await client.play()
    await other.play()
    await scene.until(() => client.isClosed && other.isClosed)
    const refused = await scene.connect('away=5@1')
    refused.rtsp.send(`OPTIONS ${refused.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
    await scene.until(() => refused.isClosed)
    await scene.pass(5)
    const again = await scene.connect('away=5@1')
    await again.play()
    await scene.pass(3)
    expect(again.isClosed).toBe(false)
    expect(again.packets().length).toBeGreaterThan(0)
  })

  it.each(['keepalive=ignore', 'quirk=22'])(
    'leaves keep-alives unanswered with %s',
    async (query) => {
      const scene = await CameraScene.start()
      const client = await scene.connect(query)
      await client.play()
      client.rtsp.send(
        `GET_PARAMETER ${client.url} RTSP/1.0\r\nCSeq: 77\r\nSession: ${client.session}\r\n\r\n`,
      )
      await nextTurn(10)
      const next = await client.ask('PAUSE')
      expect(next.headers.get('CSeq')).not.toBe('77')
      expect(next.statusCode).toBe(200)
    },
  )

  it('announces and applies the timeout', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect('timeout=3')
    await client.describe()
    const response = await client.setUp(overUdp)
    expect(response.headers.get('Session')).toMatch(/;timeout=3$/)
  })

  it('takes faults of the command line, which a URL may override', async () => {
    const scene = await CameraScene.start({ faults: { ...noFaults, auth: 'basic' } })
    expect((await (await scene.connect()).describe()).statusCode).toBe(401)
    expect((await (await scene.connect('auth=none')).describe()).statusCode).toBe(200)
  })

  it('closes for bytes that are no RTSP, after the response of the server', async () => {
    const scene = await CameraScene.start()
    const client = await scene.connect()
    expect((await client.describe()).statusCode).toBe(200)
    client.rtsp.send('\x01\x02 nonsense\r\n\r\n')
    expect((await client.rtsp.response()).statusCode).toBe(400)
    await scene.until(() => client.isClosed)
    const other = await scene.connect()
    other.rtsp.send('\x01\x02 nonsense\r\n\r\n')
    await scene.until(() => other.isClosed)
  })

  it('works inside TLS, with the scheme in its URLs', async () => {
    const scene = await CameraScene.start({ tls: { port: 0, ...certificate } })
    const rtsp = await RtspTestClient.connectTls(scene.server.tlsPort ?? 0)
    onTestFinished(() => rtsp.close())
    const url = `rtsps://127.0.0.1:${scene.server.tlsPort}/test`
    const { headers } = await rtsp.request('DESCRIBE', `${url}?loss=1`)
    expect(headers.get('Content-Base')).toBe(`${url}?loss=1/`)
    const other = await RtspTestClient.connectTls(scene.server.tlsPort ?? 0)
    onTestFinished(() => other.close())
    const moved = await other.request('DESCRIBE', `${url}?quirk=7`)
    expect(moved.headers.get('Location')).toBe(`${url}?quirk=`)
  })

  it('closes a camera that nobody uses for one more URL, and keeps those in use', async () => {
    const scene = await CameraScene.start({ maxCameras: 2 })
    const [used, idle] = [await scene.connect('seed=1'), await scene.connect('seed=2')]
    await used.play()
    await idle.describe()
    const refused = await (await scene.connect('seed=3')).describe()
    expect(refused.statusCode).toBe(400)
    expect(refused.body.toString()).toContain('expected at most 2 URLs in use')
    await idle.rtsp.close()
    await nextTurn(10)
    expect((await (await scene.connect('seed=3')).describe()).statusCode).toBe(200)
    await used.receive(3)
  })
})
