import { type AddressInfo, createServer, type Socket } from 'node:net'
import { RtspServer, type RtspServerOptions } from 'rtspool'
import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { logIn } from '../../../rtspool/test/support/credentials.js'
import {
  inSession,
  mountCamera,
  readySession,
  tcp,
} from '../../../rtspool/test/support/dialogue.js'
import { connectTo, openUdpPorts, urlOf } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { SessionRelay } from '../../src/cluster/session-relay.js'

const key = 'a secret of all nodes'
const idKeys = [Buffer.alloc(32, 7)]
const home = '127.0.0.2'

interface Server {
  readonly rtsp: RtspServer
  readonly node: ClusterNode
  readonly relay: SessionRelay
  readonly failures: string[]
  /** Closes server and node. */
  close(): Promise<void>
}

interface ServerTerms {
  readonly auth?: RtspServerOptions['auth']
  readonly peerKey?: string
  /** Clock of the deadlines. @defaultValue one that stands still, so that a slow machine misses none */
  readonly clock?: ManualClock
  /** Address of the server for the others. @defaultValue its own */
  readonly address?: string
}

/** A port that passes its connections to a function, and is open before the server exists. */
async function openDoor(enter: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const door = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    enter(socket)
  })
  door.listen(0, '127.0.0.1')
  await until(() => door.listening)
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => door.close(resolve))
  })
  return `rtsp://127.0.0.1:${(door.address() as AddressInfo).port}`
}

/** A server on the loopback address whose node has joined the cluster, and which passes requests on. */
async function startServer(store: MemoryStore, terms: ServerTerms = {}): Promise<Server> {
  const own = await openDoor((socket) => rtsp.accept(socket))
  const { auth, address = own, peerKey = key, clock = new ManualClock() } = terms
  const node = new ClusterNode({
    ...{ store, peerKey, idKeys, address, leaseMs: 3000, beatMs: 40, flushMs: 10 },
  })
  const failures: string[] = []
  const relay = new SessionRelay({ node, clock, onFailure: (why) => failures.push(why) })
  const rtsp: RtspServer = new RtspServer({
    ...{ port: 0, host: '127.0.0.1', udpPorts: [40_000, 41_000], auth, ...relay.hooks },
    pool: node.poolOptions({}),
  })
  mountCamera(rtsp)
  await node.start(rtsp.pool)
  await rtsp.listen()
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    relay.close()
    await rtsp.close()
    await node.close()
  }
  const server = { rtsp, node, relay, failures, close: () => (closed ??= close()) }
  onTestFinished(() => server.close())
  return server
}

const auth = { users: { u: 'p', eve: 'e' } }

interface SceneTerms {
  readonly first?: ServerTerms
  readonly second?: ServerTerms
  readonly transport?: string
  /** Address of the client of the second server. @defaultValue that of the viewer */
  readonly from?: string
}

/** Two servers that know each other, a viewer of the first over UDP, and a client of the second. */
async function scene({ first = {}, second = {}, transport, from = home }: SceneTerms = {}) {
  const store = new MemoryStore({ warmMs: 0, leaseMs: 3000 })
  const [a, b] = [await startServer(store, first), await startServer(store, second)]
  const udp = await openUdpPorts(home)
  const client = await connectTo(a.rtsp, home)
  const url = urlOf(a.rtsp, '/cam')
  if (first.auth) await logIn(client)
  const byUdp = `RTP/AVP;unicast;client_port=${udp.clientPort}`
  const id = await readySession(client, url, transport ?? byUdp)
  await until(() => b.node.peers.ownerOf(id) !== undefined)
  const session = a.rtsp.pool.get(id)
  const other = await connectTo(b.rtsp, from)
  const ask = async (method: string) => (await inSession(other, method, url, id)).statusCode
  return { a, b, id, url, session, other, ask }
}

