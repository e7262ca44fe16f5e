import { describe, expect, it } from 'vitest'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { HeldThreads } from '../../support/held-threads.js'

/** Creates a batch of packets; those of `entry` begin at an entry point. */
function batchOf(
  texts: readonly string[],
  entry?: { at: number; leads?: readonly string[] },
): PacketBatch {
  const batch = new PacketBatch()
  texts.forEach((text, index) => {
    if (entry?.at === index) {
      batch.noteEntry(
        [...(entry.leads ?? []), ...texts.slice(0, index)].map((lead) => Buffer.from(lead)),
      )
      batch.entryIndex = index
    }
    batch.push(Buffer.from(text), packetRoles.frameStart)
  })
  return batch
}

const frame = (text: string): string => `$\0\0${String.fromCharCode(text.length)}${text}`

/** A group on a held thread, with a number of readers. */
function groupOf(count: number, options: ConstructorParameters<typeof HeldThreads>[0] = {}) {
  const held = new HeldThreads(options)
  const group = new InterleavedGroup(0, held.clock)
  const readers = Array.from({ length: count }, (_, index) => held.reader(10 + index))
  for (const reader of readers) group.add(reader, [])
  const send = (text: string, entry?: Parameters<typeof batchOf>[1]) =>
    group.send(batchOf([text], entry))
  const of = (index: number) => held.sentTo(10 + index)
  return { held, group, readers, send, of }
}

