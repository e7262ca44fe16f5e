import { describe, expect, it } from 'vitest'
import type { RtspClientOptions } from '../../src/client/index.js'
import { connectedClient } from '../support/client-scene.js'
import type { UdpTestPorts } from '../support/rtsp-client.js'
import { scene } from '../support/scene.js'
import { type CameraAnswers, frame, ScriptedCamera } from '../support/scripted-camera.js'
import { openUdpPorts, rtpPacket } from '../support/test-server.js'
import { advancing, nextTurn, until } from '../support/until.js'

const onlyVideo = ({ kind }: { readonly kind: string }): boolean => kind === 'video'
const packet = (sequenceNumber: number, size = 9000) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(size, sequenceNumber) })
const udpFirst: RtspClientOptions = { transports: ['udp', 'tcp'] }

const connected = (url: string, options: RtspClientOptions = udpFirst) =>
  connectedClient(url, { tracks: onlyVideo, ...options })

/** A camera that sends from UDP ports of its own, and answers SETUP with `parameters`. */
async function udpCamera(
  parametersOf: (ports: UdpTestPorts) => string,
  answers: CameraAnswers = {},
) {
  const ports = await openUdpPorts()
  let clientPort = 0
  const camera = await ScriptedCamera.start({
    SETUP: (request) => {
      const transport = request.headers.get('transport') ?? ''
      const [, port] = /client_port=(\d+)/.exec(transport) ?? []
      clientPort = Number(port ?? 0)
      const parameters = port === undefined ? '' : `;${parametersOf(ports)}`
      return { headers: { Session: 'abc', Transport: `${transport}${parameters}` } }
    },
    ...answers,
  })
  const send = (bytes: Buffer, from = ports): void =>
    from.rtpSocket.send(bytes, clientPort, '127.0.0.1')
  return { camera, ports, send }
}

const announced = ({ port }: UdpTestPorts) => `server_port=${port}-${port + 1}`

describe('a client over UDP', () => {
  it('receives the packets of our own server', async () => {
    const { url, sources, push } = await scene({ maxDatagramBytes: 0 }).camera().start()
    const { client } = await connected(url)
    const packets = client.packets()
    const first = packets.next()
    await until(() => client.state === 'playing' && sources[0]?.output !== undefined)
    push(packet(1))
    push(packet(2))
    const received = [await first, await packets.next()]
    expect(received.map(({ value }) => value?.packet)).toEqual([packet(1), packet(2)])
    expect(client.transport).toBe('udp')
  })

  it('opens a way to the announced ports, and sends its reports there', async () => {
    const { camera, ports, send } = await udpCamera(announced)
    const { client, clock } = await connected(camera.url)
    await client.play()
    await until(() => ports.rtp.length === 1 && ports.rtcp.length === 1)
    send(packet(5))
    await until(() => client.stats().packets === 1)
    clock.advance(5000)
    await until(() => ports.rtcp.length === 2)
    expect(ports.rtcp[1]?.[1]).toBe(201)
    expect(ports.rtcp[1]?.readUInt32BE(8)).toBe(0x1234_5678)
  })

  it.each([
    ['no port and an empty source', () => 'source='],
    ['another port', () => 'server_port=9-10'],
    ['a source that nobody can reach', () => 'source=192.0.2.1'],
  ])(
    'accepts a camera that announces %s, and pins the port of its first packet',
    async (_, say) => {
      const { camera, ports, send } = await udpCamera(say)
      const { client } = await connected(camera.url)
      await client.play()
      const intruder = await openUdpPorts()
      send(packet(1))
      await until(() => client.stats().packets === 1)
      send(packet(2), intruder)
      send(packet(3), ports)
      await until(() => client.stats().packets === 2)
      expect(client.stats().lostPackets).toBe(1)
    },
  )

  it('leaves packets out while its reader is behind, and says how many', async () => {
    const { camera, send } = await udpCamera(announced)
    const { client } = await connected(camera.url)
    await client.play()
    const packets = client.packets({ maxQueuedBytes: 1000 })
    for (const sequenceNumber of [1, 2, 3]) {
      send(packet(sequenceNumber))
      await until(() => client.stats().packets === sequenceNumber)
    }
    expect((await packets.next()).value).toMatchObject({ packet: packet(1), missedPackets: 0 })
    send(packet(4))
    expect((await packets.next()).value).toMatchObject({ packet: packet(4), missedPackets: 2 })
  })

  it('keeps a session whose connection the server has closed, as long as packets arrive', async () => {
    const { camera, send } = await udpCamera(announced)
    const { client, clock } = await connected(camera.url)
    await client.play()
    send(packet(1))
    await until(() => client.stats().packets === 1)
    camera.sockets[0]?.destroy()
    await until(() => camera.sockets[0]?.closed === true)
    for (const sequenceNumber of [2, 3, 4]) {
      clock.advance(4000)
      send(packet(sequenceNumber))
      await until(() => client.stats().packets === sequenceNumber)
    }
    expect(client.state).toBe('playing')
    await until(() => client.state === 'closed', advancing(clock, 5000))
    expect(client.error).toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
  })
})

