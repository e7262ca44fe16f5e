import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../rtp/random-bytes.js'
import { nextTurn } from '../../support/until.js'
import { startTunnels } from './fake-tunnels.js'

/** Reads what waits in a stream, which Node 26 returns one piece a call. */
function readAll(input: Readable | undefined): string {
  let text = ''
  for (let piece = input?.read(); piece; piece = input?.read()) text += String(piece)
  return text
}

describe('TunnelPairs', () => {
  it('a tunnel can be opened again under its cookie when it has ended', async () => {
    const { opened, get, post } = startTunnels()
    for (let round = 1; round <= 2; round++) {
      const socket = get('mine')
      post('mine')
      expect(opened).toHaveLength(round)
      socket.destroy()
      await nextTurn()
    }
  })

  it('refuses and closes a POST after the client has ended the tunnel', {
    tags: 'B-TUN',
  }, async () => {
    const { clock, opened, get, post } = startTunnels()
    const tunnel = get('mine')
    const first = post('mine')
    // The connection has answers to send still, and reads on or not.
    opened[0]?.input.pause()
    tunnel.push(null)
    await nextTurn()
    expect(first.destroyed).toBe(true)
    for (const isRead of [false, true]) {
      if (isRead) opened[0]?.input.resume()
      await nextTurn()
      const late = post('mine')
      expect(late.writableEnded).toBe(true)
      clock.advance(1_000)
      expect(late.destroyed).toBe(true)
    }
    expect([tunnel.destroyed, clock.pendingTimers]).toEqual([false, 0])
  })

  describe('a POST', { tags: ['R-6', 'A-HTP-4'] }, () => {
    const body = Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n').toString('base64')

    it.each(['1.0', '1.1'])(
      'of HTTP/%s that waits is answered, once, and read on',
      async (version) => {
        const { clock, get, post, opened } = startTunnels()
        get('mine')
        const socket = post('mine', '', version)
        clock.advance(400)
        expect(socket.written).toEqual([])
        clock.advance(600)
        expect(socket.written).toHaveLength(1)
        expect(socket.written[0]).toMatch(
          new RegExp(
            `^HTTP/${version} 200 OK\r\n(?:.*\r\n)*Content-Type: application/x-rtsp-tunnelled\r\n`,
          ),
        )
        socket.push(body)
        await nextTurn()
        expect(String(opened[0]?.input.read())).toMatch(/^OPTIONS/)
        clock.advance(60_000)
        expect([socket.written.length, clock.pendingTimers]).toEqual([1, 0])
      },
    )

    it.each([
      ['comes with its head', 0],
      ['comes in the same turn', 1],
      ['comes a byte at a time', 2],
    ])('whose body %s is not', async (_how, way) => {
      const { clock, get, post } = startTunnels()
      get('mine')
      const socket = post('mine', way === 0 ? body : '')
      if (way === 1) socket.push(body)
      if (way === 2) {
        for (const byte of body) {
          socket.push(byte)
          await nextTurn()
          clock.advance(100)
        }
      }
      await nextTurn()
      clock.advance(60_000)
      expect(socket.written).toEqual([])
    })

    it('is answered if it is silent for half a second, whatever comes later and in which pieces', {
      tags: 'generator',
    }, async () => {
      for (let seed = 1; seed <= 60; seed++) {
        const random = seededRandom(seed)
        const { clock, get, post, opened } = startTunnels()
        get('mine')
        const socket = post('mine', '', random() < 0.5 ? '1.0' : '1.1')
        const silenceMs = random() < 0.5 ? Math.floor(random() * 499) : 501 + random() * 9000
        clock.advance(Math.floor(silenceMs))
        for (let at = 0; at < body.length; ) {
          const size = 1 + Math.floor(random() * 20)
          socket.push(body.slice(at, at + size))
          at += size
          await nextTurn()
          clock.advance(Math.floor(random() * 2000))
        }
        expect(socket.written.length, `seed ${seed}`).toBe(silenceMs < 500 ? 0 : 1)
        expect(readAll(opened[0]?.input)).toBe(Buffer.from(body, 'base64').toString())
      }
    })

    it('that is opened again, and waits, is answered too', async () => {
      const { clock, get, post } = startTunnels()
      get('mine')
      const first = post('mine', body)
      first.destroy()
      await nextTurn()
      const second = post('mine')
      clock.advance(1_000)
      expect([first.written.length, second.written.length]).toEqual([0, 1])
    })

    it('that is gone by then is not, and leaves no timer behind', async () => {
      const { clock, get, post } = startTunnels()
      const tunnel = get('mine')
      const [socket] = [post('mine')]
      tunnel.destroy()
      await nextTurn()
      expect(clock.pendingTimers).toBe(0)
      clock.advance(1_000)
      expect(socket.written).toEqual([])
    })
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
    await nextTurn()
    expect(socket.isPaused()).toBe(false)
  })
})
