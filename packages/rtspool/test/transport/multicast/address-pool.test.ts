import { describe, expect, it } from 'vitest'
import { MulticastAddressPool } from '../../../src/transport/multicast/address-pool.js'
import type { MulticastPlace } from '../../../src/transport/multicast/place-table.js'

const textOf = (place: MulticastPlace | undefined): string | undefined =>
  place && `${place.address}:${place.ports.join('-')}/${place.ttl}`

describe('MulticastAddressPool', () => {
  it('hands out every address with every even port before any of them twice', () => {
    const pool = new MulticastAddressPool({ groups: '239.1.0.0/30', ports: [5001, 5008], ttl: 4 })
    const places = Array.from({ length: 12 }, () => textOf(pool.acquire({}, 4)))
    expect(places.slice(0, 5)).toEqual([
      '239.1.0.0:5002-5003/4',
      '239.1.0.1:5004-5005/4',
      '239.1.0.2:5006-5007/4',
      '239.1.0.3:5002-5003/4',
      '239.1.0.0:5004-5005/4',
    ])
    expect(new Set(places).size).toBe(12)
    expect(pool.acquire({}, 4)).toBeUndefined()
    expect(pool.heldCount).toBe(12)
  })

  it('treats several ranges as one, for each family', () => {
    const pool = new MulticastAddressPool({
      groups: ['239.1.2.3', 'ff15::/126', '239.9.9.9'],
      ports: [5000, 5001],
    })
    const places = [4, 4, 4, 6, 6, 6, 6].map((family) => textOf(pool.acquire({}, family as 4 | 6)))
    expect(places).toEqual([
      ...['239.1.2.3:5000-5001/1', '239.9.9.9:5000-5001/1', undefined],
      ...['ff15::1:5000-5001/1', 'ff15::2:5000-5001/1', 'ff15::3:5000-5001/1', undefined],
    ])
  })

  it('gives an owner the same place again unless others need it meanwhile', () => {
    const pool = new MulticastAddressPool({ groups: '239.1.0.0/31', ports: [5000, 5001] })
    const [a, b, c] = [{}, {}, {}]
    const first = pool.suggest(a, 4)
    expect(pool.heldCount).toBe(0)
    expect(pool.acquire(a, 4)).toEqual(first)
    pool.release(a, 4)
    expect(pool.acquire(b, 4)?.address).toBe('239.1.0.1')
    expect(pool.acquire(a, 4)).toEqual(first)
    expect(pool.suggest(c, 4)).toBeUndefined()
    // Now the one that was given back goes to whoever needs it.
    pool.release(a, 4)
    expect(pool.acquire(c, 4)).toEqual(first)
    expect(pool.acquire(a, 4)).toBeUndefined()
  })

  it('reuses the place that was freed first', () => {
    const pool = new MulticastAddressPool({ groups: '239.1.0.0/31', ports: [5000, 5001] })
    const [a, b] = [{}, {}]
    pool.acquire(a, 4)
    pool.acquire(b, 4)
    pool.release(b, 4)
    pool.release(a, 4)
    expect(pool.acquire({}, 4)?.address).toBe('239.1.0.1')
  })

  it('forgets owners that will not ask again', () => {
    const pool = new MulticastAddressPool({ groups: '239.1.2.3', ports: [5000, 5001] })
    const owner = {}
    pool.acquire(owner, 4)
    pool.forget(owner, 4)
    expect(pool.heldCount).toBe(0)
    expect(pool.acquire({}, 4)?.address).toBe('239.1.2.3')
  })

  it.each([
    [{ groups: [] }, 'multicast.groups must name a group, got none'],
    [
      { groups: '239.1.2.3', ttl: '4' as never },
      "multicast.ttl must be an integer from 0 to 255, got '4'",
    ],
    [{ groups: '239.1.2.3', ttl: 256 }, 'multicast.ttl must be an integer from 0 to 255, got 256'],
    [{ groups: '239.1.2.3', ttl: 0.5 }, 'multicast.ttl must be an integer from 0 to 255, got 0.5'],
    [
      { groups: '239.1.2.3', ports: [5001, 5002] as const },
      'multicast.ports must hold an even port and the next one, got 5001-5002',
    ],
    [
      { groups: '239.1.2.3', ports: [65_534, 65_536] as const },
      'multicast.ports must hold an even port and the next one, got 65534-65536',
    ],
    [
      { groups: '239.1.2.3', interface: 'nosuch0' },
      "expected a network interface of this machine, got 'nosuch0'",
    ],
  ])('refuses %j', (options, message) => {
    expect(() => new MulticastAddressPool(options)).toThrow(new RangeError(message))
  })

  it('names the interface as sockets want it, by name or by address', () => {
    for (const name of ['lo', '127.0.0.1']) {
      const pool = new MulticastAddressPool({ groups: '239.1.2.3', ttl: 3, interface: name })
      expect(pool.routeOf(4)).toEqual({ ttl: 3, interfaceAddress: '127.0.0.1' })
      expect(pool.sourceAddress).toBe('127.0.0.1')
    }
  })
})
