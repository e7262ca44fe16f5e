import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type NativeSockets, nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { until } from '../../support/until.js'

const limits = { maxBytes: 1_000_000, maxAgeMs: 2_000 }
const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** Takes so many bytes of each send, by descriptor. */
function kernelThatTakes(taken: ReadonlyMap<number, number>): NativeSockets {
  const native = nativeSockets()
  if (!native) throw new Error('expected koffi on Linux')
  return { ...native, send: (descriptor, _address, size) => taken.get(descriptor) ?? size }
}

/** Stands for an accepted connection with this descriptor. */
const socketWith = (fd: number): Socket => ({ _handle: { fd } }) as unknown as Socket

async function connections(count: number): Promise<{ near: Socket[]; far: Socket[] }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const near: Socket[] = []
  const far: Socket[] = []
  for (let index = 0; index < count; index++) {
    far.push(connect(port, '127.0.0.1'))
    const [socket] = (await once(server, 'connection')) as [Socket]
    near.push(socket)
  }
  opened.push(async () => {
    for (const socket of [...near, ...far]) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { near, far }
}

describe('DirectSends', () => {
  it('serves open slots, and lists those that did not get everything', () => {
    const taken = new Map([
      [12, 3],
      [13, -1],
    ])
    const sends = new DirectSends(kernelThatTakes(taken))
    const slots = [11, 12, 13, 14, 15].map((descriptor) => {
      const slot = sends.take()
      sends.open(slot, socketWith(descriptor))
      return slot
    })
    sends.shut(slots[3] ?? -1)
    const unserved = new Int32Array(8)
    const sentBytes = new Int32Array(8)
    const count = sends.sendAll(
      Int32Array.from([...slots, -1]),
      6,
      Buffer.from('bytes'),
      unserved,
      sentBytes,
    )
    expect([...unserved.subarray(0, count)]).toEqual([1, 2, 3, 5])
    expect([...sentBytes.subarray(0, count)]).toEqual([3, 0, 0, 0])
    expect(slots.map((slot) => sends.writtenOn(slot))).toEqual([5, 3, 0, 0, 5])
  })

  it('reuses a slot only without holders', () => {
    const sends = new DirectSends(kernelThatTakes(new Map()))
    const slot = sends.take()
    sends.hold(slot)
    sends.release(slot)
    expect(sends.take()).not.toBe(slot)
    expect(sends.size).toBe(2)
    sends.release(slot)
    expect(sends.take()).toBe(slot)
    expect(sends.isOpen(slot)).toBe(false)
  })

  it('keeps its entries when it grows', () => {
    const sends = new DirectSends(kernelThatTakes(new Map()))
    const slots = Array.from({ length: 300 }, (_, index) => {
      const slot = sends.take()
      sends.open(slot, socketWith(index + 10))
      return slot
    })
    expect(new Set(slots).size).toBe(300)
    expect(slots.every((slot) => sends.isOpen(slot))).toBe(true)
  })

  it('sends nothing to a connection that was destroyed in the same turn', async () => {
    const native = nativeSockets()
    if (!native) throw new Error('expected koffi on Linux')
    const sends = new DirectSends(native)
    const { near, far } = await connections(2)
    const writers = near.map((socket) => new StreamWriter(socket, sends, limits))
    const slots = Int32Array.from(writers.map(({ direct }) => direct?.slot ?? -1))
    const unserved = new Int32Array(2)
    near[0]?.destroy()
    // The system may have given the number of the descriptor to somebody else by now.
    const count = sends.sendAll(slots, 2, Buffer.from('media'), unserved, new Int32Array(2))
    expect([...unserved.subarray(0, count)]).toEqual([0])
    expect(writers.map((_, index) => sends.isOpen(slots[index] ?? -1))).toEqual([false, true])
    const [received] = (await once(far[1] as Socket, 'data')) as [Buffer]
    expect(String(received)).toBe('media')
    for (const writer of writers) writer.release()
    expect(sends.size).toBe(0)
  })

  it('is shut while something waits in Node, and open again when it has left', async () => {
    const native = nativeSockets()
    if (!native) throw new Error('expected koffi on Linux')
    const sends = new DirectSends(native)
    const { near, far } = await connections(1)
    const writer = new StreamWriter(near[0] as Socket, sends, { ...limits, maxBytes: 1e9 })
    const slot = writer.direct?.slot ?? -1
    const flood = Buffer.alloc(16 * 1024 * 1024)
    far[0]?.pause()
    writer.writeFrames(flood)
    expect(sends.isOpen(slot)).toBe(false)
    let taken = 0
    writer.writeMessage(Buffer.from('message'), () => taken++)
    expect(taken).toBe(0)
    far[0]?.resume()
    await until(() => sends.isOpen(slot))
    expect(taken).toBe(1)
    writer.release()
  })
})
