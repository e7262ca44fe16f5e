import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { AcceptedConnection } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { Siblings } from '../../src/processes/siblings.js'

const opened: { close(): unknown }[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const each of opened.splice(0)) each.close()
  for (const socket of sockets) socket.destroy()
  await until(() => [...sockets].every(({ closed }) => closed))
  sockets.clear()
})

/** A process, and the connections that its siblings have handed over to it. */
async function startProcess(number: number, key = 'secret', clock = new ManualClock()) {
  const siblings = new Siblings({ number, count: 2, key }, clock)
  opened.push(siblings)
  const accepted: { socket: Socket; connection: AcceptedConnection }[] = []
  await siblings.listen({
    accept: (socket, connection = {}) => {
      sockets.add(socket)
      accepted.push({ socket, connection })
    },
  })
  return { siblings, accepted, port: siblings.port, clock }
}

async function startBoth() {
  const [one, two] = [await startProcess(1), await startProcess(2)]
  const ports = { 1: one.port, 2: two.port }
  for (const { siblings } of [one, two]) siblings.notePorts(ports)
  return [one, two] as const
}

/** Both ends of a connection: that of a client, and that of a process. */
async function openConnection(): Promise<{ client: Socket; socket: Socket }> {
  const server: Server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(server)
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  for (const each of [client, socket]) sockets.add(each)
  return { client, socket }
}

const client = {
  ...{ remoteAddress: '192.0.2.7', remotePort: 4711, isSecure: true },
  ...{ localAddress: '192.0.2.1', localPort: 554 },
}
const proofFor = (port: number, key: string) =>
  createHmac('sha256', key).update(`sibling at port ${port}`).digest('base64url')
const requestOf = (cookie: string, socket: Socket) => ({
  ...client,
  ...{ cookie, socket, first: Buffer.from(`GET of ${cookie}`) },
})