describe('ThreadedMembers', () => {
  it('hands a group over at its threshold, and back at half of it', () => {
    const { held, group, readers, send, of } = groupOf(3)
    send('a')
    expect([of(0).loop, of(0).thread]).toEqual([[frame('a')], []])
    const others = [held.reader(13), held.reader(14)]
    for (const reader of others) group.add(reader, [])
    send('b')
    held.run()
    expect([of(0).loop, of(0).thread, of(4).thread]).toEqual([
      [frame('a')],
      [frame('b')],
      [frame('b')],
    ])
    // Four and three of four stay in the thread; with two the loop continues.
    for (const reader of others) group.remove(reader)
    send('c')
    held.run()
    expect(of(0).thread).toEqual([frame('b'), frame('c')])
    if (readers[2]) group.remove(readers[2])
    send('d')
    held.run()
    send('e')
    expect(of(0).thread).toEqual([frame('b'), frame('c')])
    expect(of(0).loop).toEqual([frame('a'), frame('d'), frame('e')])
  })

  describe('with cached packets for a new member', () => {
    const first = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text))

    it('lets a thread send them, in front of later batches', () => {
      const { held, group, send, of } = groupOf(4)
      send('a')
      const reader = held.reader(20)
      group.add(reader, first('key', 'b'))
      send('c')
      held.run()
      expect(held.sentTo(20)).toEqual({
        loop: [],
        thread: [`${frame('key')}${frame('b')}`, frame('c')],
      })
      expect(of(0).thread).toEqual([frame('a'), frame('c')])
      group.settle(reader)
      expect(reader.counters).toEqual({ packetsOut: 3, bytesOut: 5, packetsDropped: 0 })
      // Two batches for four members, and one for the fifth.
      expect(held.threads.threads[0]?.packetsOut).toBe(4 + 5 + 2)
    })

    it('sends them from the event loop in a group that is too small for threads', () => {
      const { held, group, send } = groupOf(2)
      send('a')
      group.add(held.reader(20), first('key', 'b'))
      send('c')
      held.run()
      expect(held.sentTo(20)).toEqual({
        loop: [`${frame('key')}${frame('b')}`, frame('c')],
        thread: [],
      })
    })

    it('begins with the member that makes the group large enough', () => {
      const { held, group } = groupOf(3)
      group.add(held.reader(20), first('key'))
      held.run()
      expect(held.sentTo(20)).toEqual({ loop: [], thread: [frame('key')] })
    })

    it('sends what exceeds a quarter of the ring from the event loop, and later batches behind it', () => {
      const { held, group, send } = groupOf(4, { entriesBytes: 256 * 1024 })
      send('a')
      held.run()
      const packets = Array.from({ length: 70 }, () => Buffer.alloc(1000, 'x'))
      const many = packets.map((packet) => `$\0\x03\xe8${packet}`).join('')
      group.add(held.reader(20), packets)
      group.add(held.reader(21), packets.slice(0, 40))
      group.add(held.reader(22), packets.slice(0, 40))
      send('b')
      held.run()
      const some = many.slice(0, 40 * 1004)
      expect(held.sentTo(20)).toEqual({ loop: [many], thread: [frame('b')] })
      expect(held.sentTo(21)).toEqual({ loop: [], thread: [some, frame('b')] })
      expect(held.sentTo(22)).toEqual({ loop: [some], thread: [frame('b')] })
      send('c')
      held.run()
      expect(held.sentTo(20).thread).toEqual([frame('b'), frame('c')])
    })

    it('writes the rest that the kernel does not accept to the stream, from the given buffer', () => {
      const { held, group, send } = groupOf(4)
      send('a')
      held.accepts.set(20, 9)
      const packets = Array.from({ length: 10 }, () => Buffer.alloc(1000, 'x'))
      group.add(held.reader(20), packets)
      send('b')
      held.run()
      const { loop, thread } = held.sentTo(20)
      const all = packets.map((packet) => `$\0\x03\xe8${packet}`).join('')
      expect(thread).toEqual([all.slice(0, 9)])
      expect(loop).toEqual([all.slice(9), frame('b')])
    })

    it('gives a late thread none of them, so that nobody waits for it', () => {
      const { held, group, send } = groupOf(4)
      send('a')
      held.clock.advance(2_001)
      const packets = Array.from({ length: 10 }, () => Buffer.alloc(1000, 'x'))
      group.add(held.reader(20), packets)
      expect(held.sentTo(20).loop.join('').length).toBe(10 * 1004)
      held.run()
      expect(held.sentTo(20).thread).toEqual([])
    })

    it('takes the connection back from the thread when the member leaves before it was sent a batch', () => {
      const { held, group, send } = groupOf(4)
      send('a')
      const reader = held.reader(20)
      group.add(reader, first('key'))
      group.remove(reader)
      held.run()
      expect(held.sentTo(20)).toEqual({ loop: [], thread: [frame('key')] })
      expect(held.threads.tokens.isOnMain(reader.carrier.direct?.slot ?? -1)).toBe(true)
      expect(held.threads.threads[0]?.connections).toBe(4)
    })
  })

  it('counts only members that a thread can serve', () => {
    const { held, group, send, of } = groupOf(3)
    const { carrier, ...secure } = held.reader(13)
    group.add({ ...secure, carrier: { ...carrier, direct: undefined } }, [])
    send('a')
    expect(held.threads.threads).toEqual([])
    expect([of(0).loop, of(3).loop]).toEqual([[frame('a')], [frame('a')]])
  })

  it('leaves a reader without native sends to the event loop', () => {
    const { held, group, send, of } = groupOf(4)
    const { carrier, ...secure } = held.reader(14)
    group.add({ ...secure, carrier: { ...carrier, direct: undefined } }, [])
    for (const text of ['a', 'b']) send(text)
    held.run()
    const frames = [frame('a'), frame('b')]
    expect([of(0), of(3), of(4)]).toEqual([
      { loop: [], thread: frames },
      { loop: [], thread: frames },
      { loop: frames, thread: [] },
    ])
  })

  it('uses a further thread only when the others have enough members', () => {
    const { held, group, send } = groupOf(7, { maxThreads: 4 })
    const connections = () => held.threads.threads.map((thread) => thread.connections)
    send('a')
    expect(connections()).toEqual([7])
    for (const index of [7, 8]) group.add(held.reader(10 + index), [])
    send('b')
    expect(connections()).toEqual([7, 2])
    const another = new InterleavedGroup(0, held.clock)
    for (let index = 20; index < 33; index++) another.add(held.reader(10 + index), [])
    another.send(batchOf(['c']))
    expect(connections()).toEqual([7, 6, 5, 4])
  })

  it('leaves a batch out for a member that is congested, and counts it as dropped', () => {
    const { held, group, readers, send, of } = groupOf(4)
    send('a')
    held.run()
    held.full.add(11)
    send('b')
    if (readers[1]) readers[1].carrier.isCongested = true
    held.run()
    held.full.clear()
    send('c')
    held.run()
    expect(of(0).thread).toEqual([frame('a'), frame('b'), frame('c')])
    expect([of(1).thread, of(1).loop]).toEqual([[frame('a')], []])
    if (readers[1]) readers[1].carrier.isCongested = false
    send('d')
    send('key', { at: 0 })
    send('f')
    held.run()
    expect(of(1).loop.concat(of(1).thread.slice(1))).toEqual([frame('key'), frame('f')])
    for (const reader of readers) group.settle(reader)
    expect(readers.map(({ counters }) => [counters.packetsOut, counters.packetsDropped])).toEqual([
      [6, 0],
      [3, 3],
      [6, 0],
      [6, 0],
    ])
    expect(readers[1]?.lags).toEqual(['behind', 'caught up'])
  })

  it('writes a returned batch of a member with room to its stream', () => {
    const { held, send, of } = groupOf(4)
    send('a')
    held.run()
    held.full.add(12)
    send('b')
    send('c')
    held.run()
    held.full.clear()
    expect([of(2).thread, of(2).loop]).toEqual([[frame('a')], [frame('b'), frame('c')]])
    held.run()
    send('d')
    held.run()
    expect(of(2).thread).toEqual([frame('a'), frame('d')])
  })

  it('finishes a frame that a thread has begun, even while the connection is ending', () => {
    const { held, send, readers, of } = groupOf(4)
    send('a')
    held.run()
    held.accepts.set(12, 3)
    send('b')
    if (readers[2]) readers[2].carrier.isEnding = true
    held.run()
    expect(of(2).thread.slice(1).concat(of(2).loop).join('')).toBe(frame('b'))
  })

  it('continues at the next entry point after a thread was late, with its leads', () => {
    const { held, group, readers, send, of } = groupOf(4)
    send('a')
    held.clock.advance(2_001)
    send('late')
    held.run()
    send('no entry')
    group.send(batchOf(['rest', 'key'], { at: 1, leads: ['sps'] }))
    send('next')
    held.run()
    expect(of(0).thread).toEqual([
      frame('a'),
      `${frame('sps')}${frame('rest')}${frame('key')}`.replace(frame('rest'), ''),
      frame('next'),
    ])
    for (const reader of readers) group.settle(reader)
    // The lead of an earlier batch was never counted here, so that it is one more.
    expect(readers[0]?.counters).toEqual({ packetsOut: 4, packetsDropped: 2, bytesOut: 11 })
    expect(readers[0]?.lags).toEqual(['behind', 'caught up'])
    expect(held.threads.threads[0]?.packetsDropped).toBe(3 * 4)
  })

  it('waits for an entry point no longer than the server allows', () => {
    const { held, send, of } = groupOf(4, { maxEntryWaitMs: 500 })
    send('a')
    held.clock.advance(2_001)
    send('late')
    held.run()
    send('waits')
    held.clock.advance(499)
    send('waits')
    held.clock.advance(1)
    send('any picture')
    held.run()
    expect(of(0).thread).toEqual([frame('a'), frame('any picture')])
  })

  it('lets a viewer that leaves a late thread wait for the next entry point too', () => {
    const { held, group, readers, send, of } = groupOf(4)
    send('a')
    held.clock.advance(2_001)
    send('late')
    held.sends.shut(readers[1]?.carrier.direct?.slot ?? -1)
    send('no entry')
    held.run()
    send('no entry either')
    send('key', { at: 0 })
    send('next')
    held.run()
    expect(of(1)).toEqual({ loop: [frame('key')], thread: [frame('a'), frame('next')] })
    for (const reader of readers) group.settle(reader)
    expect(readers.map(({ counters }) => counters.packetsDropped)).toEqual([3, 3, 3, 3])
    expect(readers[1]?.lags).toEqual(['behind', 'caught up'])
  })

  it('keeps nothing for a viewer that a late thread has not given back', () => {
    const { held, group, readers, send, of } = groupOf(4)
    const slot = readers[1]?.carrier.direct?.slot ?? -1
    send('a')
    held.sends.shut(slot)
    send('b')
    held.clock.advance(2_001)
    send('late')
    send('late key', { at: 0 })
    expect(held.threads.tokens.pendingOn(slot)).toBe(frame('b').length)
    held.run()
    send('no entry')
    send('key', { at: 0 })
    send('next')
    held.run()
    expect(of(1)).toEqual({
      loop: [frame('b'), frame('key')],
      thread: [frame('a'), frame('next')],
    })
    for (const reader of readers) group.settle(reader)
    expect(readers[1]?.counters.packetsDropped).toBe(3)
    expect(readers[1]?.lags).toEqual(['behind', 'caught up'])
  })

  it('tells as often of the end of a lag as of its begin', () => {
    const { held, readers, send, of } = groupOf(4)
    send('a')
    held.run()
    held.full.add(11)
    send('b')
    held.clock.advance(2_001)
    send('late')
    if (readers[1]) readers[1].carrier.isCongested = true
    held.run()
    if (readers[1]) readers[1].carrier.isCongested = false
    held.run()
    held.full.clear()
    send('no entry')
    send('key', { at: 0 })
    expect(of(1).loop).toEqual([frame('key')])
    // The thread was late, and the connection was congested.
    expect(readers[1]?.lags).toEqual(['behind', 'behind', 'caught up', 'caught up'])
  })

  it('begins at no entry point from before the packets that a late thread has left out', () => {
    const { held, group, readers, send, of } = groupOf(4)
    send('a')
    held.run()
    held.full.add(11)
    send('b')
    send('key', { at: 0 })
    held.clock.advance(2_001)
    send('late')
    held.sends.shut(readers[1]?.carrier.direct?.slot ?? -1)
    send('no entry')
    held.run()
    held.full.clear()
    send('no entry either')
    expect(of(1)).toEqual({ loop: [], thread: [frame('a')] })
    for (const reader of readers) group.settle(reader)
    expect(readers[1]?.counters.packetsDropped).toBe(5)
  })

  it('counts no batch for a reader that was added after it', () => {
    const { held, group, readers, send, of } = groupOf(4)
    send('a')
    held.run()
    held.full.add(11)
    send('b')
    const [, reader] = readers
    if (!reader) throw new Error('expected a reader')
    group.remove(reader)
    reader.carrier.isCongested = true
    group.add({ ...reader, counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 } }, [])
    held.run()
    expect(of(1)).toEqual({ loop: [frame('b')], thread: [frame('a')] })
    expect(reader.lags).toEqual([])
  })

  it('tells of no lag any more when a viewer of a late thread is removed', () => {
    const { held, group, readers, send } = groupOf(4)
    send('a')
    held.clock.advance(2_001)
    send('late')
    if (readers[1]) group.remove(readers[1])
    expect(readers[1]?.lags).toEqual(['behind', 'caught up'])
  })

  it('follows members that another group has given to the next thread', () => {
    const { held, readers, send, of } = groupOf(4)
    const other = new InterleavedGroup(2, held.clock)
    for (const reader of readers) other.add(reader, [])
    send('a')
    held.run()
    for (const { carrier } of readers) held.sends.shut(carrier.direct?.slot ?? -1)
    held.run()
    held.endThread()
    other.send(batchOf(['sound']))
    send('b')
    held.run()
    expect(of(0).thread.concat(of(0).loop)).toEqual([
      frame('a'),
      frame('sound').replace('\0', '\x02'),
      frame('b'),
    ])
  })

  it('leaves batches out while the ring is full, and loses no later frame', () => {
    const { held, send, of, readers, group } = groupOf(4, { entriesBytes: 128 * 1024 })
    const large = 'x'.repeat(200)
    let sent = 0
    while (held.threads.threads[0]?.packetsDropped !== 4) {
      send(large)
      sent++
    }
    held.run()
    send('key', { at: 0 })
    held.run()
    expect(of(3).thread.length).toBe(sent)
    expect(of(3).thread.at(-1)).toBe(frame('key'))
    for (const reader of readers) group.settle(reader)
    expect(readers[3]?.counters.packetsDropped).toBe(1)
  })

  it('serves members on the loop again whose thread has ended, if nothing was under way', () => {
    const { held, group, readers, send, of } = groupOf(4)
    send('a')
    held.run()
    for (const reader of readers) group.remove(reader)
    held.run()
    held.endThread()
    for (const reader of readers) group.add(reader, [])
    send('b')
    held.run()
    expect(of(0).loop.concat(of(0).thread)).toEqual([frame('a'), frame('b')])
  })

  it('ends the connections of which a thread has the write side when it fails', () => {
    const { held, send, of } = groupOf(4)
    send('a')
    held.run()
    held.endThread()
    expect(of(0).loop).toEqual(['failed'])
  })
})
