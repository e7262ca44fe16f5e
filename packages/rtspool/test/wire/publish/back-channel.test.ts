import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import {
  type BackChannelClient,
  type BackChannelOptions,
  createMediaDescription,
  MediaFactory,
  parseSdp,
  RequestError,
} from '../../../src/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { logIn } from '../../support/credentials.js'
import { inSession, mountCamera, setUp, tcp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
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
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const tag = 'www.onvif.org/ver20/backchannel'
const require = { Require: tag }

/** A camera with a loudspeaker, and what was said through it. */
class Intercom {
  readonly clients: BackChannelClient[] = []
  readonly packets: Buffer[] = []
  closed = 0
  refusal: Error | undefined
  failure: Error | undefined
  readonly factory: MediaFactory

  constructor(maxClients?: number, isStored = false) {
    this.factory = new MediaFactory(() => (isStored ? new StoredTestSource() : new TestSource()), {
      shared: !isStored,
      backChannel: {
        description: createMediaDescription({
          kind: 'audio',
          payloadType: 0,
          encoding: 'PCMU',
          clockRate: 8000,
        }),
        maxClients,
        open: (client) => {
          if (this.refusal) throw this.refusal
          this.clients.push(client)
          return {
            packet: (packet) => {
              this.packets.push(packet)
              if (this.failure) throw this.failure
            },
            close: () => this.closed++,
          }
        },
      },
    })
  }
}

async function startIntercom(options: { maxClients?: number; clock?: ManualClock } = {}) {
  const { maxClients, clock } = options
  const intercom = new Intercom(maxClients)
  const timed = clock
    ? ({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6, udpLiveness: 'client' } as const)
    : {}
  const server = await startServer(timed)
  server.mounts.add('/door', intercom.factory)
  return { intercom, server, url: urlOf(server, '/door') }
}

const sound = (sequenceNumber: number, payloadType = 0) =>
  rtpPacket({
    ...{ sequenceNumber, payloadType, timestamp: sequenceNumber * 160, ssrc: 0x5555 },
    payload: Buffer.alloc(160, 0xff),
  })

/** Sets up the back channel alone and plays. */
async function speak(client: RtspTestClient, url: string, transport = tcp) {
  const setup = await client.request('SETUP', `${url}/trackID=2`, {
    headers: { Transport: transport, ...require },
  })
  expect(setup.statusCode).toBe(200)
  const session = sessionIdOf(setup)
  const play = await expectOk(client, 'PLAY', url, { headers: { Session: session, ...require } })
  return { session, setup, play }
}

/** Everything that the client has sent so far has been looked at. */
const settled = (client: RtspTestClient) => client.request('OPTIONS', '*')

describe('Require: www.onvif.org/ver20/backchannel', () => {
  it('DESCRIBE adds a sendonly section, and does not without it', { tags: 'A-ONV-5' }, async () => {
    const { server, url } = await startIntercom()
    const client = await connectTo(server)
    const { body } = await expectOk(client, 'DESCRIBE', url, { headers: require })
    const sections = parseSdp(body).media
    expect(sections.map(({ kind }) => kind)).toEqual(['video', 'audio', 'audio'])
    expect(sections[2]?.section.lines.map(({ type, value }) => `${type}=${value}`)).toEqual([
      ...['a=rtpmap:0 PCMU/8000', 'a=control:trackID=2', 'a=sendonly'],
    ])
    expect(sections[2]?.mediaLine).toBe('audio 0 RTP/AVP 0')
    const without = await expectOk(client, 'DESCRIBE', url)
    expect(parseSdp(without.body).media).toHaveLength(2)
    expect(without.body.toString()).not.toContain('sendonly')
  })

  it.each(['DESCRIBE', 'SETUP', 'OPTIONS'])(
    '%s of a mount without one is answered 551, and the client retries without',
    { tags: 'A-ONV-5' },
    async (method) => {
      const { server, client } = await scene().camera().client().start()
      const uri = urlOf(server, method === 'SETUP' ? '/cam/trackID=0' : '/cam')
      const headers = { Transport: tcp }
      const refused = await client.request(method, uri, { headers: { ...headers, ...require } })
      expect(refused.statusCode).toBe(551)
      expect(refused.headers.get('Unsupported')).toBe(tag)
      expect(server.pool.size).toBe(0)
      expect((await client.request(method, uri, { headers })).statusCode).toBe(200)
    },
  )

  it('other tags are refused as before, and listed alone', {
    tags: 'A-MSG-13',
  }, async () => {
    const { server, url } = await startIntercom()
    const client = await connectTo(server)
    const both = await client.request('DESCRIBE', url, {
      headers: { Require: `${tag}, onvif-replay` },
    })
    expect(both.statusCode).toBe(551)
    expect(both.headers.get('Unsupported')).toBe('onvif-replay')
    const everywhere = await client.request('OPTIONS', '*', { headers: require })
    expect(everywhere.headers.get('Unsupported')).toBe(tag)
  })

  it('a client sets up all tracks with the tag in every request', { tags: 'A-ONV-1' }, async () => {
    const { server, url, intercom } = await startIntercom()
    const client = await connectTo(server)
    await expectOk(client, 'OPTIONS', url, { headers: require })
    await expectOk(client, 'DESCRIBE', url, { headers: require })
    let session = ''
    for (const index of [0, 1, 2]) {
      const response = await expectOk(client, 'SETUP', `${url}/trackID=${index}`, {
        headers: { Transport: tcp, ...require, ...(session ? { Session: session } : {}) },
      })
      session = sessionIdOf(response)
    }
    const headers = { Session: session, ...require }
    const play = await expectOk(client, 'PLAY', url, { headers })
    expect(play.headers.get('RTP-Info')).toContain('trackID=1')
    expect(play.headers.get('RTP-Info')).not.toContain('trackID=2')
    client.sendFrame(4, sound(1))
    await settled(client)
    expect(intercom.packets).toHaveLength(1)
    await expectOk(client, 'TEARDOWN', url, { headers })
    expect(intercom.closed).toBe(1)
  })
})

describe('a metadata track', () => {
  it('passes through as it was announced', { tags: 'A-ONV-9' }, async () => {
    const server = await startServer()
    const sdp = testSdp
      .replace('m=audio 0', 'm=application 0')
      .replace('a=rtpmap:97 opus/48000/2', 'a=rtpmap:97 vnd.onvif.metadata/90000')
    const publisher = await connectTo(server)
    const viewer = await connectTo(server)
    const url = urlOf(server, '/live/metadata')
    await publish(publisher, url, ['TCP', 'TCP'], sdp)
    const { body } = await expectOk(viewer, 'DESCRIBE', url)
    expect(body.toString()).toMatch(
      /m=application 0 RTP\/AVP 97\r\na=rtpmap:97 vnd\.onvif\.metadata\/90000\r\n/,
    )
    await play(viewer, url)
    const text = Buffer.from('<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"/>')
    const packet = rtpPacket({ sequenceNumber: 1, payloadType: 97, marker: true, payload: text })
    publisher.sendFrame(2, packet)
    await until(() => viewer.frames.some(({ channel }) => channel === 2))
    expect(viewer.frames.find(({ channel }) => channel === 2)?.payload).toEqual(packet)
  })
})

describe('the back channel', () => {
  it('delivers packets over TCP, unchanged and in order, between PLAY and PAUSE', async () => {
    const { server, url, intercom } = await startIntercom()
    const client = await connectTo(server)
    const setup = await setUp(client, `${url}/trackID=2`)
    const session = sessionIdOf(setup)
    expect(setup.headers.get('Transport')).toBe('RTP/AVP/TCP;unicast;interleaved=0-1;mode="PLAY"')
    const publicId = server.pool.get(session)?.publicId
    expect(intercom.clients).toEqual([
      { path: '/door', address: '127.0.0.1', user: undefined, publicId },
    ])
    client.sendFrame(0, sound(1))
    const play = await inSession(client, 'PLAY', url, session)
    expect(play.headers.get('RTP-Info')).toBeUndefined()
    for (const n of [2, 3, 5, 4]) client.sendFrame(0, sound(n))
    await inSession(client, 'PAUSE', url, session)
    client.sendFrame(0, sound(6))
    await inSession(client, 'PLAY', url, session)
    client.sendFrame(0, sound(7))
    await settled(client)
    expect(intercom.packets.map(sequenceNumberOf)).toEqual([2, 3, 5, 4, 7])
    expect(intercom.packets[0]).toEqual(sound(2))
    expect(server.pool.filter()[0]?.stats).toMatchObject({ packetsIn: 5, bytesIn: 5 * 172 })
    await inSession(client, 'TEARDOWN', url, session)
    expect(intercom.closed).toBe(1)
  })

  it('drops packets that are not RTP or have another payload type', async () => {
    const { server, url, intercom } = await startIntercom()
    const client = await connectTo(server)
    await speak(client, url)
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(12),
      sound(1, 8),
      sound(2).subarray(0, 11),
    ]) {
      client.sendFrame(0, bytes)
    }
    client.sendFrame(0, sound(3))
    await settled(client)
    expect(intercom.packets.map(sequenceNumberOf)).toEqual([3])
  })

  it('a receiver that throws is called no more, and nothing else changes', {
    tags: 'B-CRASH',
  }, async () => {
    const { server, url, intercom } = await startIntercom()
    const failures: unknown[] = []
    const note = (message: unknown): void => void failures.push(message)
    subscribe('rtspool:back-channel-failed', note)
    const error = new Error('the loudspeaker is broken')
    intercom.failure = error
    const client = await connectTo(server)
    const { session } = await speak(client, url)
    client.sendFrame(0, sound(1))
    client.sendFrame(0, sound(2))
    await expectOk(client, 'TEARDOWN', url, { headers: { Session: session, ...require } })
    unsubscribe('rtspool:back-channel-failed', note)
    expect([failures, intercom.packets.length, intercom.closed]).toEqual([
      [{ path: '/door', error }],
      1,
      0,
    ])
    intercom.failure = undefined
    await speak(client, url)
  })

  it('accepts UDP only from the ports of the client that set it up', async () => {
    const { server, url, intercom } = await startIntercom()
    const client = await connectTo(server)
    const [own, foreign] = [await openUdpPorts(), await openUdpPorts()]
    const { setup } = await speak(client, url, `RTP/AVP;unicast;client_port=${own.clientPort}`)
    const port = Number(/server_port=(\d+)/.exec(setup.headers.get('Transport') ?? '')?.[1])
    foreign.rtpSocket.send(sound(1), port, '127.0.0.1')
    await until(() => server.stats().rejectedRtp >= 1)
    own.rtpSocket.send(sound(2), port, '127.0.0.1')
    await until(() => intercom.packets.length >= 1)
    expect(intercom.packets.map(sequenceNumberOf)).toEqual([2])
  })

  it('is one client at a time: a second one is answered 453 until the first has gone', async () => {
    const { server, url, intercom } = await startIntercom()
    const [a, b] = [await connectTo(server), await connectTo(server)]
    const { session } = await speak(a, url)
    const refused = await setUp(b, `${url}/trackID=2`)
    expect(refused.statusCode).toBe(453)
    expect(server.pool.size).toBe(1)
    // The camera may still be watched.
    expect((await setUp(b, `${url}/trackID=0`)).statusCode).toBe(200)
    await inSession(a, 'TEARDOWN', url, session)
    expect((await setUp(await connectTo(server), `${url}/trackID=2`)).statusCode).toBe(200)
    expect(intercom.clients).toHaveLength(2)
  })

  it('can be set up again by its client, and keeps its place', async () => {
    const { server, url, intercom } = await startIntercom()
    const client = await connectTo(server)
    const { session } = await speak(client, url)
    client.sendFrame(0, sound(1))
    await inSession(client, 'PAUSE', url, session)
    const headers = { Session: session, Transport: `${tcp};interleaved=6-7` }
    const again = await expectOk(client, 'SETUP', `${url}/trackID=2`, { headers })
    expect(again.headers.get('Transport')).toContain('interleaved=6-7')
    expect((await setUp(await connectTo(server), `${url}/trackID=2`)).statusCode).toBe(453)
    await inSession(client, 'PLAY', url, session)
    client.sendFrame(6, sound(2))
    await settled(client)
    expect(intercom.packets.map(sequenceNumberOf)).toEqual([1, 2])
    expect(intercom).toMatchObject({ clients: [{ path: '/door' }], closed: 0 })
    await inSession(client, 'TEARDOWN', url, session)
    expect(intercom.closed).toBe(1)
    expect((await setUp(await connectTo(server), `${url}/trackID=2`)).statusCode).toBe(200)
  })

  it('is there beside stored media too, from PLAY to PAUSE', async () => {
    const intercom = new Intercom(undefined, true)
    const server = await startServer()
    server.mounts.add('/message', intercom.factory)
    const client = await connectTo(server)
    const url = urlOf(server, '/message')
    const { session, play } = await speak(client, url)
    expect(play.headers.get('RTP-Info')).toBeUndefined()
    client.sendFrame(0, sound(1))
    await inSession(client, 'PAUSE', url, session)
    client.sendFrame(0, sound(2))
    await settled(client)
    expect(intercom.packets.map(sequenceNumberOf)).toEqual([1])
  })

  it('serves as many clients as its limit', async () => {
    const { server, url } = await startIntercom({ maxClients: 2 })
    const answers = []
    for (let n = 0; n < 3; n++) {
      answers.push((await setUp(await connectTo(server), `${url}/trackID=2`)).statusCode)
    }
    expect(answers).toEqual([200, 200, 453])
    expect(() => new Intercom(0)).toThrow(
      new RangeError('backChannel.maxClients must be an integer from 1, got 0'),
    )
  })

  it.each([
    ['a promise', 'at once, got a promise'],
    ['nothing', 'got undefined'],
    ['no packet', 'got object'],
    ['no close', 'got object'],
  ])('is refused, and uses no place, if open returns %s', async (kind, got) => {
    let closed = 0
    const close = () => closed++
    const answers = {
      'a promise': Promise.resolve({ packet() {}, close }),
      nothing: undefined,
      'no packet': { close },
      'no close': { packet() {} },
    }
    const { description } = new Intercom().factory.options.backChannel ?? {}
    const open = () => answers[kind as keyof typeof answers]
    const backChannel = { description, open } as unknown as BackChannelOptions
    const server = await startServer()
    server.mounts.add('/door', new MediaFactory(() => new TestSource(), { backChannel }))
    const failures: unknown[] = []
    server.on('requestFailed', (error) => failures.push(error))
    const client = await connectTo(server)
    for (const _ of [1, 2]) {
      expect((await setUp(client, `${urlOf(server, '/door')}/trackID=2`)).statusCode).toBe(500)
    }
    const expected = 'backChannel.open must return a receiver with the methods packet and close'
    expect(failures.map(String)[1]).toContain(`TypeError: ${expected}`)
    expect(String(failures[1])).toContain(got)
    expect(closed).toBe(kind === 'a promise' ? 2 : 0)
  })

  it("is refused on the application's error, for multicast, and if there is none", async () => {
    const { server, url, intercom } = await startIntercom()
    const client = await connectTo(server)
    intercom.refusal = new RequestError('ERR_FORBIDDEN', 'not at night')
    expect((await setUp(client, `${url}/trackID=2`)).statusCode).toBe(403)
    expect((await setUp(client, `${url}/trackID=3`)).statusCode).toBe(404)
    expect((await setUp(client, `${url}/trackID=2`, 'RTP/AVP;multicast')).statusCode).toBe(461)
    mountCamera(server)
    expect((await setUp(client, urlOf(server, '/cam/trackID=2'))).statusCode).toBe(404)
    expect(server.pool.size).toBe(0)
    expect(intercom.closed).toBe(0)
  })

  it('ends with its connection and with its media', async () => {
    const { server, url, intercom } = await startIntercom()
    const gone = await connectTo(server)
    await speak(gone, url)
    await gone.close()
    await until(() => intercom.closed >= 1)
    await speak(await connectTo(server), url)
    await intercom.factory.close()
    expect(intercom.closed).toBe(2)
    expect(server.pool.size).toBe(0)
  })

  it('keeps its session alive, and reports reception to the client', {
    tags: 'A-ONV-3',
  }, async () => {
    const clock = new ManualClock()
    const { server, url, intercom } = await startIntercom({ clock })
    const client = await connectTo(server)
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const { session, setup } = await speak(client, url, transport)
    const port = Number(/server_port=(\d+)/.exec(setup.headers.get('Transport') ?? '')?.[1])
    for (let n = 1; n <= 3; n++) {
      clock.advance(40_000)
      ports.rtpSocket.send(sound(n === 3 ? 4 : n), port, '127.0.0.1')
      await until(() => intercom.packets.length >= n)
    }
    expect(server.pool.filter()[0]?.removalReason).toBeUndefined()
    clock.advance(10_000)
    await until(() => ports.rtcp.some((bytes) => reportsOf(bytes).length > 0))
    const last = () => ports.rtcp.flatMap(reportsOf).at(-1)
    await until(() => last()?.extendedHighestSequenceNumber === 4)
    expect(last()).toMatchObject({ ssrc: 0x5555, cumulativeLost: 1 })
    clock.advance(70_000)
    expect(server.pool.find(session)).toBeUndefined()
    expect(intercom.closed).toBe(1)
  })
})

