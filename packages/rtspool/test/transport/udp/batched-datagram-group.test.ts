import { describe, expect, it } from 'vitest'
import { BatchedDatagramGroup } from '../../../src/transport/udp/batched-datagram-group.js'
import type { DatagramDestination } from '../../../src/transport/udp/datagram-group.js'
import type { RouteMemory } from '../../../src/transport/udp/segment-limits.js'
import { FakeKernel, type FakeRoute } from '../../support/fake-kernel.js'

const port = 5000

function member(address: string) {
  return { address, port, counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 } }
}

/** A group in front of a fake kernel, with one member an address. */
function groupTo(routes: Readonly<Record<string, FakeRoute>>, isSegmenting = true) {
  const kernel = new FakeKernel()
  const addresses = Object.keys(routes)
  for (const [address, route] of Object.entries(routes)) kernel.routes.set(address, route)
  const told: string[] = []
  const loss = { sendErrors: 0, fragmentedPackets: 0 }
  const memory: RouteMemory = new WeakMap()
  const options = {
    ...{ isSegmenting, loss, routes: memory },
  } as const
  const observer = {
    fragmented: ({ address }: DatagramDestination, sizeBytes: number) =>
      void told.push(`fragmented ${address} ${sizeBytes}`),
    unsent: ({ address }: DatagramDestination, code: string) =>
      void told.push(`unsent ${address} ${code}`),
  }
  const newGroup = () => new BatchedDatagramGroup(kernel.native, () => 3, options)
  const group = newGroup()
  const members = addresses.map(member)
  for (const each of members) group.add(each, observer)
  return { kernel, group, newGroup, members, loss, told }
}

const packetsOf = (...sizes: readonly number[]): Buffer[] =>
  sizes.map((size, index) => Buffer.alloc(size, index + 1))

const full = (count: number, size = 1472): Buffer[] =>
  packetsOf(...new Array<number>(count).fill(size))