describe('the processes of one server', () => {
  it('bring both requests of a tunnel to the same one, and share the tunnels', async () => {
    const both = await startBoth()
    let owned = 0
    for (let n = 0; n < 16; n++) {
      const answers = []
      for (const { siblings } of both) {
        const { socket } = await openConnection()
        answers.push(siblings.takeTunnel(requestOf(`cookie ${n}`, socket)))
      }
      // The one keeps what the other hands over.
      expect([...answers].sort()).toEqual([false, true])
      if (answers[0] === false) owned++
    }
    expect(owned).toBeGreaterThan(0)
    expect(owned).toBeLessThan(16)
    await until(() => both[0].accepted.length + both[1].accepted.length === 16)
    expect(both[0].accepted).toHaveLength(owned)
  })

  /** Hands a request over from one process to the other, whichever the cookie asks for. */
  async function handOver() {
    const both = await startBoth()
    const { client: peer, socket } = await openConnection()
    const [from] = both.filter(({ siblings }) => siblings.takeTunnel(requestOf('mine', socket)))
    const [to] = both.filter((each) => each !== from)
    const accepted = to?.accepted ?? []
    await until(() => accepted.length === 1)
    const { socket: handed, connection } = accepted[0] as (typeof accepted)[number]
    return { peer, handed, connection, from }
  }

  it('tell each other the addresses of the client, and pass all bytes on in both directions', async () => {
    const { peer, handed, connection } = await handOver()
    const { first, ...facts } = connection
    expect(facts).toEqual(client)
    let received = String(first)
    handed.on('data', (bytes) => {
      received += String(bytes)
    })
    peer.write(', and more')
    await until(() => received === 'GET of mine, and more')
    handed.write('answer')
    const [answer] = await once(peer, 'data')
    expect(String(answer)).toBe('answer')
  })

  it('end the connection of the client after the last bytes of the other process', async () => {
    const { peer, handed } = await handOver()
    let received = ''
    peer.on('data', (bytes) => {
      received += String(bytes)
    })
    const large = 'x'.repeat(1_000_000)
    handed.end(large)
    await once(peer, 'end')
    expect(received.length).toBe(large.length)
    peer.destroy()
    await until(() => handed.destroyed)
  })

  it('end the connection of the other process when the client has gone, or they close', async () => {
    const gone = await handOver()
    gone.peer.resetAndDestroy()
    gone.handed.on('error', () => {}).resume()
    await until(() => gone.handed.readableEnded || gone.handed.destroyed)
    const closed = await handOver()
    closed.from?.siblings.close()
    await once(closed.peer.resume(), 'close')
  })

  it('keep a request whose process is away', async () => {
    const [one, two] = await startBoth()
    for (const { siblings } of [one, two]) siblings.notePorts({})
    const { socket } = await openConnection()
    const taken = [one, two].map(({ siblings }) => siblings.takeTunnel(requestOf('mine', socket)))
    expect(taken).toEqual([false, false])
  })

  it('ask each other for metrics, and leave out who has none', async () => {
    const both = await startBoth()
    const [one, two] = both
    expect(await one.siblings.othersMetrics()).toEqual(new Map())
    const text = '# metrics\n'.repeat(20_000)
    two.siblings.metrics = async () => text
    expect(await one.siblings.othersMetrics()).toEqual(new Map([[2, text]]))
    two.siblings.metrics = () => Promise.reject(new Error('broken'))
    expect(await one.siblings.othersMetrics()).toEqual(new Map())
    two.siblings.close()
    expect(await one.siblings.othersMetrics()).toEqual(new Map())
  })

  it('wait a second for metrics of each other', async () => {
    const [one, two] = await startBoth()
    let asked = 0
    two.siblings.metrics = () => {
      asked++
      return new Promise(() => {})
    }
    const others = one.siblings.othersMetrics()
    await until(() => asked === 1)
    one.clock.advance(1000)
    expect(await others).toEqual(new Map())
    expect(one.clock.pendingTimers).toBe(0)
  })

  it('tell a program that has the port of an ended process nothing with which it could reach others', async () => {
    const [one, two] = await startBoth()
    const lines: string[] = []
    const program = createServer((socket) => {
      socket.once('data', (line) => {
        lines.push(String(line))
        socket.destroy()
      })
    })
    program.listen(0, '127.0.0.1')
    await once(program, 'listening')
    opened.push(program)
    one.siblings.notePorts({ 1: one.port, 2: (program.address() as AddressInfo).port })
    await one.siblings.othersMetrics()
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain('secret')
    let asked = 0
    for (const { siblings, port } of [one, two]) {
      siblings.metrics = async () => `${++asked}`
      const stranger = connect(port, '127.0.0.1')
      sockets.add(stranger)
      stranger.on('error', () => {})
      stranger.write(lines[0] as string)
      await once(stranger.resume(), 'close')
    }
    expect(asked).toBe(0)
  })

  it.each([
    ['the proof of another key', `${JSON.stringify({ proof: 'PROOF', ...client })}\n`],
    ['the key itself', `${JSON.stringify({ proof: 'secret', ...client })}\n`],
    ['no proof', `${JSON.stringify(client)}\n`],
    ['no object', '{\n'],
    ['a first line without end', '{'.repeat(2000)],
  ])('close a connection of another program, with %s', async (_, line) => {
    const { port, accepted } = await startProcess(1)
    const text = line.replace('PROOF', proofFor(port, 'other'))
    const stranger = connect(port, '127.0.0.1')
    sockets.add(stranger)
    stranger.on('error', () => {})
    stranger.write(text)
    await once(stranger.resume(), 'close')
    expect(accepted).toEqual([])
  })

  it('serve RTSP of each other as that of clients', async () => {
    const { port, accepted } = await startProcess(1)
    const sibling = connect(port, '127.0.0.1')
    sockets.add(sibling)
    sibling.write('OPTIONS * RTSP/1.0\r\n\r\n')
    await until(() => accepted.length === 1)
    const [{ connection }] = accepted as [(typeof accepted)[number]]
    expect(connection).toEqual({ first: Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n') })
  })

  it('wait 5 s for the whole first line, however often a byte of it arrives', async () => {
    const { port, accepted, clock } = await startProcess(1)
    const slow = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.add(slow)
    slow.on('error', () => {})
    slow.write('{')
    await until(() => clock.pendingTimers === 1)
    clock.advance(4999)
    slow.write('{')
    await nextTurn(5)
    expect(slow.destroyed).toBe(false)
    clock.advance(1)
    await once(slow.resume(), 'close')
    expect([accepted, clock.pendingTimers]).toEqual([[], 0])
  })

  it('read a first line that arrives in pieces', async () => {
    const { port, accepted, clock } = await startProcess(1)
    const sibling = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.add(sibling)
    const text = `${JSON.stringify({ proof: proofFor(port, 'secret'), ...client })}\nGET`
    for (const character of text) sibling.write(character)
    await until(() => accepted.length === 1)
    expect(accepted[0]?.connection).toMatchObject(client)
    expect(clock.pendingTimers).toBe(0)
  })
})
