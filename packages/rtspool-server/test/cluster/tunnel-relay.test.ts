import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { RtspServer, type RtspServerOptions } from 'rtspool'
import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import { testCertificate } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { TunnelRelay } from '../../src/cluster/tunnel-relay.js'

const key = 'a secret of all nodes'
const home = '127.0.0.2'
const options = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'

interface ServerTerms {
  readonly peerKey?: string
  readonly clock?: ManualClock
  /** Address for the others. @defaultValue that of the server */
  readonly address?: string
  readonly options?: RtspServerOptions
}

async function startServer(store: MemoryStore, terms: ServerTerms = {}) {
  const { peerKey = key, clock = new ManualClock() } = terms
  const sockets = new Set<Socket>()
  // The port is known before the node, which tells it to others.
  const door = createServer({ allowHalfOpen: true, highWaterMark: 1 }, (socket) => {
    sockets.add(socket)
    rtsp.accept(socket)
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo
  const address = terms.address ?? `rtsp://127.0.0.1:${port}`
  const node = new ClusterNode({ store, peerKey, address, leaseMs: 3000, beatMs: 40, flushMs: 10 })
  const failures: string[] = []
  const relay = new TunnelRelay({ node, clock, onFailure: (why) => failures.push(why) })
  const rtsp: RtspServer = new RtspServer({
    ...{ port: 0, host: '127.0.0.1', httpTunnel: relay.take, ...terms.options },
    pool: node.poolOptions({}),
  })
  relay.begin(rtsp)
  mountCamera(rtsp)
  await node.start(rtsp.pool)
  await rtsp.listen()
  onTestFinished(async () => {
    relay.close()
    await rtsp.close()
    await node.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => door.close(resolve))
    expect(clock.pendingTimers).toBe(0)
  })
  return { rtsp, node, relay, clock, failures, sockets, port }
}

type Server = Awaited<ReturnType<typeof startServer>>

/** Servers of one cluster that know each other. */
async function startCluster(first: ServerTerms = {}, second: ServerTerms = {}) {
  const store = new MemoryStore({ warmMs: 0, leaseMs: 3000 })
  const servers = [await startServer(store, first), await startServer(store, second)] as const
  await until(() => servers.every(({ node }) => node.peers.others().length === 1))
  return servers
}

/** One HTTP connection of a client, which notes what it receives. */
function open({ port }: Pick<Server, 'port'>, localAddress = home) {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  const client = { socket, text: '', isEnded: false }
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    client.text += chunk.toString('latin1')
  })
  socket.on('end', () => {
    client.isEnded = true
  })
  onTestFinished(() => void socket.destroy())
  return client
}

const headOf = (method: string, cookie = 'abc', lines = '') =>
  `${method} /cam HTTP/1.0\r\nx-sessioncookie: ${cookie}\r\n${lines}\r\n`

async function get(server: Server, cookie = 'abc', from = home) {
  const client = open(server, from)
  client.socket.write(headOf('GET', cookie))
  await until(() => client.text.startsWith('HTTP/1.0 200'))
  client.text = client.text.slice(client.text.indexOf('\r\n\r\n') + 4)
  return client
}

function post(server: Server, { cookie = 'abc', from = home, body = options, lines = '' } = {}) {
  const client = open(server, from)
  const encoded = Buffer.from(body).toString('base64')
  client.socket.write(headOf('POST', cookie, lines) + encoded)
  return client
}

const notFound = /^HTTP\/1\.1 404/
const answered = ({ text }: { text: string }) => /^RTSP\/1\.0 200 OK\r\nCSeq: 1\r\n/.test(text)

