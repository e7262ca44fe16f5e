import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BatchedDatagramGroup } from '../../../src/transport/udp/batched-datagram-group.js'
import { FakeKernel, type FakeRoute } from '../../support/fake-kernel.js'

const route: fc.Arbitrary<FakeRoute> = fc.record(
  {
    mtu: fc.constantFrom(576, 1280, 1372, 1400, 1420, 1492, 1500, 9000),
    segmentError: fc.constantFrom('EMSGSIZE' as const, 'EINVAL' as const),
    refusesSegments: fc.boolean(),
    isUncut: fc.boolean(),
  },
  { requiredKeys: ['mtu'] },
)

const size = fc.oneof(
  fc.constantFrom(1, 1352, 1400, 1452, 1472, 1482),
  fc.integer({ min: 1, max: 4000 }),
)

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ sizes: fc.array(size, { minLength: 1, maxLength: 80 }) }) },
  { weight: 2, arbitrary: fc.record({ toggle: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ newRoute: route, of: fc.nat(5) }) },
)

it('whatever the routes are, each packet arrives whole and in order, or is counted as dropped', {
  tags: ['R-1', 'generator'],
}, () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4, 6),
      fc.boolean(),
      fc.array(route, { minLength: 6, maxLength: 6 }),
      fc.array(step, { minLength: 1, maxLength: 30 }),
      (family, isSegmenting, routes, steps) => {
        const kernel = new FakeKernel()
        const loss = { sendErrors: 0, fragmentedPackets: 0 }
        const group = new BatchedDatagramGroup(kernel.native, () => 3, {
          isSegmenting,
          loss,
        })
        const members = routes.map((each, index) => {
          const address = family === 4 ? `10.0.0.${index + 1}` : `2001:db8::${index + 1}`
          kernel.routes.set(address, each)
          const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
          return { address, port: 5000, counters, isIn: false, expected: [] as Buffer[] }
        })
        let tag = 0
        for (const each of steps) {
          if ('toggle' in each) {
            const member = members[each.toggle]
            if (!member) continue
            if (member.isIn) group.remove(member)
            else group.add(member)
            member.isIn = !member.isIn
          } else if ('of' in each) {
            kernel.routes.set(members[each.of]?.address ?? '', each.newRoute)
          } else {
            const packets = each.sizes.map((bytes) => Buffer.alloc(bytes, tag++ % 251))
            for (const { isIn, counters, address, expected } of members) {
              if (!isIn) continue
              counters.packetsOut += packets.length
              const { mtu, isUncut } = kernel.routes.get(address) ?? { mtu: 0 }
              const room = mtu - (family === 4 ? 28 : 48)
              expected.push(...packets.filter(({ length }) => !isUncut || length <= room))
            }
            group.send(packets)
          }
        }
        for (const { address, counters, expected } of members) {
          expect(kernel.sentTo(address)).toEqual(expected)
          expect(counters.packetsOut).toBe(expected.length)
        }
        const dropped = members.reduce((sum, { counters }) => sum + counters.packetsDropped, 0)
        expect(loss.sendErrors).toBe(dropped)
        // What was learned of a route counts until it is tried again, although the route has changed.
        if (steps.some((each) => 'newRoute' in each)) return
        const fragmented = kernel.sent.filter(({ isFragmented }) => isFragmented).length
        expect(loss.fragmentedPackets).toBeLessThanOrEqual(fragmented)
      },
    ),
    { numRuns: 500 },
  )
})
