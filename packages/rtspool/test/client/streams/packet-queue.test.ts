import { describe, expect, it } from 'vitest'
import type { ClientTrack } from '../../../src/client/streams/client-track.js'
import { PacketQueue } from '../../../src/client/streams/packet-queue.js'

const owner = { begin: async () => undefined, onRoom: () => undefined, onClosed: () => undefined }
const numbered = (number: number) => {
  const packet = Buffer.alloc(4)
  packet.writeUInt32BE(number)
  return { track: {} as ClientTrack, packet, arrivedAt: 0, replay: undefined }
}

describe('a queue of packets', () => {
  it('answers several calls of next at once, in order', async () => {
    const queue = new PacketQueue(owner, 1000)
    const calls = [queue.next(), queue.next(), queue.next()]
    await Promise.resolve()
    queue.push(numbered(1), true)
    queue.push(numbered(2), true)
    queue.end()
    const results = await Promise.all(calls)
    expect(results.map(({ value }) => value?.packet[3])).toEqual([1, 2, undefined])
    expect(results.map(({ done }) => done)).toEqual([false, false, true])
  })

  it('ends every waiting call when the reader leaves', async () => {
    const queue = new PacketQueue(owner, 1000)
    const calls = [queue.next(), queue.next()]
    await queue.return()
    expect((await Promise.all(calls)).every(({ done }) => done)).toBe(true)
  })

  it('throws an error once, whoever waits', async () => {
    const queue = new PacketQueue(owner, 1000)
    const calls = [queue.next(), queue.next()]
    await Promise.resolve()
    queue.end(new Error('lost'))
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('keeps the order of a long queue', async () => {
    const queue = new PacketQueue(owner, 2 ** 40)
    const count = 5000
    for (let number = 0; number < count; number++) queue.push(numbered(number), true)
    for (let number = 0; number < count; number++) {
      const { value } = await queue.next()
      if (value?.packet.readUInt32BE() !== number) throw new Error(`lost ${number}`)
    }
    queue.push(numbered(7), true)
    expect((await queue.next()).value?.packet[3]).toBe(7)
  })
})
