import { describe, expect, it } from 'vitest'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import type { InterleavedReader } from '../../../src/media/fan-out/reader.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'

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
