import { checkBoolean, checkInteger, checkOptions, checkText, shown } from '../../option-checks.js'
import { findMulticastInterface, type MulticastInterface } from '../system/multicast-interface.js'
import type { MulticastRoute } from '../udp/multicast-routing.js'
import { evenPorts, type MulticastPlace, PlaceTable } from './place-table.js'
import { type MulticastRange, parseMulticastRange } from './range.js'

/** Group addresses, ports and settings for multicast; see {@link MulticastAddressPool}. */
export interface MulticastOptions {
  /** Addresses of the groups, of IPv4, IPv6 or both: `'239.255.12.0/24'`, `['239.1.2.3', 'ff15::/16']`. */
  readonly groups: string | readonly string[]
  /**
   * First and last UDP port for multicast groups. RTP uses even ports, RTCP the next odd ones.
   * @default [31000, 31999]
   */
  readonly ports?: readonly [first: number, last: number] | undefined
  /**
   * Maximum number of networks through which a packet travels (TTL, hop limit of IPv6): 1 = the
   * local network only; 0 = this machine only.
   * @default 1
   */
  readonly ttl?: number | undefined
  /**
   * Name or address of the network interface that multicast is sent through.
   * @default the interface of the address that the server listens on, or else of the system's
   * default route for multicast
   */
  readonly interface?: string | undefined
  /**
   * Refuses unicast transports for the media of this pool.
   * @default false: clients may request unicast as well
   */
  readonly only?: boolean | undefined
  /**
   * Writes group address and ports into the session description. Players such as VLC then request multicast on their
   * own (RFC 2326 appendix C.1.7).
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

const maxTtl = 255

/**
 * Assigns group addresses and ports to media (GstRTSPAddressPool). Mounts with the same range of
 * addresses must share one pool. Two pools might assign the same address and ports.
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
   * Checks the options.
   *
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

  /** Returns whether the pool has addresses of this family. */
  hasFamily(family: 4 | 6): boolean {
    return this.#tables[family].size > 0
  }

  /** Returns the TTL and the network interface with which multicast of this address family is sent. */
  routeOf(family: 4 | 6): MulticastRoute {
    return this.#routes[family]
  }

  /** Source address of multicast that is sent over IPv4 by this pool; `undefined` if the system chooses it. */
  get sourceAddress(): string | undefined {
    return this.#interface?.ipv4
  }

  /**
   * Returns the address and ports that {@link acquire} would assign to an owner now. The result
   * stays the same until another owner needs the address and ports.
   *
   * @param owner - Stream, compared by identity: one track for one address family.
   * @returns `undefined` if all are in use.
   */
  suggest(owner: object, family: 4 | 6): MulticastPlace | undefined {
    return this.#tables[family].assign(owner)
  }

  /**
   * Assigns an address and ports to an owner until {@link release}: those of {@link suggest} if
   * they are still free.
   *
   * @returns `undefined` if all are in use.
   */
  acquire(owner: object, family: 4 | 6): MulticastPlace | undefined {
    return this.#tables[family].hold(owner)
  }

  /**
   * Frees the address and ports of an owner. The owner gets the same ones again at the next {@link acquire}, unless
   * another owner has needed them.
   */
  release(owner: object, family: 4 | 6): void {
    this.#tables[family].release(owner)
  }

  /** Forgets an owner: its address and ports are free for others, and no longer reserved for it. */
  forget(owner: object, family: 4 | 6): void {
    this.#tables[family].forget(owner)
  }

  /** Number of group addresses with a pair of ports that are in use at present, of IPv4 and IPv6 together. */
  get heldCount(): number {
    return this.#tables[4].heldCount + this.#tables[6].heldCount
  }
}
