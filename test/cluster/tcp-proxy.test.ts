import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../packages/rtspool/test/support/until.js'
import { TcpProxy } from './support/tcp-proxy.js'

// The proxy that brings faults to the routes of a cluster: what it carries must be what a real route could carry.

/** A client that is connected through a proxy, and what has arrived behind it. */
async function proxied() {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtspool-proxy-'))
  const target = path.join(folder, 'socket')
  let arrived = ''
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => (arrived += bytes))
  })
  await once(server.listen(target), 'listening')
  const proxy = await TcpProxy.start(target)
  const client = connect(proxy.port, '127.0.0.1')
  client.on('error', () => {})
  onTestFinished(async () => {
    await proxy.stop()
    for (const each of [client, ...sockets]) each.destroy()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await once(client, 'connect')
  const send = async (text: string): Promise<void> => {
    const { bytesRead } = proxy
    client.write(text)
    await until(() => proxy.bytesRead > bytesRead)
  }
  return { proxy, send, arrived: () => arrived }
}

it('carries bytes in their order when a slow route becomes a fast one', async () => {
  const { proxy, send, arrived } = await proxied()
  proxy.delayMs = 100
  await send('a')
  proxy.pass()
  await send('b')
  await until(() => arrived().length === 2)
  expect(arrived()).toBe('ab')
})

it('brings what was sent during a hang afterwards, before what follows', async () => {
  const { proxy, send, arrived } = await proxied()
  proxy.delayMs = 50
  await send('a')
  proxy.hang()
  await send('b')
  proxy.delayMs = 0
  await send('c')
  expect(arrived()).toBe('')
  proxy.pass()
  await send('d')
  await until(() => arrived().length === 4)
  expect(arrived()).toBe('abcd')
})
