import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type AcceptedConnection, RtspServer, type TunnelRequest } from '../../../src/index.js'
import { HttpTestClient, openTunnel, rtspThrough } from '../../support/http-client.js'
import { closeAfterTest } from '../../support/open-things.js'
import { expectOk, startServer, testCertificate } from '../../support/test-server.js'

const optionsRequest = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'

/** Connects to a port of the test, whose connections a server gets. @returns What the client receives */
async function replyOf(server: RtspServer, connection: AcceptedConnection): Promise<string> {
  const port = createServer({ allowHalfOpen: true }, (socket) => server.accept(socket, connection))
  port.listen(0, '127.0.0.1')
  await once(port, 'listening')
  const client = connect((port.address() as AddressInfo).port, '127.0.0.1')
  closeAfterTest({
    close: async () => {
      client.destroy()
      port.close()
    },
  })
  let text = ''
  client.on('data', (bytes) => {
    text += String(bytes)
    client.end()
  })
  client.on('error', () => {})
  await once(client, 'close')
  return text
}

describe('a connection that the application has accepted', () => {
  const first = Buffer.from(optionsRequest)

  it('is served, from the bytes on that were read already', async () => {
    const server = await startServer()
    expect(await replyOf(server, { first })).toMatch(/^RTSP\/1.0 200/)
  })

  it('has the addresses that the application gives, or else those of its socket', async () => {
    const server = await startServer()
    const seen: unknown[] = []
    server.on('connectionOpened', ({ remoteAddress, remotePort, isSecure }) =>
      seen.push([remoteAddress, remotePort, isSecure]),
    )
    await replyOf(server, { first, remoteAddress: '192.0.2.7', remotePort: 4711 })
    await replyOf(server, { first })
    expect(seen).toEqual([
      ['192.0.2.7', 4711, false],
      ['127.0.0.1', expect.any(Number), false],
    ])
  })

  it('is refused by bans and limits', async () => {
    const server = await startServer({ maxConnectionsPerAddress: 0 })
    server.pool.bans.add({ address: '192.0.2.7' })
    expect(await replyOf(server, { first, remoteAddress: '192.0.2.7' })).toBe('')
    expect(await replyOf(server, { first, remoteAddress: '192.0.2.8' })).toMatch(/ 200/)
  })

  it('needs a server that listens', async () => {
    const server = new RtspServer()
    const socket = connect(1, '127.0.0.1').on('error', () => {})
    expect(() => server.accept(socket)).toThrow(/does not listen/)
    socket.destroy()
  })
})

describe('the two requests of an HTTP tunnel', () => {
  it.each([false, true])('can reach two servers, with TLS: %s', async (hasTls) => {
    const owner = await startServer()
    const opened: boolean[] = []
    owner.on('connectionOpened', ({ isSecure }) => opened.push(isSecure))
    const requests: TunnelRequest[] = []
    const httpTunnel = (request: TunnelRequest): boolean => {
      requests.push(request)
      const { socket, cookie, ...connection } = request
      if (cookie === 'own') return false
      owner.accept(socket, connection)
      return true
    }
    const door = await startServer({
      httpTunnel,
      ...(hasTls && { tls: { port: 0, host: '127.0.0.1', ...testCertificate('first') } }),
    })
    const connectTo = hasTls ? HttpTestClient.connectTls : HttpTestClient.connect
    const ends = await openTunnel(door, 'foreign', '1.1', connectTo)
    await expectOk(rtspThrough(ends), 'OPTIONS', '*')
    expect(opened).toEqual([hasTls])
    expect(requests.map(({ isSecure, cookie }) => [isSecure, cookie])).toEqual([
      [hasTls, 'foreign'],
      [hasTls, 'foreign'],
    ])
    // Of the second server it has only the door.
    expect(door.connections.size).toBe(0)
    await expectOk(rtspThrough(await openTunnel(door, 'own', '1.1', connectTo)), 'OPTIONS', '*')
    expect([door.connections.size, owner.connections.size]).toEqual([1, 1])
  })

  it.each([false, true])(
    'can come back to their server, which counts each once, with TLS: %s',
    async (hasTls) => {
      const returned = new Set<unknown>()
      const httpTunnel = ({ socket, cookie, ...connection }: TunnelRequest): boolean => {
        if (returned.has(socket)) return false
        returned.add(socket)
        queueMicrotask(() => server.accept(socket, connection))
        return true
      }
      const server: RtspServer = await startServer({
        ...{ httpTunnel, maxConnectionsPerAddress: 2, trustedAddresses: [] },
        ...(hasTls && { tls: { port: 0, host: '127.0.0.1', ...testCertificate('first') } }),
      })
      const connectTo = hasTls ? HttpTestClient.connectTls : HttpTestClient.connect
      const ends = await openTunnel(server, 'returns', '1.1', connectTo)
      await expectOk(rtspThrough(ends), 'OPTIONS', '*')
      expect(returned.size).toBe(2)
    },
  )
})
