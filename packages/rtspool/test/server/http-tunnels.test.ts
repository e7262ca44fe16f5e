import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { parseHttpHead } from '../../src/http/request-head.js'
import type { ConnectionCarrier } from '../../src/server/connection-carrier.js'
import { HttpTunnels } from '../../src/server/http-tunnels.js'
import { FakeClock } from '../support/fake-clock.js'
import { getHead, postHead } from '../support/http-client.js'

/** As much of a socket as a tunnel looks at, without a descriptor. */
function fakeSocket(): Socket {
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
  return Object.assign(stream, { remoteAddress: '192.0.2.1', setNoDelay: () => {} }) as never
}

function start() {
  const clock = new FakeClock()
  const opened: ConnectionCarrier[] = []
  const tunnels = new HttpTunnels(clock, {
    opened: (carrier) => opened.push(carrier),
    taken: () => {},
  })
  const take = (head: string, cookie: string): Socket => {
    const socket = fakeSocket()
    tunnels.take(socket, cookie, { head: parseHttpHead(Buffer.from(head)), rest: Buffer.alloc(0) })
    return socket
  }
  return {
    clock,
    opened,
    get: (cookie: string) => take(getHead(cookie), cookie),
    post: (cookie: string) => take(postHead(cookie), cookie),
  }
}

describe('HttpTunnels', () => {
  it('B-TUN when 2000 GETs wait, the oldest gives way to one more', async () => {
    const { clock, opened, get, post } = start()
    const gets = Array.from({ length: 2000 }, (_, n) => get(`c${n}`))
    const paired = post('c0')
    expect(opened).toHaveLength(1)
    get('c2000')
    expect(gets.filter(({ destroyed }) => destroyed)).toEqual([])
    get('c2001')
    await new Promise(setImmediate)
    expect(gets.flatMap(({ destroyed }, n) => (destroyed ? [n] : []))).toEqual([1])
    clock.advance(10_000)
    await new Promise(setImmediate)
    // Only the one that has both its halves stays.
    expect(gets.flatMap(({ destroyed }, n) => (destroyed ? [] : [n]))).toEqual([0])
    expect(paired.destroyed).toBe(false)
    gets[0]?.destroy()
    await new Promise(setImmediate)
    expect([paired.destroyed, clock.pendingTimers]).toEqual([true, 0])
  })

  it('a tunnel can be opened again under its cookie when it has ended', async () => {
    const { opened, get, post } = start()
    for (let round = 1; round <= 2; round++) {
      const socket = get('mine')
      post('mine')
      expect(opened).toHaveLength(round)
      socket.destroy()
      await new Promise(setImmediate)
    }
  })

  it('B-TUN a POST that comes when its tunnel has been ended by the client is refused and closed', async () => {
    const { clock, opened, get, post } = start()
    const tunnel = get('mine')
    const first = post('mine')
    // The connection has answers to send still, and reads on or not.
    opened[0]?.input.pause()
    tunnel.push(null)
    await new Promise(setImmediate)
    expect(first.destroyed).toBe(true)
    for (const isRead of [false, true]) {
      if (isRead) opened[0]?.input.resume()
      await new Promise(setImmediate)
      const late = post('mine')
      expect(late.writableEnded).toBe(true)
      clock.advance(1_000)
      expect(late.destroyed).toBe(true)
    }
    expect([tunnel.destroyed, clock.pendingTimers]).toEqual([false, 0])
  })

  it('reads no further than the connection does', async () => {
    const { opened, get, post } = start()
    get('mine')
    const socket = post('mine')
    const input = opened[0]?.input
    const piece = Buffer.from(Buffer.alloc(30_000, 'a').toString('base64'))
    for (let sent = 0; sent < 4; sent++) socket.emit('data', piece)
    expect(socket.isPaused()).toBe(true)
    input?.resume()
    await new Promise(setImmediate)
    expect(socket.isPaused()).toBe(false)
  })
})