describe('TunnelRelay', { tags: 'B-TUN' }, () => {
  it('brings a POST to the server of its GET, with all bytes of the client', async () => {
    const [a, b] = await startCluster()
    const down = await get(a)
    const up = post(b)
    await until(() => answered(down))
    down.text = ''
    up.socket.write(Buffer.from(options.replace('1\r', '2\r')).toString('base64'))
    await until(() => down.text.includes('CSeq: 2'))
    expect([up.text, b.rtsp.stats().connections, a.rtsp.stats().connections]).toEqual(['', 0, 1])
    const [connection] = [...a.rtsp.connections]
    expect([connection?.tunnel, connection?.remoteAddress]).toEqual(['http', home])
    expect([a.failures, b.failures]).toEqual([[], []])
  })

  it('asks nobody if both are here', async () => {
    const [a, b] = await startCluster()
    const down = await get(a)
    post(a)
    await until(() => answered(down))
    expect(b.sockets.size).toBe(0)
  })

  it.each(['the server of the POST', 'another server'])(
    'waits for a GET that arrives later at %s',
    async (where) => {
      const [a, b] = await startCluster()
      const up = post(b)
      // The question has arrived.
      await until(() => a.sockets.size === 1)
      await until(() => a.clock.pendingTimers === 1)
      const down = await get(where === 'another server' ? a : b)
      await until(() => answered(down))
      expect(up.text).toBe('')
    },
  )

  it('responds 404 if no server gets the GET within a second', async () => {
    const [a, b] = await startCluster()
    const up = post(b)
    await until(() => a.clock.pendingTimers === 1)
    a.clock.advance(999)
    expect([up.text, b.clock.pendingTimers]).toEqual(['', 1])
    a.clock.advance(1)
    await until(() => up.isEnded)
    expect(up.text).toMatch(notFound)
    b.clock.advance(1500)
    expect([b.failures, b.clock.pendingTimers]).toEqual([[], 0])
  })

  it('waits for a server that does not answer no longer than 1.5 s', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const asked: Socket[] = []
    silent.on('connection', (socket) => void asked.push(socket.on('error', () => {})))
    onTestFinished(() => void silent.close())
    const address = `rtsp://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const [, b] = await startCluster({ address })
    const up = post(b)
    await until(() => asked.length === 1)
    b.clock.advance(1499)
    expect(up.text).toBe('')
    b.clock.advance(1)
    await until(() => up.isEnded)
    expect(up.text).toMatch(notFound)
    asked[0]?.resume()
    await until(() => asked[0]?.readableEnded === true)
  })

  it('tells why a server could not be asked', async () => {
    const [, b] = await startCluster({ address: 'rtsp://127.0.0.1:1' })
    const up = post(b)
    await until(() => up.isEnded)
    expect(up.text).toMatch(notFound)
    expect(b.failures).toEqual([expect.stringContaining('ECONNREFUSED')])
  })

  it.each([
    { name: 'cookie', terms: { cookie: 'abd' } },
    { name: 'host', terms: { from: '127.0.0.3' } },
  ])('joins nothing to a GET of another $name', async ({ terms }) => {
    const [a, b] = await startCluster()
    const down = await get(a)
    const up = post(b, terms)
    await until(() => b.clock.pendingTimers === 1 && a.clock.pendingTimers === 1)
    a.clock.advance(1000)
    await until(() => up.isEnded)
    expect([notFound.test(up.text), down.text]).toEqual([true, ''])
  })

  it('answers no question of a server with another key, and asks on for nobody', async () => {
    const [a, b] = await startCluster({ peerKey: 'another secret of a node' })
    const down = await get(a)
    const up = post(b)
    await until(() => up.isEnded)
    expect([notFound.test(up.text), down.text]).toEqual([true, ''])
    // The question itself is refused like the POST of a client, and comes back to nobody.
    expect([a.sockets.size, b.sockets.size]).toEqual([2, 1])
    const forged = post(b, { lines: 'X-Relay-Token: 2 1 1 0a1b2c3d x\r\n' })
    await until(() => forged.isEnded)
    expect([notFound.test(forged.text), a.sockets.size]).toEqual([true, 2])
  })

  it('passes nothing that came over TLS to a server without it', async () => {
    const [a, b] = await startCluster(
      {},
      { options: { tls: { port: 0, ...testCertificate('first') } } },
    )
    const socket = connect(b.rtsp.tlsAddress().port, '127.0.0.1')
    const tls = connectTls({ socket, rejectUnauthorized: false })
    let text = ''
    tls.on('error', () => {})
    tls.on('data', (chunk) => {
      text += chunk
    })
    onTestFinished(() => void tls.destroy())
    tls.write(headOf('POST'))
    await until(() => notFound.test(text))
    expect(a.sockets.size).toBe(0)
  })

  it('keeps the rules of one server: refuses a second POST, and a coding of the body', async () => {
    const [a, b] = await startCluster()
    const down = await get(a)
    const chunked = post(b, { lines: 'Transfer-Encoding: chunked\r\n', body: '' })
    await until(() => chunked.isEnded)
    expect(chunked.text).toMatch(/^HTTP\/1\.1 400/)
    post(b)
    await until(() => answered(down))
    const second = post(b)
    await until(() => second.isEnded)
    expect(second.text).toMatch(/^HTTP\/1\.1 409/)
  })

  it('ends with either side', async () => {
    const [a, b] = await startCluster()
    const down = await get(a)
    const up = post(b)
    await until(() => answered(down))
    // The client may open another POST after the end of the first one.
    up.socket.end()
    await until(() => up.isEnded)
    down.text = ''
    const next = post(b)
    await until(() => answered(down))
    const [connection] = [...a.rtsp.connections]
    connection?.close()
    await until(() => next.isEnded && down.isEnded)
    const third = await get(a)
    const last = post(b)
    await until(() => answered(third))
    last.socket.resetAndDestroy()
    third.socket.destroy()
    await until(() => a.rtsp.stats().connections === 0)
    await until(() => [...a.sockets, ...b.sockets].every(({ destroyed }) => destroyed))
  })

  it('gives no closed connection to the server, and asks no longer for it', async () => {
    const [a, b] = await startCluster()
    const accepted: unknown[] = []
    for (const { relay, rtsp } of [a, b]) {
      relay.begin({
        accept: (socket, connection) => {
          accepted.push(connection)
          rtsp.accept(socket, connection)
        },
      })
    }
    post(b)
    await until(() => a.clock.pendingTimers === 1)
    for (const socket of b.sockets) socket.destroy()
    await until(() => a.clock.pendingTimers === 0)
    for (const socket of a.sockets) socket.destroy()
    await until(() => [...a.sockets].every(({ closed }) => closed))
    const down = await get(a)
    expect([accepted, down.text, a.clock.pendingTimers]).toEqual([[], '', 0])
    expect([a.failures, b.failures]).toEqual([[], []])
  })

  it('holds no question of a server that has given up', async () => {
    const [a, b] = await startCluster()
    post(b)
    await until(() => a.clock.pendingTimers === 1)
    for (const socket of b.sockets) socket.destroy()
    await until(() => a.clock.pendingTimers === 0)
    await until(() => [...a.sockets].every(({ destroyed }) => destroyed))
    expect([a.failures, b.failures]).toEqual([[], []])
  })

  it('looks for the GETs of at most eight POSTs of one client', async () => {
    const [a, b] = await startCluster()
    const sign = vi.spyOn(b.node.peers, 'relayHeaders')
    const ups = Array.from({ length: 8 }, (_, n) => post(b, { cookie: `c${n}` }))
    await until(() => b.clock.pendingTimers === 8)
    const more = post(b, { cookie: 'more' })
    await until(() => more.isEnded)
    expect([notFound.test(more.text), sign.mock.calls.length]).toEqual([true, 8])
    const other = post(b, { cookie: 'more', from: '127.0.0.3' })
    await until(() => b.clock.pendingTimers === 9 && a.clock.pendingTimers === 9)
    a.clock.advance(1000)
    await until(() => [...ups, other].every(({ isEnded }) => isEnded))
    b.clock.advance(1500)
    const again = post(b, { cookie: 'c0' })
    await until(() => b.clock.pendingTimers === 1)
    const down = await get(a, 'c0')
    await until(() => answered(down))
    expect(again.text).toBe('')
  })

  it('counts each connection once, for its client', async () => {
    const limits = { maxConnectionsPerAddress: 2, trustedAddresses: [] }
    const [a, b] = await startCluster({ options: limits }, { options: limits })
    const up = post(b)
    await until(() => b.clock.pendingTimers === 1)
    const here = await get(b)
    await until(() => answered(here))
    expect(up.text).toBe('')
    for (const from of ['127.0.0.3', '127.0.0.4', '127.0.0.5']) {
      const down = await get(a, 'abc', from)
      post(b, { from })
      await until(() => answered(down))
    }
  })

  it('asks no more than eight times in 1.5 s for a client that finds nothing', async () => {
    const [a, b] = await startCluster()
    for (let n = 0; n < 8; n++) {
      post(b, { cookie: `c${n}` })
      await until(() => a.clock.pendingTimers === 1)
      for (const socket of b.sockets) socket.destroy()
      await until(() => a.clock.pendingTimers === 0)
    }
    const more = post(b)
    await until(() => more.isEnded)
    expect([notFound.test(more.text), a.sockets.size]).toEqual([true, 8])
    b.clock.advance(1500)
    const again = post(b)
    await until(() => a.clock.pendingTimers === 1)
    const down = await get(a)
    await until(() => answered(down))
    expect([again.text, b.clock.pendingTimers]).toEqual(['', 0])
  })

  it('closes what waits, and what it passes on, with the server', async () => {
    const [a, b] = await startCluster()
    const down = await get(a)
    const up = post(b)
    await until(() => answered(down))
    const waits = post(b, { cookie: 'none' })
    await until(() => b.clock.pendingTimers === 1)
    b.relay.close()
    await b.rtsp.close()
    await until(() => up.socket.destroyed && waits.socket.destroyed)
  })
})
