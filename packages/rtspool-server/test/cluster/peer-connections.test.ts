import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { PeerConnections } from '../../src/cluster/peer-connections.js'

const limits = { deadlineMs: 1000, lingerMs: 500, maxConnections: 2, maxWaiting: 2 }
const request = { bytes: Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'), cSeq: 1 }
const ok = 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'

/** A server that responds when the test says so, and connections to it with a fake clock. */
async function scene() {
  const sockets: Socket[] = []
  let requests = 0
  const door = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', () => void requests++)
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await until(() => door.listening)
  const clock = new ManualClock()
  const peers = new PeerConnections({ ...limits, clock })
  onTestFinished(async () => {
    peers.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => door.close(resolve))
    expect([peers.size, clock.pendingTimers]).toEqual([0, 0])
  })
  const url = `rtsp://127.0.0.1:${(door.address() as AddressInfo).port}`
  const ask = (signal?: AbortSignal) =>
    peers.send(url, request, signal).then(
      ({ statusCode }) => statusCode,
      (error: Error) => error.message,
    )
  const arrived = (count: number) => until(() => requests === count)
  return { sockets, clock, peers, ask, arrived, door, requests: () => requests }
}

describe('PeerConnections', () => {
  it('uses a connection again, and closes it when nobody needs it', async () => {
    const { sockets, clock, peers, ask, arrived } = await scene()
    for (const count of [1, 2, 3]) {
      const asked = ask()
      await arrived(count)
      // 100 announces another response.
      sockets[0]?.write(`RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n${ok}`)
      expect(await asked).toBe(200)
      clock.advance(499)
    }
    expect([sockets.length, peers.size]).toEqual([1, 1])
    clock.advance(1)
    expect(peers.size).toBe(0)
    await until(() => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true)
  })

  it('opens at most two connections, and lets at most two requests wait', async () => {
    const { sockets, peers, ask, arrived } = await scene()
    const asked = [ask(), ask(), ask(), ask()]
    expect(await ask()).toBe('2 requests wait for the server already')
    await arrived(2)
    for (const socket of sockets) socket.write(ok)
    await arrived(4)
    for (const socket of sockets) socket.write(ok)
    expect(await Promise.all(asked)).toEqual([200, 200, 200, 200])
    expect([sockets.length, peers.size]).toEqual([2, 2])
  })

  it('gives up a silent connection alone, and those who wait go on', async () => {
    const { sockets, clock, peers, ask, arrived } = await scene()
    const first = ask()
    clock.advance(600)
    const others = [ask(), ask()]
    await arrived(2)
    clock.advance(400)
    expect(await first).toBe('no response within 1000 ms')
    await arrived(3)
    for (const socket of sockets) socket.write(ok)
    expect(await Promise.all(others)).toEqual([200, 200])
    expect([sockets.length, peers.size]).toEqual([3, 2])
  })

  it('ends a request that has only waited', async () => {
    const { clock, ask, arrived } = await scene()
    const asked = [ask(), ask(), ask()]
    await arrived(2)
    clock.advance(1000)
    const late = 'no response within 1000 ms'
    expect(await Promise.all(asked)).toEqual([late, late, late])
  })

  it.each([
    { name: 'its end', bytes: '', why: 'the server has closed the connection' },
    { name: 'no RTSP', bytes: 'HTTP/1.1 200 OK\r\n\r\n', why: expect.stringContaining('RTSP') },
    {
      name: 'a response to another request',
      bytes: 'RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n',
      why: 'expected a response with CSeq 1, got 2',
    },
    {
      name: 'a response without CSeq',
      bytes: 'RTSP/1.0 200 OK\r\n\r\n',
      why: 'expected a response with CSeq 1, got none',
    },
    { name: 'media', bytes: '$\0\0\x01x', why: 'the server has sent media' },
  ])('fails after $name', async ({ bytes, why }) => {
    const { sockets, peers, ask, arrived } = await scene()
    const asked = ask()
    await arrived(1)
    sockets[0]?.end(bytes)
    expect(await asked).toEqual(why)
    expect(peers.size).toBe(0)
  })

  it('closes a connection on which a response comes without a request', async () => {
    const { sockets, peers, ask, arrived } = await scene()
    const asked = ask()
    await arrived(1)
    sockets[0]?.write(ok + ok)
    expect(await asked).toBe(200)
    await until(() => peers.size === 0)
  })

  it('does not send a request whose client has gone while it waited', async () => {
    const { sockets, peers, ask, arrived, requests, clock } = await scene()
    const client = new AbortController()
    const others = [ask(), ask()]
    const asked = ask(client.signal)
    const last = ask()
    await arrived(2)
    client.abort()
    expect(await asked).toBe('the client has closed its connection')
    expect(clock.pendingTimers).toBe(3)
    for (const socket of sockets) socket.write(ok)
    expect(await Promise.all(others)).toEqual([200, 200])
    await arrived(3)
    for (const socket of sockets) socket.write(ok)
    expect(await last).toBe(200)
    expect(await ask(client.signal)).toBe('the client has closed its connection')
    expect([requests() > 3, peers.size > 0]).toEqual([false, true])
  })

  it('discards the response for a client that has gone, and uses the connection again', async () => {
    const { sockets, ask, arrived } = await scene()
    const client = new AbortController()
    const asked = ask(client.signal)
    await arrived(1)
    client.abort()
    expect(await asked).toBe('the client has closed its connection')
    const others = [ask(), ask()]
    await arrived(2)
    sockets[0]?.write(ok)
    await arrived(3)
    for (const socket of sockets) socket.write(ok)
    expect([await Promise.all(others), sockets.length]).toEqual([[200, 200], 2])
  })

  it('fails when the server refuses connections, and after its own end', async () => {
    const { peers, ask, door } = await scene()
    await new Promise((resolve) => door.close(resolve))
    expect(await ask()).toContain('ECONNREFUSED')
    const asked = ask()
    peers.close()
    expect([await asked, await ask()]).toEqual(['the server is closing', 'the server is closing'])
  })
})