const reportsOf = (compound: Buffer) =>
  parseCompound(compound).flatMap((packet) =>
    packet.type === 'receiverReport' ? packet.reports : [],
  )

describe('the back channel with restricted access', () => {
  it('a second mount with a rule of its own has it, and everybody watches the first', async () => {
    const server = await startServer({
      auth: {
        users: { porter: 'secret' },
        rules: [
          { path: '/door', read: 'anyone' },
          { path: '/door-intercom', read: ['porter'] },
        ],
      },
    })
    mountCamera(server, '/door')
    const intercom = new Intercom()
    server.mounts.add('/door-intercom', intercom.factory)
    const [door, doorIntercom] = [urlOf(server, '/door'), urlOf(server, '/door-intercom')]
    expect((await setUp(await connectTo(server), `${door}/trackID=0`)).statusCode).toBe(200)
    expect((await setUp(await connectTo(server), `${door}/trackID=2`)).statusCode).toBe(404)
    const stranger = await connectTo(server)
    expect((await setUp(stranger, `${doorIntercom}/trackID=2`)).statusCode).toBe(401)
    const porter = await connectTo(server)
    await logIn(porter, { user: 'porter', password: 'secret' })
    await speak(porter, doorIntercom)
    expect(intercom.clients).toMatchObject([{ user: 'porter' }])
  })

  it('a rule lets everybody watch and one user speak', { tags: 'B-AUTH0' }, async () => {
    const server = await startServer({
      auth: {
        users: { porter: 'secret', guest: 'other' },
        rules: [{ path: '/door', read: 'anyone', talk: ['porter'] }],
      },
    })
    const intercom = new Intercom()
    server.mounts.add('/door', intercom.factory)
    const url = urlOf(server, '/door')
    const [track, speaker] = [`${url}/trackID=0`, `${url}/trackID=2`]
    const stranger = await connectTo(server)
    expect((await setUp(stranger, track)).statusCode).toBe(200)
    const headers = { Transport: tcp, ...require }
    expect((await setUp(await connectTo(server), speaker)).statusCode).toBe(403)
    const client = await connectTo(server)
    const challenged = await client.request('SETUP', speaker, { headers })
    expect(challenged.statusCode).toBe(401)
    // Some clients send the tag with every track.
    expect((await client.request('SETUP', track, { headers })).statusCode).toBe(200)
    const guest = await connectTo(server)
    await logIn(guest, { user: 'guest', password: 'other' })
    expect((await guest.request('SETUP', speaker, { headers })).statusCode).toBe(403)
    expect((await setUp(guest, track)).statusCode).toBe(200)
    expect(intercom.clients).toEqual([])
    const porter = await connectTo(server)
    await logIn(porter, { user: 'porter', password: 'secret' })
    await speak(porter, url)
    expect(intercom.clients).toMatchObject([{ user: 'porter' }])
  })
  it('a hook is asked for the right to speak at the back channel alone', {
    tags: 'B-AUTH0',
  }, async () => {
    const asked: string[] = []
    const server = await startServer({
      auth: {
        tokens: 'always',
        tokenParameters: ['token'],
        login: ({ token, action }) => {
          asked.push(action)
          return action === 'read' || token === 'porter' ? { user: token } : { refuse: 'forbidden' }
        },
      },
    })
    server.mounts.add('/door', new Intercom().factory)
    const url = urlOf(server, '/door')
    const setUpAll = async (query: string) => {
      asked.length = 0
      const client = await connectTo(server)
      const setUpTrack = (track: number, session = {}) =>
        client.request('SETUP', `${url}/trackID=${track}${query}`, {
          headers: { Transport: tcp, ...require, ...session },
        })
      const first = await setUpTrack(0)
      const session = { Session: sessionIdOf(first) }
      const others = [await setUpTrack(1, session), await setUpTrack(2, session)]
      return [first, ...others].map(({ statusCode }) => statusCode)
    }
    expect([await setUpAll('?token=guest'), asked]).toEqual([
      [200, 200, 403],
      ['read', 'talk'],
    ])
    expect([await setUpAll('?token=porter'), asked]).toEqual([
      [200, 200, 200],
      ['read', 'talk'],
    ])
    expect([await setUpAll(''), asked]).toEqual([
      [200, 200, 401],
      ['read', 'talk'],
    ])
  })
})
