import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { SessionPool } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { resolveLiveOptions } from '../../src/live/live-options.js'
import { LiveViewer } from '../../src/live/live-viewer.js'

/** The socket of a browser that reads only when the test says so. */
class FakeSocket {
  readonly written: Buffer[] = []
  writableLength = 0

  write(frame: Buffer): void {
    this.written.push(frame)
    this.writableLength += frame.length
  }
}

class FakeWebSocket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  pings = 0
  pongs = 0
  closed: string | undefined

  ping(): void {
    this.pings++
  }

  pong(): void {
    this.pongs++
  }

  close(code: number, reason: string): void {
    this.closed = `${code} ${reason}`
  }

  terminate(): void {
    this.readyState = 3
    this.emit('close')
  }
}

function viewerWith(options = {}) {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock })
  const session = pool.create({ owner: { address: '127.0.0.1' } })
  const [webSocket, socket] = [new FakeWebSocket(), new FakeSocket()]
  const viewer = new LiveViewer(
    session,
    webSocket as unknown as WebSocket,
    socket as unknown as Socket,
    resolveLiveOptions({ clock, maxQueuedBytes: 100, ...options }),
  )
  session.manageMedia('/door', {}).setTransport(0, viewer)
  viewer.begin({ frames: [] }, [Buffer.alloc(10)])
  return { clock, session, webSocket, socket, viewer }
}

const frame = Buffer.alloc(40)

describe('a browser that reads slowly', () => {
  it('is left out up to a key frame, when half of its queue has left', () => {
    const { socket, session, viewer } = viewerWith()
    for (const isEntry of [false, false, false, true]) viewer.send(frame, isEntry)
    expect([socket.written.length, session.stats.packetsDropped]).toEqual([3, 2])
    socket.writableLength = 50
    viewer.send(frame, false)
    expect([socket.written.length, session.stats.packetsDropped]).toEqual([3, 3])
    viewer.send(frame, true)
    viewer.send(frame, false)
    expect([socket.written.length, session.stats.packetsOut]).toEqual([4, 4])
    expect(session.stats.bytesOut).toBe(130)
  })

  it('is sent a fragment larger than its queue where nothing waits', () => {
    const { socket, viewer } = viewerWith()
    socket.writableLength = 0
    viewer.send(Buffer.alloc(1000), false)
    expect(socket.written).toHaveLength(2)
  })

  it('leaves as a slow reader when it has read nothing for its time', () => {
    const { clock, socket, session, webSocket, viewer } = viewerWith({ slowReaderTimeout: 3 })
    for (let second = 0; second < 5; second++) {
      clock.advance(1000)
      socket.writableLength -= 1
      viewer.check()
    }
    expect(session.removalReason).toBeUndefined()
    for (let second = 0; second < 3; second++) {
      clock.advance(1000)
      viewer.check()
    }
    expect([session.removalReason, webSocket.closed]).toEqual(['slowReader', '4408 slowReader'])
    expect(webSocket.readyState).toBe(webSocket.OPEN)
    clock.advance(1000)
    expect(webSocket.readyState).not.toBe(webSocket.OPEN)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a client that sends pings', () => {
  it('is sent a pong only if it reads', () => {
    const { clock, socket, session, webSocket, viewer } = viewerWith({ slowReaderTimeout: 3 })
    socket.writableLength = 0
    webSocket.emit('ping', Buffer.from('a'))
    expect(webSocket.pongs).toBe(1)
    socket.writableLength = 10
    for (let second = 0; second < 4; second++) {
      webSocket.emit('ping', Buffer.from('b'))
      clock.advance(1000)
      viewer.check()
    }
    expect([webSocket.pongs, session.removalReason]).toEqual([1, 'slowReader'])
  })
})

describe('a browser that has gone', () => {
  it('is found out by a ping without response', () => {
    const { clock, socket, session, webSocket, viewer } = viewerWith({ pingSeconds: 5 })
    socket.writableLength = 0
    const wait = () => {
      clock.advance(5000)
      viewer.check()
    }
    wait()
    webSocket.emit('pong')
    wait()
    expect([webSocket.pings, session.removalReason]).toEqual([2, undefined])
    wait()
    expect([webSocket.pings, session.removalReason]).toEqual([2, 'connectionClosed'])
    expect(clock.pendingTimers).toBe(0)
  })
})
