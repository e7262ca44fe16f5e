import { describe, expect, it } from 'vitest'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { ReadQueue } from '../../../src/media/streams/read-queue.js'
import { duringRead } from '../../../src/transport/system/read-memory.js'

/** A batch of packets, named by their first byte; an entry point at `entry`. */
function batchOf(names: readonly number[], entry = -1, leads: readonly Buffer[] = []): PacketBatch {
  const batch = new PacketBatch()
  names.forEach((name, index) => {
    if (index === entry) batch.noteEntry(leads)
    batch.push(Buffer.alloc(100, name), 0)
  })
  return batch
}

function drain(queue: ReadQueue): (readonly [track: number, name: number, missed: number])[] {
  const shown: (readonly [number, number, number])[] = []
  for (let each = queue.shift(); each; each = queue.shift()) {
    shown.push([each.track, each.packet[0] ?? -1, each.missed])
  }
  return shown
}

describe('ReadQueue', () => {
  it('waits for an entry point of the leading track, and counts nothing before it', () => {
    const queue = new ReadQueue(0, 0, true)
    queue.take(1, batchOf([9], 0))
    queue.take(0, batchOf([1]))
    queue.take(0, batchOf([2, 3, 4], 1))
    queue.take(1, batchOf([8]))
    expect(drain(queue)).toEqual([
      [0, 3, 0],
      [0, 4, 0],
      [1, 8, 0],
    ])
  })

  it('begins an entry point with the leads that came in earlier batches', () => {
    const queue = new ReadQueue(0, 0, true)
    queue.take(0, batchOf([2], 0, [Buffer.alloc(1, 7)]))
    expect(drain(queue)).toEqual([
      [0, 7, 0],
      [0, 2, 0],
    ])
  })

  it('leaves packets of all tracks out while it is full, and tells each track how many', () => {
    const queue = new ReadQueue(1000, 0, false)
    for (const name of [1, 2, 3, 4]) queue.take(0, batchOf([name]))
    queue.take(0, batchOf([5, 6]))
    queue.take(1, batchOf([9]))
    queue.take(0, batchOf([7], 0))
    expect(drain(queue).map(([, name]) => name)).toEqual([1, 2, 3, 4])
    queue.take(1, batchOf([9]))
    queue.take(0, batchOf([8]))
    queue.take(0, batchOf([10, 11], 1))
    queue.take(1, batchOf([12]))
    queue.take(0, batchOf([13]))
    expect(drain(queue)).toEqual([
      [0, 11, 5],
      [1, 12, 2],
      [0, 13, 0],
    ])
  })

  it('goes on only when half of the room is free', () => {
    const queue = new ReadQueue(1000, 0, false)
    for (const name of [1, 2, 3, 4, 5]) queue.take(0, batchOf([name]))
    queue.shift()
    queue.take(0, batchOf([6], 0))
    queue.shift()
    queue.shift()
    queue.take(0, batchOf([7], 0))
    expect(drain(queue)).toEqual([
      [0, 4, 0],
      [0, 7, 2],
    ])
  })

  it('copies the packets of a read only where it takes them', () => {
    const queue = new ReadQueue(250, 0, false)
    const arrive = (take: (batch: PacketBatch) => void): Buffer[] => {
      const bytes = Buffer.alloc(300, 7)
      const batch = new PacketBatch()
      for (const at of [0, 150]) batch.push(bytes.subarray(at, at + 150), 0)
      duringRead(() => take(batch), bytes)
      bytes.fill(0)
      return batch.packets
    }
    const taken = arrive((batch) => queue.take(0, batch))
    const leftOut = arrive((batch) => queue.take(0, batch))
    const readBefore = arrive((batch) => queue.takeRest(0, batch, 2))
    expect([taken, leftOut, readBefore].map((packets) => packets.map(([byte]) => byte))).toEqual([
      ...[
        [7, 7],
        [0, 0],
        [0, 0],
      ],
    ])
    expect(drain(queue).map(([, name]) => name)).toEqual([7, 7])
  })

  it('takes one batch in any case, and no memory for what has been read', () => {
    const queue = new ReadQueue(10, 0, false)
    const missed = new Set<number | undefined>()
    for (let n = 0; n < 5000; n++) {
      queue.take(0, batchOf([n % 200], 0))
      missed.add(queue.shift()?.missed)
    }
    expect([...missed]).toEqual([0])
    expect(queue.isEmpty).toBe(true)
  })
})
