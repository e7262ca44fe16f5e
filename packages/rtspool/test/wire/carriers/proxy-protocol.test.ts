import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RtspServer, RtspServerOptions } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { mountCamera } from '../../support/dialogue.js'
import { getHead, HttpTestClient, postHead, rtspThrough } from '../../support/http-client.js'
import { closeAfterTest } from '../../support/open-things.js'
import { proxyBlock, proxyLine, v4Ends, v6Ends } from '../../support/proxy-headers.js'
import { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  play,
  startServer,
  testCertificate,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

/** Address of the proxy: each client of these tests comes from there. */
const proxy = '127.0.0.2'
const trustedProxies = [proxy]
const tls = { port: 0, ...testCertificate('first') }
const options = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'

const told: unknown[] = []
const tell = (message: unknown): void => void told.push(message)
beforeEach(() => subscribe('rtspool:proxy-header-refused', tell))
afterEach(() => {
  unsubscribe('rtspool:proxy-header-refused', tell)
  told.length = 0
})

const start = (more: RtspServerOptions = {}) => startServer({ trustedProxies, ...more })
const fromProxy = (server: RtspServer) => connectTo(server, proxy)
/** A reset counts as an end: the server need not have read everything. */
const gone = (client: RtspTestClient) => until(() => client.socket.closed)
const remotesOf = (server: RtspServer) =>
  [...server.connections].map(({ remoteAddress }) => remoteAddress)

describe('a trusted proxy', { tags: 'B-PROXY' }, () => {
  it.each([
    ['version 1', proxyLine(v4Ends), v4Ends],
    ['version 1, IPv6', proxyLine(v6Ends), v6Ends],
    ['version 2', proxyBlock({ ends: v4Ends }), v4Ends],
    ['version 2, IPv6', proxyBlock({ ends: v6Ends }), v6Ends],
  ])('names its client, in front of the first request: %s', async (_, header, ends) => {
    const server = await start()
    mountCamera(server)
    const client = await fromProxy(server)
    client.send(header)
    const { session } = await play(client, urlOf(server, '/cam'))
    expect([...server.connections]).toMatchObject([ends])
    expect(server.pool.get(session)?.owner?.address).toBe(ends.remoteAddress)
  })

  it('may send its header in pieces, and with the first request in one', async () => {
    const server = await start()
    const all = Buffer.concat([proxyBlock({ ends: v4Ends }), Buffer.from(options)])
    for (const at of [1, 12, 16, 27, 28, 29, all.length]) {
      const client = await fromProxy(server)
      client.send(all.subarray(0, at))
      await until(() => server.stats().connections > 0)
      client.send(all.subarray(at))
      expect((await client.response()).statusCode).toBe(200)
      expect(remotesOf(server)).toEqual([v4Ends.remoteAddress])
      await client.close()
      await until(() => server.stats().connections === 0)
    }
  })

  it('speaks for itself without a client: for a health check', async () => {
    const server = await start()
    for (const header of [proxyBlock({ command: 0x20, family: 0 }), 'PROXY UNKNOWN\r\n']) {
      const client = await fromProxy(server)
      client.send(header)
      await expectOk(client, 'OPTIONS', '*')
      expect(remotesOf(server)).toEqual([proxy])
      await client.close()
      await until(() => server.connections.size === 0)
    }
  })

  it.each([false, true])('sends the header in front of TLS (same packet: %s)', async (isOne) => {
    const server = await start({ tls })
    const { address, port } = server.tlsAddress()
    const socket = connect({ port, host: address, localAddress: proxy })
    socket.setNoDelay()
    if (isOne) socket.cork()
    socket.write(proxyLine(v4Ends))
    // The connection counts until its header has been read, and as an unfinished handshake from then on.
    if (!isOne) await until(() => (server.stats().tls?.pendingHandshakes ?? 0) > 0)
    const client = RtspTestClient.over(connectTls({ socket, rejectUnauthorized: false }))
    closeAfterTest(client)
    if (isOne) {
      await nextTurn()
      socket.uncork()
    }
    await expectOk(client, 'OPTIONS', '*')
    expect([...server.connections]).toMatchObject([{ ...v4Ends, isSecure: true }])
    expect(server.stats().tls?.pendingHandshakes).toBe(0)
  })

  it('carries tunnels, whose halves belong to the client that it names', async () => {
    const server = await start()
    const half = async (head: string, ends = v4Ends) => {
      const http = await HttpTestClient.connect(server, proxy)
      http.send(Buffer.concat([proxyBlock({ ends }), Buffer.from(head)]))
      return http
    }
    const get = await half(getHead('c'))
    expect(await get.status()).toBe(200)
    const other = await half(postHead('c'), { ...v4Ends, remoteAddress: '192.0.2.8' })
    expect(await other.status()).toBe(404)
    const post = await half(postHead('c'))
    await expectOk(rtspThrough({ get, post }), 'OPTIONS', '*')
    expect([...server.connections]).toMatchObject([{ ...v4Ends, tunnel: 'http' }])
  })

  it('has no share of its own: its clients have', { tags: 'B-FD' }, async () => {
    const limits = { maxConnections: 20, maxConnectionsPerAddress: 2, trustedAddresses: [] }
    const server = await start(limits)
    const enter = async (remoteAddress: string) => {
      const client = await fromProxy(server)
      client.send(proxyLine({ ...v4Ends, remoteAddress }))
      return client
    }
    for (const host of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.2']) {
      await expectOk(await enter(host), 'OPTIONS', '*')
    }
    await gone(await enter('192.0.2.1'))
    await expectOk(await enter('192.0.2.3'), 'OPTIONS', '*')
    expect(server.stats()).toMatchObject({ connections: 5, refusedConnections: 1 })
  })

  it('has no ban: a banned client has one', async () => {
    const server = await start()
    server.pool.bans.add({ address: v4Ends.remoteAddress })
    const banned = await fromProxy(server)
    banned.send(proxyLine(v4Ends))
    await gone(banned)
    const other = await fromProxy(server)
    other.send(proxyLine(v6Ends))
    await expectOk(other, 'OPTIONS', '*')
    expect(remotesOf(server)).toEqual([v6Ends.remoteAddress])
  })

  it('takes places of maxConnections before it has named its clients', async () => {
    const server = await start({ maxConnections: 2, maxConnectionsPerAddress: 0 })
    const waiting = [await fromProxy(server), await fromProxy(server)]
    await until(() => server.stats().connections === 2)
    await gone(await fromProxy(server))
    for (const client of waiting) {
      client.send(proxyLine(v4Ends))
      await expectOk(client, 'OPTIONS', '*')
    }
    expect(server.stats()).toMatchObject({ connections: 2, refusedConnections: 1 })
  })

  it('has 10 s for its header', async () => {
    const clock = new ManualClock()
    const server = await start({ clock })
    const client = await fromProxy(server)
    client.send(proxyLine(v4Ends).subarray(0, 20))
    await until(() => server.stats().connections === 1)
    clock.advance(9_999)
    await nextTurn()
    expect(server.stats().connections).toBe(1)
    clock.advance(1)
    await gone(client)
    expect(server.stats().connections).toBe(0)
  })

  it.each([
    ['no header', options],
    ['a wrong header', 'PROXY TCP4 nobody 198.51.100.1 1 1\r\n'],
    ['a header that is too large', proxyBlock({ more: Buffer.alloc(5000) })],
  ])('is refused without a response: %s', async (_, wire) => {
    const server = await start()
    const clients = [await fromProxy(server), await fromProxy(server)]
    for (const client of clients) {
      client.send(wire)
      await gone(client)
      expect(client.socket.bytesRead).toBe(0)
    }
    const error = expect.objectContaining({ code: 'ERR_PROXY_HEADER' })
    expect(told).toEqual([{ address: proxy, error, count: 1 }])
    expect(server.stats().connections).toBe(0)
  })

  it('may be changed while the server runs, for connections from then on', async () => {
    const server = await startServer()
    const before = await fromProxy(server)
    await expectOk(before, 'OPTIONS', '*')
    server.update({ trustedProxies: ['127.0.0.0/8'] })
    const after = await fromProxy(server)
    after.send(proxyLine(v4Ends))
    await expectOk(after, 'OPTIONS', '*')
    await expectOk(before, 'OPTIONS', '*')
    expect(remotesOf(server)).toEqual([proxy, v4Ends.remoteAddress])
  })

  it('ends with the server before its header is complete', async () => {
    const server = await start()
    const client = await fromProxy(server)
    await until(() => server.stats().connections === 1)
    await server.close()
    await gone(client)
  })
})

describe('a client that is no trusted proxy', { tags: 'B-PROXY' }, () => {
  it.each([
    ['version 1', proxyLine(v4Ends)],
    ['version 2', proxyBlock({ ends: v4Ends })],
  ])('cannot name another address: %s', async (_, header) => {
    for (const server of [await start(), await startServer()]) {
      const client = await connectTo(server, '127.0.0.3')
      client.send(Buffer.concat([header, Buffer.from(options)]))
      expect((await client.response()).statusCode).toBe(400)
      await gone(client)
    }
    expect(told).toEqual([])
  })

  it('needs no header', async () => {
    const server = await start()
    await expectOk(await connectTo(server, '127.0.0.3'), 'OPTIONS', '*')
    expect(remotesOf(server)).toEqual(['127.0.0.3'])
  })
})

it('trustedProxies names what it cannot use', async () => {
  await expect(startServer({ trustedProxies: ['10.0.0.0/33'] })).rejects.toThrow(
    "trustedProxies[0] must be an address or a network such as '10.0.0.0/8', got '10.0.0.0/33'",
  )
})