describe('SessionRelay', () => {
  it('lets a client play, pause and leave on a server that does not have its session', async () => {
    const { a, b, other, ask, url, id, session } = await scene()
    const play = await inSession(other, 'PLAY', url, id)
    expect([play.statusCode, play.headers.getAll('CSeq')]).toEqual([200, ['1']])
    expect(play.headers.get('RTP-Info')).toContain(`url=${url}/trackID=0`)
    expect(session?.state).toBe('Playing')
    for (const method of ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'PAUSE']) {
      expect(await ask(method)).toBe(200)
    }
    expect(session?.state).toBe('Ready')
    expect(await ask('PLAY')).toBe(200)
    expect(await ask('RECORD')).toBe(454)
    expect(await ask('TEARDOWN')).toBe(200)
    expect([session?.removalReason, a.rtsp.pool.size]).toEqual(['teardown', 0])
    expect(await ask('GET_PARAMETER')).toBe(454)
    expect([b.relay.connections, b.failures]).toEqual([1, []])
  })

  it('keeps the session alive, and leaves it to the connection of its client', async () => {
    const { a, b, ask, session } = await scene()
    const before = session?.lastAccessAt ?? Number.POSITIVE_INFINITY
    expect(await ask('GET_PARAMETER')).toBe(200)
    expect(session?.lastAccessAt).toBeGreaterThan(before)
    expect(a.rtsp.stats().connections).toBe(2)
    b.relay.close()
    await until(() => a.rtsp.stats().connections === 1)
    expect(session?.removalReason).toBeUndefined()
  })

  it('passes on who has logged in, and not the credentials', async () => {
    const terms = { first: { auth }, second: { auth } }
    const { a, b, other, ask, url, id, session } = await scene(terms)
    const logins: unknown[] = []
    a.rtsp.on('requestRefused', (error) => logins.push(error))
    expect(await ask('PAUSE')).toBe(401)
    await logIn(other, { user: 'eve', password: 'e' })
    expect(await ask('PAUSE')).toBe(454)
    const owner = await connectTo(b.rtsp, home)
    await logIn(owner)
    expect((await inSession(owner, 'PLAY', url, id)).statusCode).toBe(200)
    expect([session?.state, logins, b.failures]).toEqual(['Playing', [], []])
  })

  it('leaves a session alone whose client has another address', async () => {
    const { ask, session } = await scene({ from: '127.0.0.3' })
    expect(await ask('TEARDOWN')).toBe(454)
    expect(session?.removalReason).toBeUndefined()
  })

  it('leaves a session alone whose media are in its connection', async () => {
    const { ask, session } = await scene({ transport: tcp })
    expect([await ask('PLAY'), await ask('TEARDOWN')]).toEqual([454, 454])
    expect(session?.state).toBe('Ready')
  })

  it('does not close the connection of all after many unknown sessions of one', async () => {
    const { b, ask, url, id } = await scene({ from: '127.0.0.3' })
    for (let n = 0; n < 19; n++) expect(await ask('GET_PARAMETER')).toBe(454)
    const more = await connectTo(b.rtsp, '127.0.0.3')
    for (let n = 0; n < 10; n++) await inSession(more, 'GET_PARAMETER', url, id)
    expect([b.relay.connections, b.failures]).toEqual([1, []])
  })

  it('is refused by a server with another key, whatever the client says', async () => {
    const { ask, session, other, url, id } = await scene({
      ...{ first: { auth, peerKey: 'another secret of a node' }, second: {} },
    })
    expect(await ask('TEARDOWN')).toBe(454)
    const client = '{"address":"127.0.0.2","user":"u"}'
    const lines = { Session: id, 'X-Relay-Client': client, 'X-Relay-Token': `1 ${'A'.repeat(43)}` }
    const forged = await other.request('TEARDOWN', url, { headers: lines })
    expect([forged.statusCode, session?.removalReason]).toEqual([454, undefined])
  })

  it('passes nothing on twice', async () => {
    const elsewhere: Socket[] = []
    // The node of the session tells an address that leads back to the server that asks.
    const loop = await openDoor((socket) => {
      elsewhere.push(socket)
      servers.b?.rtsp.accept(socket)
    })
    const servers: { b?: Server } = {}
    const { b, ask } = await scene({ first: { address: loop } }).then((made) => {
      servers.b = made.b
      return made
    })
    expect(await ask('GET_PARAMETER')).toBe(454)
    expect([elsewhere.length, b.relay.connections, b.failures]).toEqual([1, 1, []])
  })

  it('asks no server whose address is no URL of RTSP', async () => {
    const { b, ask } = await scene({ first: { address: 'http://127.0.0.1:1' } })
    expect(await ask('GET_PARAMETER')).toBe(454)
    expect(b.failures).toEqual([])
  })

  it('refuses sessions of a server that has left at once, and ids of no server', async () => {
    const { a, b, id, other, url, ask } = await scene()
    await a.close()
    await until(() => b.node.peers.ownerOf(id) === undefined)
    expect(await ask('GET_PARAMETER')).toBe(454)
    const unknown = await inSession(other, 'GET_PARAMETER', url, 'elsewhere-elsewhere')
    expect([unknown.statusCode, b.relay.connections, b.failures]).toEqual([454, 0, []])
  })

  it('passes on neither credentials nor claims of the client', async () => {
    let text = ''
    const address = await openDoor((socket) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk
        socket.write('RTSP/1.0 451 Mine\r\nCSeq: 1\r\nServer: a\r\nContent-Length: 2\r\n\r\nok')
      })
    })
    const { other, ask, url, id } = await scene({ first: { address } })
    expect(await ask('RECORD')).toBe(454)
    const passed = { Session: id, 'X-Relay-Via': '0a1b2c3d' }
    expect((await other.request('PAUSE', url, { headers: passed })).statusCode).toBe(454)
    expect(text).toBe('')
    const claims = { 'X-Relay-Client': '{"address":"192.0.2.9"}', 'x-relay-token': 'mine' }
    const headers = { Session: id, Authorization: 'Basic dTpw', Connection: 'close', ...claims }
    const response = await other.request('SET_PARAMETER', url, { headers, body: 'volume: 5\r\n' })
    const lines = [...response.headers].filter(([name]) => name !== 'CSeq')
    expect([response.statusCode, `${response.body}`]).toEqual([451, 'ok'])
    expect(lines).toContainEqual(['Server', 'a'])
    const names = text.split('\r\n').map((line) => line.split(':')[0])
    expect(names).toEqual([
      ...[`SET_PARAMETER rtsp`, 'CSeq', 'Session', 'X-Relay-Via', 'X-Relay-Client'],
      ...['X-Relay-Token', 'Content-Length', '', 'volume', ''],
    ])
    expect(text).toContain('X-Relay-Client: {"address":"127.0.0.2"}')
  })

  it('answers 503 after three seconds without a response, or when the server refuses connections', async () => {
    const clock = new ManualClock()
    const silent: Socket[] = []
    const address = await openDoor((socket) => void silent.push(socket))
    const { b, ask } = await scene({ first: { address }, second: { clock } })
    const asked = ask('GET_PARAMETER')
    await until(() => silent.length === 1)
    clock.advance(2999)
    expect(b.failures).toEqual([])
    clock.advance(1)
    expect(await asked).toBe(503)
    expect(b.failures).toEqual(['no response within 3000 ms'])
    expect([b.relay.connections, clock.pendingTimers]).toEqual([0, 0])
    const next = ask('PAUSE')
    await until(() => silent.length === 2)
    silent[1]?.end()
    expect(await next).toBe(503)
    expect(b.failures[1]).toBe('the server has closed the connection')
  })
})
