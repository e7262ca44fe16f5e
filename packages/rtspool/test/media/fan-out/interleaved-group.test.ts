import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import type { InterleavedReader } from '../../../src/media/fan-out/reader.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import type { NativeSockets } from '../../../src/transport/system/native-sockets.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'

afterEach(() => {
  vi.restoreAllMocks()
})

function setUp() {
  const written: number[] = []
  const frames: Buffer[] = []
  const granted: [number, number][] = []
  const carrier = {
    channels: new ChannelTable(),
    isCongested: false,
    grant: (channel: number, sizeBytes: number) => void granted.push([channel, sizeBytes]),
    writeFrames: (bytes: Buffer) => {
      written.push(bytes.length)
      frames.push(bytes)
    },
  }
  const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
  const reader: InterleavedReader = { kind: 'interleaved', carrier, channels: [4, 5], counters }
  return {
    group: new InterleavedGroup(4, new ManualClock()),
    reader,
    carrier,
    counters,
    written,
    frames,
    granted,
  }
}

/** Connections to which a kernel writes that accepts everything. `sent` receives the memory of each call. */
function directReaders() {
  const sent: Buffer[] = []
  const native: Partial<NativeSockets> = {
    addressOf: (bytes) => {
      sent.push(bytes)
      return 0n
    },
    send: (_descriptor, _address, sizeBytes) => sizeBytes,
  }
  const sends = new DirectSends(native as NativeSockets)
  const add = (group: InterleavedGroup) => {
    const { reader, carrier, written } = setUp()
    const slot = sends.take()
    const open = () => sends.open(slot, { _handle: { fd: 10 + slot } } as unknown as Socket)
    open()
    group.add({ ...reader, carrier: Object.assign(carrier, { direct: { sends, slot } }) }, [])
    const congest = (isCongested: boolean): void => {
      carrier.isCongested = isCongested
      if (isCongested) sends.shut(slot)
      else open()
    }
    return { congest, written }
  }
  return { sent, add }
}

function batchOf(isEntry: boolean): PacketBatch {
  const batch = new PacketBatch()
  if (isEntry) batch.noteEntry([])
  batch.push(Buffer.alloc(100), 0)
  return batch
}

const first = [Buffer.alloc(500), Buffer.alloc(300)]

describe('InterleavedGroup', () => {
  it('tells once when a reader falls behind, and once when it goes on or is removed', () => {
    const { group, reader: plain, carrier } = setUp()
    const told: string[] = []
    const lag = { fellBehind: () => told.push('behind'), caughtUp: () => told.push('on') }
    const reader = { ...plain, lag }
    group.add(reader, [])
    group.send(batchOf(false))
    expect(told).toEqual([])
    carrier.isCongested = true
    for (let n = 0; n < 5; n++) group.send(batchOf(true))
    expect(told).toEqual(['behind'])
    carrier.isCongested = false
    group.send(batchOf(false))
    expect(told).toEqual(['behind'])
    group.send(batchOf(true))
    group.send(batchOf(true))
    expect(told).toEqual(['behind', 'on'])
    carrier.isCongested = true
    group.send(batchOf(true))
    group.remove(reader)
    expect(told).toEqual(['behind', 'on', 'behind', 'on'])
    group.add(reader, first)
    group.remove(reader)
    expect(told).toEqual(['behind', 'on', 'behind', 'on', 'behind', 'on'])
  })

  it('grants a new reader its first packets, on its channel', () => {
    const { group, reader, counters, written, granted } = setUp()
    group.add(reader, first)
    expect([granted, written]).toEqual([[[4, 808]], [808]])
    expect(counters).toEqual({ packetsOut: 2, bytesOut: 800, packetsDropped: 0 })
  })

  it('frames the same first packets once, and again when they have changed', () => {
    const { group, reader, frames } = setUp()
    const packets = [Buffer.from('a'), Buffer.from('b')]
    const begin = (): Buffer | undefined => {
      group.add({ ...reader }, packets)
      return frames.at(-1)
    }
    const framed = begin()
    expect(framed).toEqual(Buffer.from('$\x04\0\x01a$\x04\0\x01b'))
    expect(begin()).toBe(framed)
    packets.push(Buffer.from('c'))
    const longer = begin()
    expect(longer).toEqual(Buffer.from('$\x04\0\x01a$\x04\0\x01b$\x04\0\x01c'))
    packets[1] = Buffer.from('d')
    expect(begin()).toEqual(Buffer.from('$\x04\0\x01a$\x04\0\x01d$\x04\0\x01c'))
    packets.splice(0, 3, ...packets.slice(0, 2))
    expect(begin()).toEqual(Buffer.from('$\x04\0\x01a$\x04\0\x01d'))
  })

  it('frames a batch once for native sends and for a reader without them', () => {
    const { group, reader, frames } = setUp()
    const direct = directReaders()
    direct.add(group)
    group.add(reader, [])
    group.send(batchOf(false))
    group.send(batchOf(false))
    expect(direct.sent.map((bytes) => bytes.length)).toEqual([104, 104])
    expect(frames[0]).toBe(direct.sent[0])
    expect(frames[1]).toBe(direct.sent[1])
    expect(frames[1]?.buffer).not.toBe(frames[0]?.buffer)
    group.remove(reader)
    group.send(batchOf(false))
    group.send(batchOf(false))
    // Nobody keeps the frames, so that one memory is enough.
    expect(direct.sent[3]?.buffer).toBe(direct.sent[2]?.buffer)
  })

  it('frames nothing for readers that skip packets', () => {
    const { group, reader, carrier, written } = setUp()
    const direct = directReaders()
    const readers = [direct.add(group), direct.add(group)]
    group.send(batchOf(false))
    const memory = vi.spyOn(Buffer, 'allocUnsafeSlow')
    readers[0]?.congest(true)
    for (let count = 0; count < 3; count++) group.send(batchOf(true))
    expect([direct.sent.length, memory.mock.calls]).toEqual([4, []])
    group.add(reader, [])
    carrier.isCongested = true
    readers[1]?.congest(true)
    // The first batch finds that the connection is congested.
    group.send(batchOf(true))
    memory.mockClear()
    for (let count = 0; count < 3; count++) group.send(batchOf(true))
    expect([direct.sent.length, memory.mock.calls]).toEqual([5, []])
    for (const one of readers) one.congest(false)
    carrier.isCongested = false
    group.send(batchOf(true))
    expect(memory.mock.calls).toEqual([[104]])
    expect([written, ...readers.map((one) => one.written)]).toEqual([[104], [104], [104]])
    group.send(batchOf(true))
    expect([written, direct.sent.length]).toEqual([[104, 104], 6])
  })

  it('a reader that is too slow begins with the next point to go on at', { tags: 'B-BACK' }, () => {
    const { group, reader, carrier, counters, written, granted } = setUp()
    carrier.isCongested = true
    // As often as it plays and pauses without reading.
    for (let round = 0; round < 10; round++) {
      group.remove(reader)
      group.add(reader, first)
    }
    group.send(batchOf(true))
    expect([granted, written]).toEqual([[], []])
    carrier.isCongested = false
    group.send(batchOf(false))
    group.send(batchOf(true))
    group.send(batchOf(false))
    expect(written).toEqual([104, 104])
    group.settle(reader)
    expect(counters).toEqual({ packetsOut: 2, bytesOut: 200, packetsDropped: 22 })
  })
})
