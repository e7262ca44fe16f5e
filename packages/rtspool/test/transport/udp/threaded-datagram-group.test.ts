import { describe, expect, it } from 'vitest'
import type { SendThread } from '../../../src/transport/threads/send-thread.js'
import type { SendThreads } from '../../../src/transport/threads/send-threads.js'
import type { DatagramDestination } from '../../../src/transport/udp/datagram-group.js'
import { ThreadedDatagramGroup } from '../../../src/transport/udp/threaded-datagram-group.js'
import { FakeKernel } from '../../support/fake-kernel.js'
import { HeldThreads } from '../../support/held-threads.js'

describe('ThreadedDatagramGroup', () => {
  function groupOf(count: number, options: { entriesBytes?: number; maxThreads?: number } = {}) {
    const kernel = new FakeKernel()
    const held = new HeldThreads({ ...options, native: kernel.native })
    const local: string[] = []
    const members = new Set<DatagramDestination>()
    const loss = { sendErrors: 0, fragmentedPackets: 0 }
    const group = new ThreadedDatagramGroup({
      threads: held.threads,
      local: {
        get size() {
          return members.size
        },
        add: (destination) => members.add(destination),
        remove: (destination) => members.delete(destination),
        send: (packets) => {
          for (const { port } of members)
            for (const packet of packets) local.push(`${port} ${packet}`)
        },
      },
      descriptor: () => 5,
      isSegmenting: false,
      loss,
      sendAlone: (packets, { port }) => {
        for (const packet of packets) local.push(`${port} alone ${packet}`)
      },
    })
    const unsent: string[] = []
    const observer = {
      fragmented: () => {},
      unsent: ({ port }: DatagramDestination, code: string) => unsent.push(`${port} ${code}`),
    }
    const add = (index: number) => {
      const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
      const destination = { address: '10.0.0.1', port: 1000 + index, counters }
      group.add(destination, observer)
      return destination
    }
    const destinations = Array.from({ length: count }, (_, index) => add(index))
    /** Sends packets to a destination that is no member yet. @returns `false` if the group has sent nothing. */
    const sendFirst = (destination: DatagramDestination, ...texts: readonly string[]) => {
      let isTaken = false
      const take = () => {
        isTaken = true
        return texts.map((text) => Buffer.from(text))
      }
      group.sendFirst(destination, take, observer)
      return isTaken
    }
    const byThread = () => kernel.sent.map(({ port, payload }) => `${port} ${payload}`)
    const send = (text: string, hasEntry?: boolean) => group.send([Buffer.from(text)], hasEntry)
    const counts = { loss, unsent, destinations }
    return { held, kernel, group, send, sendFirst, byThread, local, members, add, ...counts }
  }

  it('gives its members to a thread at the threshold, and takes them back at half of it', () => {
    const { held, group, send, byThread, local, add, destinations } = groupOf(3)
    send('a')
    expect(local).toEqual(['1000 a', '1001 a', '1002 a'])
    add(3)
    send('b')
    held.run()
    expect(byThread()).toEqual(['1000 b', '1001 b', '1002 b', '1003 b'])
    group.remove(destinations[0] as DatagramDestination)
    send('c')
    held.run()
    expect(byThread().slice(4).sort()).toEqual(['1001 c', '1002 c', '1003 c'])
    group.remove(destinations[1] as DatagramDestination)
    send('d')
    held.run()
    expect([byThread().length, local.slice(3)]).toEqual([7, ['1002 d', '1003 d']])
    expect(held.threads.threads[0]?.destinations).toBe(0)
  })

  describe('with packets for a destination that is no member yet', () => {
    const newcomer = (port = 2000): DatagramDestination => {
      const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
      return { address: '10.0.0.2', port, counters }
    }
    const to2000 = (sent: readonly string[]) => sent.filter((text) => text.startsWith('2000'))

    it('lets a thread send them, and batches only once it is a member', () => {
      const { held, group, send, sendFirst, byThread, local } = groupOf(4)
      send('a')
      const destination = newcomer()
      sendFirst(destination, 'key', 'b')
      send('left out')
      sendFirst(destination, 'left out', 'c')
      group.add(destination)
      send('d')
      held.run()
      expect(to2000(byThread())).toEqual(
        ['key', 'b', 'left out', 'c', 'd'].map((text) => `2000 ${text}`),
      )
      expect(local).toEqual([])
      // Three batches for four members, the last one for a fifth, and four packets before.
      expect(held.threads.threads[0]?.packetsOut).toBe(3 * 4 + 1 + 4)
      expect(held.threads.threads[0]?.destinations).toBe(5)
    })

    it('sends them from the event loop in a group that is too small for threads', () => {
      const { held, group, send, sendFirst, local } = groupOf(1)
      const destination = newcomer()
      sendFirst(destination, 'key')
      send('left out')
      group.add(destination)
      send('a')
      held.run()
      expect(local).toEqual(['2000 alone key', '1000 left out', '1000 a', '2000 a'])
    })

    it('waits while a quarter of the ring is not sent', () => {
      const { held, send, sendFirst, byThread } = groupOf(4, { entriesBytes: 128 * 1024 })
      const destination = newcomer()
      for (let count = 0; count < 33; count++) send('x'.repeat(1000))
      expect(sendFirst(destination, 'key')).toBe(false)
      held.run()
      expect(sendFirst(destination, 'key')).toBe(true)
      held.run()
      expect(to2000(byThread())).toEqual(['2000 key'])
    })

    it('forgets a destination that leaves before it is a member', () => {
      const { held, group, send, sendFirst, byThread, local, destinations } = groupOf(0)
      const all = [2000, 2001, 2002, 2003].map(newcomer)
      for (const destination of all) sendFirst(destination, 'key')
      held.run()
      // The fourth one has made the group large enough for a thread.
      expect([local.length, byThread()]).toEqual([3, ['2003 key']])
      for (const destination of all) group.remove(destination)
      send('nobody')
      held.run()
      expect([group.size, byThread().length, destinations]).toEqual([0, 1, []])
      expect(held.threads.threads[0]).toMatchObject({ destinations: 0, load: 0 })
    })

    it('counts those as dropped that a failed thread has not sent, and goes on without it', () => {
      const { held, group, send, sendFirst, byThread, local } = groupOf(4)
      send('a')
      const [destination, other] = [newcomer(), newcomer(2001)]
      sendFirst(destination, 'key')
      sendFirst(other, 'key')
      held.run()
      sendFirst(destination, 'lost', 'too')
      held.endThread()
      expect(destination.counters).toEqual({ packetsOut: -2, bytesOut: -7, packetsDropped: 2 })
      expect(other.counters?.packetsDropped).toBe(0)
      // Another thread sends the rest.
      sendFirst(destination, 'b')
      group.add(destination)
      send('c')
      held.run()
      expect(to2000(byThread()).slice(-2)).toEqual(['2000 b', '2000 c'])
      expect([local, held.threads.threads[0]?.packetsOut]).toEqual([[], 1 + 5])
    })

    it('counts those that the kernel refuses, and reports them to the observer', () => {
      const { held, kernel, send, sendFirst, loss, unsent } = groupOf(4)
      send('a')
      held.run()
      kernel.routes.set('10.0.0.2', { mtu: 1500, error: 'ENETUNREACH' })
      const destination = newcomer()
      sendFirst(destination, 'lost', 'too')
      held.run()
      held.report()
      expect([loss.sendErrors, unsent]).toEqual([2, ['2000 ENETUNREACH']])
      expect(destination.counters).toEqual({ packetsOut: -2, bytesOut: -7, packetsDropped: 2 })
    })
  })

  it('uses a further thread only when the others have enough members', () => {
    const { held, send, add } = groupOf(7, { maxThreads: 4 })
    const destinations = () => held.threads.threads.map((thread) => thread.destinations)
    send('a')
    expect(destinations()).toEqual([7])
    for (const index of [7, 8]) add(index)
    send('b')
    expect(destinations()).toEqual([7, 2])
  })

  it('counts packets that the kernel refuses, and reports them to the observer', () => {
    const { held, kernel, send, loss, unsent, destinations } = groupOf(4)
    send('first')
    held.run()
    kernel.routes.set('10.0.0.1', { mtu: 1500, error: 'ENETUNREACH' })
    send('lost')
    held.run()
    for (const { counters } of destinations) expect(counters.packetsDropped).toBe(0)
    held.report()
    expect(loss.sendErrors).toBe(4)
    expect(unsent).toEqual([1000, 1001, 1002, 1003].map((port) => `${port} ENETUNREACH`))
    expect(destinations[0]?.counters).toEqual({ packetsOut: -1, bytesOut: -4, packetsDropped: 1 })
  })

  it('leaves packets out after a thread was late, up to the next entry point', () => {
    const { held, send, byThread, loss, unsent, destinations } = groupOf(4)
    send('a')
    held.clock.advance(2_001)
    send('late')
    held.run()
    send('no entry', false)
    send('key', true)
    held.run()
    expect(byThread().filter((text) => text.startsWith('1000'))).toEqual(['1000 a', '1000 key'])
    expect(destinations[0]?.counters).toEqual({ packetsOut: -2, bytesOut: -12, packetsDropped: 2 })
    // The system has refused nothing.
    expect([loss.sendErrors, unsent]).toEqual([0, []])
  })

  it('counts packets as dropped that a failed thread has not sent', () => {
    const { held, group, send, add, destinations } = groupOf(4)
    send('sent')
    held.run()
    send('unsent')
    const [leaver] = destinations as [DatagramDestination]
    group.remove(leaver)
    const newcomer = add(4)
    send('lost as well')
    held.endThread()
    const { length } = 'unsent'
    const { length: longer } = 'lost as well'
    const dropped = (packets: number, sizeBytes: number) => ({
      packetsOut: 0 - packets,
      bytesOut: 0 - sizeBytes,
      packetsDropped: packets,
    })
    expect(leaver.counters).toEqual(dropped(1, length))
    expect(destinations[1]?.counters).toEqual(dropped(2, length + longer))
    expect(newcomer.counters).toEqual(dropped(1, longer))
    send('by another thread')
    held.run()
    expect(newcomer.counters).toEqual(dropped(1, longer))
  })

  it('counts unsent packets of a failed thread for members of any age', () => {
    const units = 1024
    const failed = units / 2
    let entered = 0
    let media: unknown
    const thread: Partial<SendThread> = {
      units,
      load: 0,
      destinations: 0,
      packetsOut: 0,
      bytes: Buffer.alloc(64),
      words: new Int32Array(16),
      isLate: false,
      control: (_kind, _id, _argument, { onEntered } = {}) => onEntered?.(entered | 0),
      reserve: (_kind, _id, _argument, entry) => {
        media = entry.media
        return 0
      },
      commit: () => {},
      hasPassed: () => false,
      forEachUnsent: (visit) => visit(media, failed),
    }
    const threads: Partial<SendThreads> = {
      threads: [thread as SendThread],
      handOverFrom: 1,
      version: 0,
      registerGroup: () => 1,
      collect: () => {},
      threadFor: () => thread as SendThread,
      duplicate: () => 6,
    }
    const group = new ThreadedDatagramGroup({
      threads: threads as SendThreads,
      local: { size: 0, add: () => {}, remove: () => {}, send: () => {} },
      descriptor: () => 5,
      isSegmenting: false,
      loss: { sendErrors: 0, fragmentedPackets: 0 },
      sendAlone: () => {},
    })
    const at = (position: number, act: () => void): void => {
      entered = position
      act()
      group.send([Buffer.from('x')])
    }
    const add = (position: number): DatagramDestination => {
      const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
      const destination = { address: '10.0.0.1', port: 1000, counters }
      at(position, () => group.add(destination))
      return destination
    }
    const ages = [0, 1, units, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 3 * 2 ** 30]
    const old = ages.map((age) => add(failed - age))
    const later = [1, units / 2].map((distance) => add(failed + distance))
    const removedLong = add(failed - 2 ** 31 - 200)
    at(failed - 2 ** 31 - 100, () => group.remove(removedLong))
    const removedLate = add(failed - 2 ** 31 - 200)
    at(failed + 1, () => group.remove(removedLate))
    group.threadStopped(thread as SendThread)
    const dropped = (all: readonly DatagramDestination[]) =>
      all.map(({ counters }) => counters?.packetsDropped)
    expect(dropped(old)).toEqual(ages.map(() => 1))
    expect(dropped(later)).toEqual([0, 0])
    expect(dropped([removedLong, removedLate])).toEqual([0, 1])
  })

  it('sends on the event loop again when the thread has ended', () => {
    const { held, send, local } = groupOf(4)
    send('a')
    held.run()
    for (let failure = 0; failure < 3; failure++) {
      held.endThread(failure)
      send(`${failure}`)
    }
    // The first two failures were followed by another thread, the third one was not.
    expect(local).toEqual(['1000 2', '1001 2', '1002 2', '1003 2'])
  })
})
