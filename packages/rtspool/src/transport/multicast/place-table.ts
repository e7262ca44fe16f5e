import { checkPair } from '../../option-checks.js'
import { addressAt, type MulticastRange } from './range.js'

/** Group address with a pair of ports, assigned to one stream. */
export interface MulticastPlace {
  readonly address: string
  /** UDP ports of the group: an even one for RTP, and the next one for RTCP. */
  readonly ports: readonly [rtp: number, rtcp: number]
  readonly ttl: number
}

const maxPort = 65_535

/**
 * Table of the group addresses with ports of one address family. Each is in use by an owner, free
 * but reserved for its last owner if possible, or free.
 */
export class PlaceTable {
  readonly #ranges: readonly MulticastRange[]
  readonly #addressCount: number
  readonly #firstPort: number
  readonly #pairCount: number
  readonly #ttl: number
  readonly #held = new Map<object, number>()
  /**
   * Indexes of the addresses and ports that are free, but reserved for their last owner; in the order in which they
   * were freed.
   */
  readonly #remembered = new Map<object, number>()
  readonly #taken = new Set<number>()
  #next = 0

  constructor(ranges: readonly MulticastRange[], { firstPort, pairCount }: EvenPorts, ttl: number) {
    this.#ranges = ranges
    this.#addressCount = ranges.reduce((sum, { count }) => sum + count, 0)
    this.#firstPort = firstPort
    this.#pairCount = pairCount
    this.#ttl = ttl
  }

  get size(): number {
    return this.#addressCount * this.#pairCount
  }

  get heldCount(): number {
    return this.#held.size
  }

  assign(owner: object): MulticastPlace | undefined {
    const known = this.#held.get(owner) ?? this.#remembered.get(owner)
    const index = known ?? this.#takeFree() ?? this.#takeOldest()
    if (index === undefined) return undefined
    if (known === undefined) this.#remembered.set(owner, index)
    return this.#placeAt(index)
  }

  hold(owner: object): MulticastPlace | undefined {
    const place = this.assign(owner)
    const index = this.#remembered.get(owner)
    if (index !== undefined) {
      this.#remembered.delete(owner)
      this.#held.set(owner, index)
    }
    return place
  }

  release(owner: object): void {
    const index = this.#held.get(owner)
    if (index === undefined) return
    this.#held.delete(owner)
    this.#remembered.set(owner, index)
  }

  forget(owner: object): void {
    const index = this.#held.get(owner) ?? this.#remembered.get(owner)
    this.#held.delete(owner)
    this.#remembered.delete(owner)
    if (index !== undefined) this.#taken.delete(index)
  }

  #takeFree(): number | undefined {
    if (this.#taken.size >= this.size) return undefined
    while (this.#taken.has(this.#next)) this.#next = (this.#next + 1) % this.size
    const index = this.#next
    this.#taken.add(index)
    this.#next = (index + 1) % this.size
    return index
  }

  #takeOldest(): number | undefined {
    for (const [owner, index] of this.#remembered) {
      this.#remembered.delete(owner)
      return index
    }
    return undefined
  }

  /**
   * Returns the group address and pair of ports with an index, from 0 on. Neighbouring indexes differ in both, because
   * some receivers compare only one of the two.
   */
  #placeAt(index: number): MulticastPlace {
    const address = index % this.#addressCount
    const round = Math.floor(index / this.#addressCount)
    const port = this.#firstPort + 2 * ((round + address) % this.#pairCount)
    return { address: this.#addressAt(address), ports: [port, port + 1], ttl: this.#ttl }
  }

  #addressAt(index: number): string {
    let rest = index
    for (const range of this.#ranges) {
      if (rest < range.count) return addressAt(range, rest)
      rest -= range.count
    }
    throw new RangeError(`no address has index ${index}`)
  }
}

interface EvenPorts {
  readonly firstPort: number
  readonly pairCount: number
}

/**
 * Returns the port pairs in a range that begin with an even port.
 *
 * @throws {RangeError | TypeError} If there is none.
 */
export function evenPorts(ports: readonly [first: number, last: number]): EvenPorts {
  checkPair('multicast.ports', ports)
  const [first, last] = ports
  const firstPort = first + (first % 2)
  const pairCount = Math.floor((last - firstPort + 1) / 2)
  const isValid = Number.isInteger(first) && Number.isInteger(last) && first > 0 && last <= maxPort
  if (isValid && pairCount > 0) return { firstPort, pairCount }
  throw new RangeError(
    `multicast.ports must hold an even port and the next one, got ${first}-${last}`,
  )
}
