import { describe, expect, it } from 'vitest'
import { startTunnels } from './fake-tunnels.js'

describe('HttpTunnels', () => {
  it('a tunnel can be opened again under its cookie when it has ended', async () => {
    const { opened, get, post } = startTunnels()
    for (let round = 1; round <= 2; round++) {
      const socket = get('mine')
      post('mine')
      expect(opened).toHaveLength(round)
      socket.destroy()
      await new Promise(setImmediate)
    }
  })

  it('B-TUN a POST that comes when its tunnel has been ended by the client is refused and closed', async () => {
    const { clock, opened, get, post } = startTunnels()
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
    const { opened, get, post } = startTunnels()
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