describe('a route that a segment does not fit', { tags: 'R-1' }, () => {
  it.each([
    { name: 'IPv4, Linux 6.14 and later', address: '10.0.0.1', mtu: 1400 },
    { name: 'IPv4, before', address: '10.0.0.1', mtu: 1400, segmentError: 'EINVAL' },
    { name: 'IPv4, the smallest route of IPv6', address: '10.0.0.1', mtu: 1280 },
    { name: 'IPv6, a tunnel', address: '2001:db8::1', mtu: 1420, sizes: [1400, 1400, 1400, 20] },
    { name: 'link-local', address: 'fe80::1', mtu: 1280, sizes: [1400, 1400, 3] },
    { name: 'an encrypted route', address: '10.0.0.1', mtu: 1500, refusesSegments: true },
  ] as const)('gets each packet whole and in order: $name', ({ address, ...rest }) => {
    const { kernel, group, loss } = groupTo({ [address]: rest })
    const packets = packetsOf(...('sizes' in rest ? rest.sizes : [1472, 1472, 1472, 100]))
    group.send(packets)
    group.send(packets)
    expect(kernel.sentTo(address)).toEqual([...packets, ...packets])
    expect(loss.sendErrors).toBe(0)
  })

  it('is remembered: no call is spent on it twice', () => {
    const { kernel, group, told } = groupTo({ '10.0.0.1': { mtu: 1400 } })
    group.send(full(5))
    expect(kernel.calls).toBe(1 + 5)
    kernel.calls = 0
    group.send(full(5))
    expect(kernel.calls).toBe(5)
    // A smaller segment still leaves as one.
    kernel.calls = 0
    group.send(full(5, 1372))
    expect(kernel.calls).toBe(1)
    expect(told).toEqual(['fragmented 10.0.0.1 1472'])
  })

  it('is known in every group of the socket, and forgotten with the destination', () => {
    const { kernel, group, newGroup, members } = groupTo({ '10.0.0.1': { mtu: 1400 } })
    group.send(full(2))
    const [known] = members
    if (!known) throw new Error('a member expected')
    const other = newGroup()
    other.add(known)
    kernel.calls = 0
    other.send(full(2))
    expect(kernel.calls).toBe(2)
    // Somebody else at the address has a route of its own to learn.
    other.remove(known)
    other.add(member('10.0.0.1'))
    kernel.calls = 0
    other.send(full(2))
    expect(kernel.calls).toBe(1 + 2)
  })

  it('is tried again after 1024 runs', () => {
    const { kernel, group } = groupTo({ '10.0.0.1': { mtu: 1400 } })
    for (let run = 0; run < 1024; run++) group.send(full(2))
    kernel.routes.set('10.0.0.1', { mtu: 1500 })
    kernel.calls = 0
    for (let run = 0; run < 10; run++) group.send(full(2))
    expect(kernel.calls).toBe(10)
  })

  it('that becomes narrower later is learned again', () => {
    const { kernel, group, told } = groupTo({ '10.0.0.1': { mtu: 1500 } })
    group.send(full(2))
    for (const mtu of [1400, 1300]) {
      kernel.routes.set('10.0.0.1', { mtu })
      group.send(full(2))
      group.send(full(2, mtu - 28 + 1))
    }
    expect(kernel.sent).toHaveLength(10)
    expect(told).toEqual([1472, 1373, 1273].map((size) => `fragmented 10.0.0.1 ${size}`))
  })

  it('costs the other members nothing, at any position', () => {
    const narrow = { mtu: 1400 }
    const wide = { mtu: 1500 }
    const { kernel, group, loss } = groupTo({
      ...{ '10.0.0.1': wide, '10.0.0.2': narrow, '10.0.0.3': narrow, '10.0.0.4': wide },
      ...{ '10.0.0.5': wide, '10.0.0.6': narrow },
    })
    group.send(full(4))
    kernel.calls = 0
    const packets = full(4)
    group.send(packets)
    // Two calls for those in one piece, and one a packet for each stretch of the others.
    expect(kernel.calls).toBe(2 + 2 * 4)
    for (let n = 1; n <= 6; n++) expect(kernel.sentTo(`10.0.0.${n}`)).toHaveLength(8)
    expect(loss).toEqual({ sendErrors: 0, fragmentedPackets: 3 * 8 })
    expect(kernel.sent.filter((each) => each.isFragmented)).toHaveLength(3 * 8)
  })

  it('keeps to its member when others leave', () => {
    const { kernel, group, members } = groupTo({
      ...{ '10.0.0.1': { mtu: 1500 }, '10.0.0.2': { mtu: 1500 }, '10.0.0.3': { mtu: 1400 } },
    })
    group.send(full(2))
    const [first, second, narrow] = members
    if (!first || !second || !narrow) throw new Error('three members expected')
    group.remove(first)
    kernel.calls = 0
    group.send(full(2))
    expect(kernel.calls).toBe(2 + 1)
    group.remove(narrow)
    kernel.calls = 0
    group.send(full(2))
    expect(kernel.calls).toBe(1)
  })

  it('does not matter without segmentation: a multicast group, or an old kernel', () => {
    const { kernel, group, loss } = groupTo({ '239.1.1.1': { mtu: 1280 } }, false)
    group.send(full(3))
    expect([kernel.calls, kernel.sent.length, loss.sendErrors]).toEqual([3, 3, 0])
  })

  it('uses larger segments if they fit', () => {
    const { kernel, group } = groupTo({ '10.0.0.1': { mtu: 9000 }, '10.0.0.2': { mtu: 1500 } })
    group.send(full(3, 1488))
    kernel.calls = 0
    group.send(full(3, 1488))
    expect(kernel.calls).toBe(1 + 3)
  })
})