describe('the next transport', () => {
  it('is UDP on a new connection, after a new DESCRIBE, when the server refuses TCP', async () => {
    const refusing = await ScriptedCamera.start({
      SETUP: (request, count) =>
        count === 1
          ? { status: 461 }
          : { headers: { Session: 'abc', Transport: `${request.headers.get('transport')}` } },
    })
    const { client } = await connected(refusing.url, {})
    const changes: unknown[] = []
    client.on('transportChanged', (transport, error) => changes.push([transport, error]))
    await client.play()
    expect(refusing.sockets).toHaveLength(2)
    expect(refusing.methods.slice(2)).toEqual(['SETUP', 'OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'])
    expect(changes).toEqual([['udp', expect.objectContaining({ statusCode: 461 })]])
    expect(client.transport).toBe('udp')
  })

  it('is TCP when nothing arrives over UDP', async () => {
    const { camera } = await udpCamera(announced)
    const { client, clock } = await connected(camera.url)
    const changes: string[] = []
    client.on('transportChanged', (transport) => changes.push(transport))
    const next = client.packets().next()
    await until(() => client.state === 'playing')
    clock.advance(4000)
    await until(() => changes.length === 1)
    expect(camera.methods.slice(4)).toEqual([
      ...['TEARDOWN', 'OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'],
    ])
    camera.send(frame(0, packet(1)))
    expect((await next).value?.packet).toEqual(packet(1))
    expect(client.state).toBe('playing')
  })

  it.each([
    ['m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000', 'closed'],
    ['m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000', 'playing'],
  ])('is missing when nothing arrives of %s: the client is %s', async (media, state) => {
    const { camera } = await udpCamera(announced, { DESCRIBE: { body: `v=0\r\n${media}\r\n` } })
    const options: RtspClientOptions = { transports: ['udp'], tracks: () => true }
    const { client, clock } = await connected(camera.url, options)
    await client.play()
    clock.advance(4000)
    await nextTurn(20)
    await until(() => client.state === state)
    if (state === 'playing') expect(client.error).toBeUndefined()
    else expect(client.error).toMatchObject({ code: 'ERR_CLIENT_TRANSPORT' })
  })

  it('is TCP also if the server closes the connection instead of answering TEARDOWN', async () => {
    const { camera } = await udpCamera(announced, {
      TEARDOWN: (_, count) => {
        if (count > 1) return {}
        camera.sockets[0]?.destroy()
        return undefined
      },
    })
    const { client, clock } = await connected(camera.url)
    await client.play()
    clock.advance(4000)
    await until(() => client.transport === 'tcp' && client.state === 'playing')
    expect(client.error).toBeUndefined()
  })

  it('is not there: the refusal is told, and the client closed', async () => {
    const camera = await ScriptedCamera.start({ SETUP: { status: 461 } })
    const { client } = await connected(camera.url, { transports: ['tcp'] })
    await expect(client.play()).rejects.toMatchObject({ statusCode: 461 })
    expect(client.state).toBe('closed')
  })

  it('gets no credentials that its host must not have', async () => {
    const challenge = { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' }
    const other = await ScriptedCamera.start({
      SETUP: (_, count) => (count === 1 ? { status: 461 } : { status: 401, headers: challenge }),
    })
    const camera = await ScriptedCamera.start({
      DESCRIBE: {
        status: 302,
        headers: { Location: other.url.replace('127.0.0.1', 'localhost') },
      },
    })
    const credentials = { username: 'user', password: 'secret' }
    const { client } = await connected(camera.url, credentials)
    await expect(client.play()).rejects.toMatchObject({ code: 'ERR_CLIENT_UNAUTHORIZED' })
    expect(other.requests.some(({ headers }) => headers.has('authorization'))).toBe(false)
  })
})
