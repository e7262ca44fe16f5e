import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { isShared, owned, readShared } from '../../../src/transport/system/read-memory.js'
import { closeAfterTest } from '../../support/open-things.js'
import { nextTurn, until } from '../../support/until.js'

/** Both ends of a TCP connection on the loopback, closed after the test. */
async function connection(): Promise<{ accepted: Socket; peer: Socket }> {
  const server = createServer({ highWaterMark: 1, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const peer = connect(port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  closeAfterTest({
    close: async () => {
      accepted.destroy()
      peer.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  return { accepted, peer }
}

/** Reads a socket as a connection does: `data` beside the shared memory. */
function read(socket: Socket, receive: (bytes: Buffer) => void): boolean {
  socket.on('data', receive)
  return readShared(socket, receive)
}

describe('readShared', () => {
  it('reads all sockets into the same memory, of which owned makes a copy', async () => {
    const [first, second] = [await connection(), await connection()]
    const views: Buffer[] = []
    const copies: Buffer[] = []
    for (const { accepted } of [first, second]) {
      const isRead = read(accepted, (bytes) => {
        views.push(bytes)
        copies.push(owned(bytes))
      })
      expect(isRead).toBe(true)
    }
    first.peer.write('first')
    await until(() => views.length === 1)
    expect(String(views[0])).toBe('first')
    second.peer.write('other')
    await until(() => views.length === 2)
    expect(views.map(String)).toEqual(['other', 'other'])
    expect(copies.map(String)).toEqual(['first', 'other'])
    expect(views.map(isShared)).toEqual([true, true])
    expect(copies.map(isShared)).toEqual([false, false])
  })

  it('keeps the order of bytes that a receiver puts back into the paused stream', async () => {
    const { accepted, peer } = await connection()
    const received: string[] = []
    read(accepted, (bytes) => {
      received.push(String(bytes))
      if (received.length > 1) return
      accepted.pause()
      accepted.unshift(Buffer.from('again'))
    })
    peer.write('first')
    await until(() => received.length === 1)
    peer.write('second')
    await nextTurn(5)
    expect(received).toEqual(['first'])
    accepted.resume()
    await until(() => received.length === 3)
    expect(received).toEqual(['first', 'again', 'second'])
  })

  it('tells the end of the stream, and stops with the socket', async () => {
    const { accepted, peer } = await connection()
    const received: string[] = []
    read(accepted, (bytes) => {
      received.push(String(bytes))
    })
    peer.end('last')
    await once(accepted, 'end')
    expect(received).toEqual(['last'])
    accepted.destroy()
    await once(accepted, 'close')
    expect(accepted.bytesRead).toBe(4)
  })

  it('leaves TLS, and sockets without a handle, to their streams', async () => {
    const { accepted } = await connection()
    expect(readShared(new TLSSocket(accepted), () => {})).toBe(false)
    expect(readShared(new Socket(), () => {})).toBe(false)
  })
})