describe('packets that the system does not accept', { tags: 'R-1' }, () => {
  const counted = (packets: readonly Buffer[]) => ({
    packetsOut: packets.length,
    bytesOut: packets.reduce((sum, { length }) => sum + length, 0),
    packetsDropped: 0,
  })

  it.each([
    {
      name: 'fragments are forbidden on its route',
      route: { mtu: 1400, isUncut: true },
      code: 'EMSGSIZE',
      lost: 3,
    },
    {
      name: 'it has no route',
      route: { mtu: 1500, error: 'ENETUNREACH' },
      code: 'ENETUNREACH',
      lost: 4,
    },
  ] as const)(
    "move from the member's sent packets to the dropped ones: $name",
    ({ route, code, lost }) => {
      const { kernel, group, members, loss, told } = groupTo({
        '10.0.0.1': { mtu: 1500 },
        '10.0.0.2': route,
      })
      const packets = packetsOf(1472, 1472, 1472, 100)
      for (const { counters } of members) Object.assign(counters, counted(packets))
      group.send(packets)
      expect(kernel.sentTo('10.0.0.1')).toEqual(packets)
      expect(members[0]?.counters).toEqual(counted(packets))
      expect(members[1]?.counters).toEqual({
        ...counted(packets.slice(lost)),
        packetsDropped: lost,
      })
      expect(loss).toEqual({ sendErrors: lost, fragmentedPackets: 0 })
      expect(told).toContain(`unsent 10.0.0.2 ${code}`)
    },
  )

  it('are larger than any datagram', () => {
    const { group, members, loss, told } = groupTo({ '10.0.0.1': { mtu: 1500 } })
    const packets = packetsOf(65_508, 20)
    Object.assign(members[0]?.counters ?? {}, counted(packets))
    group.send(packets)
    expect(members[0]?.counters).toEqual({ packetsOut: 1, bytesOut: 20, packetsDropped: 1 })
    expect([loss.sendErrors, told]).toEqual([1, ['unsent 10.0.0.1 EMSGSIZE']])
  })

  it.each([
    ['in one piece', 1500],
    ['singly', 1400],
  ])('are those behind a full queue, for every member, sent %s', (_way, mtu) => {
    const { kernel, group, members, loss } = groupTo({ '10.0.0.1': { mtu }, '10.0.0.2': { mtu } })
    group.send(full(3))
    for (const { counters } of members) Object.assign(counters, counted(full(12)))
    // The second member is where the queue is full, and where the next run begins.
    for (let run = 0; run < 4; run++) {
      kernel.room = 1
      group.send(full(3))
    }
    kernel.room = Number.POSITIVE_INFINITY
    const sent = kernel.sent.length - 6
    expect(loss.sendErrors).toBe(24 - sent)
    const dropped = members.map(({ counters }) => counters.packetsDropped)
    expect(dropped.reduce((sum, count) => sum + count)).toBe(24 - sent)
    for (const { counters } of members) {
      expect(counters.packetsOut + counters.packetsDropped).toBe(12)
      expect(counters.bytesOut).toBe(counters.packetsOut * 1472)
    }
  })
})

describe('BatchedDatagramGroup when the kernel refuses', () => {
  const ten = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`10.0.0.${index}`, { mtu: 1500 }]),
  )

  it('drops and counts the rest when the queue is full, and begins there next time', () => {
    const { kernel, group, loss } = groupTo(ten)
    kernel.room = 4
    group.send([Buffer.alloc(10), Buffer.alloc(10)])
    expect([kernel.calls, loss.sendErrors]).toEqual([2, 12])
    kernel.room = 6
    group.send([Buffer.alloc(10)])
    expect(kernel.sent.map(({ address }) => address).slice(8)).toEqual(
      [4, 5, 6, 7, 8, 9].map((n) => `10.0.0.${n}`),
    )
    expect(loss.sendErrors).toBe(12 + 4)
  })

  it('leaves out one that cannot be reached, and serves the others', () => {
    const { kernel, group, loss } = groupTo({
      ...ten,
      '10.0.0.4': { mtu: 1500, error: 'ENETUNREACH' },
    })
    group.send([Buffer.alloc(10)])
    expect([kernel.calls, kernel.sent.length, loss.sendErrors]).toEqual([3, 9, 1])
  })
})

describe('a packet that has lost its memory', { tags: 'U-1' }, () => {
  it('costs the packets around it nothing, even if it names a length', () => {
    const { kernel, group } = groupTo({ '10.0.0.1': { mtu: 1500 } })
    const [first, lost, last] = full(3) as [Buffer, Buffer, Buffer]
    lost.copy = () => {
      throw new TypeError('detached')
    }
    group.send([first, lost, last])
    expect(kernel.sentTo('10.0.0.1').filter(({ length }) => length > 0)).toEqual([first, last])
  })
})
