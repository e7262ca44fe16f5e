import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkPair,
  checkText,
  shown,
} from '../../option-checks.js'
import { findMulticastInterface, type MulticastInterface } from '../system/multicast-interface.js'
import type { MulticastRoute } from '../udp/udp-port-pair.js'
import { addressAt, type MulticastRange, parseMulticastRange } from './multicast-range.js'

/** Groups, ports and settings for multicast; see {@link MulticastAddressPool}. */
export interface MulticastOptions {
  /** Group addresses, of IPv4, IPv6 or both: `'239.255.12.0/24'`, `['239.1.2.3', 'ff15::/16']`. */
  readonly groups: string | readonly string[]
  /**
   * First and last port. RTP uses even ports, RTCP the next odd ones.
   * @default [31000, 31999]
   */
  readonly ports?: readonly [first: number, last: number] | undefined
  /**
   * Routers that a packet may pass, plus one; 0 = stays on this machine. IPv6 uses it as hop limit.
   * @default 1: the local network
   */
  readonly ttl?: number | undefined
  /**
   * Name or address of the network interface that multicast is sent through.
   * @default the interface of the address that the server listens on, else the one in the system's
   *   routes
   */
  readonly interface?: string | undefined
  /**
   * Refuses unicast for these media.
   * @default false: unicast is possible as well
   */
  readonly only?: boolean | undefined
  /**
   * Writes group and port into the session description. Players such as VLC then request multicast
   * on their own (RFC 2326 appendix C.1.7).
   * @default true
   */
  readonly inDescription?: boolean | undefined
}

export const multicastDefaults = Object.freeze({
  ports: Object.freeze([31_000, 31_999] as const),
  ttl: 1,
  interface: undefined,
  only: false,
  inDescription: true,
}) satisfies { [K in keyof Required<Omit<MulticastOptions, 'groups'>>]: MulticastOptions[K] }

/** A group address with a pair of ports. */
export interface MulticastPlace {
  readonly address: string
  /** Ports of RTP and RTCP. */
  readonly ports: readonly [rtp: number, rtcp: number]
  readonly ttl: number
}

const maxPort = 65_535
const maxTtl = 255

/**
 * Assigns group addresses and ports to media (GstRTSPAddressPool). Mounts that share a range must
 * share a pool, because two pools may assign the same place.
 *
 * ```ts
 * const pool = new MulticastAddressPool({ groups: '239.255.12.0/24', ttl: 4 })
 * server.mounts.add('/cam', new MediaFactory(openCamera, { multicast: pool }))
 * ```
 */
export class MulticastAddressPool {
  readonly only: boolean
  readonly inDescription: boolean
  readonly #tables: { readonly 4: PlaceTable; readonly 6: PlaceTable }
  readonly #interface: MulticastInterface | undefined
  readonly #routes: { readonly 4: MulticastRoute; readonly 6: MulticastRoute }

  /**
   * @throws {RangeError | TypeError} Names the wrong option, the expected value and the one given.
   */
  constructor(options: MulticastOptions) {
    const defaults = multicastDefaults
    checkOptions('multicast', options, ['groups', ...Object.keys(defaults)])
    const groups = typeof options.groups === 'string' ? [options.groups] : options.groups
    if (!Array.isArray(groups)) {
      const expected = "group addresses such as '239.255.12.0/24'"
      throw new TypeError(`multicast.groups must be ${expected}, got ${shown(groups)}`)
    }
    const ranges = groups.map(parseMulticastRange)
    if (ranges.length === 0) throw new RangeError('multicast.groups must name a group, got none')
    const ttl = options.ttl ?? defaults.ttl
    checkInteger('multicast.ttl', ttl, 0, maxTtl)
    const ports = evenPorts(options.ports ?? defaults.ports)
    const ofFamily = (family: 4 | 6): MulticastRange[] =>
      ranges.filter((range) => range.family === family)
    this.#tables = {
      4: new PlaceTable(ofFamily(4), ports, ttl),
      6: new PlaceTable(ofFamily(6), ports, ttl),
    }
    this.only = checkBoolean('multicast.only', options.only ?? defaults.only)
    this.inDescription = checkBoolean(
      'multicast.inDescription',
      options.inDescription ?? defaults.inDescription,
    )
    if (options.interface !== undefined) checkText('multicast.interface', options.interface)
    this.#interface = options.interface ? findMulticastInterface(options.interface) : undefined
    this.#routes = {
      4: Object.freeze({ ttl, interfaceAddress: this.#interface?.ipv4 }),
      6: Object.freeze({ ttl, interfaceAddress: this.#interface?.ipv6 }),
    }
  }

  /** True if the pool has groups of this family. */
  hasFamily(family: 4 | 6): boolean {
    return this.#tables[family].size > 0
  }

  /** Multicast settings for sockets of this family. */
  routeOf(family: 4 | 6): MulticastRoute {
    return this.#routes[family]
  }

  /** Source address of the multicast, if known. */
  get sourceAddress(): string | undefined {
    return this.#interface?.ipv4
  }

  /**
   * Returns the place that an owner would get, without holding it. The suggestion stays the same
   * until another owner needs the place.
   *
   * @returns `undefined` if every place is held.
   */
  suggest(owner: object, family: 4 | 6): MulticastPlace | undefined {
    return this.#tables[family].assign(owner)
  }

  /**
   * Holds a place for an owner until {@link release}: the suggested one if it is still free.
   *
   * @returns `undefined` if every place is held.
   */
  acquire(owner: object, family: 4 | 6): MulticastPlace | undefined {
    return this.#tables[family].hold(owner)
  }

  /** Frees a place. The owner gets the same place again unless another owner needs it meanwhile. */
  release(owner: object, family: 4 | 6): void {
    this.#tables[family].release(owner)
  }

  /** Forgets an owner that will not ask again. */
  forget(owner: object, family: 4 | 6): void {
    this.#tables[family].forget(owner)
  }

  /** Number of held places of both families. */
  get heldCount(): number {
    return this.#tables[4].heldCount + this.#tables[6].heldCount
  }
}

/** The places of one family: held ones, and free ones that are remembered for an owner. */
class PlaceTable {
  readonly #ranges: readonly MulticastRange[]
  readonly #addressCount: number
  readonly #firstPort: number
  readonly #pairCount: number
  readonly #ttl: number
  readonly #held = new Map<object, number>()
  /** Remembered places, in the order in which they were freed. */
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
   * Neighbouring places differ in both address and port, because some receivers compare only one of
   * the two.
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

function evenPorts(ports: readonly [first: number, last: number]): EvenPorts {
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
