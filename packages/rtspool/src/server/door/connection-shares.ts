import type { Clock } from '../../clock.js'
import { hostOf } from '../../host-of.js'
import { Diagnostic } from '../../listeners.js'
import type { TrustedAddresses } from './trusted-addresses.js'

/** How often refused connections are told of. */
const tellEveryMs = 10_000

/** Connections that were closed at once; published on `rtspool:connections-refused` at most once in 10 s a server. */
export interface RefusedConnections {
  /** Why the last of them was refused. */
  readonly limit: 'maxConnections' | 'maxConnectionsPerAddress'
  /** Numeric, of the last of them. */
  readonly address: string
  /** How many were refused since this was published last. */
  readonly count: number
}

const connectionsRefused = new Diagnostic<RefusedConnections>(
  'rtspool:connections-refused',
  'RTSPOOL_CONNECTIONS_REFUSED',
  ({ limit, address }) => `connections are closed at once: ${limit} is reached, last by ${address}`,
)

export interface ConnectionSharesOptions {
  /** 0 = unlimited. */
  readonly maxConnections: number
  /** Of one host; 0 = unlimited. */
  readonly maxConnectionsPerAddress: number
  /** Hosts that have no share of their own. */
  readonly trustedAddresses: TrustedAddresses
  readonly clock: Clock
}

/**
 * How many connections there may be in all, and of one host, so that nobody has all places: IPv4 by address, IPv6 by
 * network of 64 bits.
 */
export class ConnectionShares {
  readonly #options: ConnectionSharesOptions
  readonly #byHost = new Map<string, number>()
  #size = 0
  #refused = 0
  /** Refused since the last message. */
  #untold = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(options: ConnectionSharesOptions) {
    this.#options = options
  }

  /** Connections that hold a place. */
  get size(): number {
    return this.#size
  }

  /** Connections that got no place, so far. */
  get refused(): number {
    return this.#refused
  }

  /** Hosts that hold a place. */
  get hosts(): number {
    return this.#byHost.size
  }

  /**
   * Takes a place.
   *
   * @param address - Numeric, IPv4 never in IPv6 notation.
   * @returns Gives the place back, to be called once; `undefined` when there is none.
   */
  take(address: string): (() => void) | undefined {
    const limit = this.#limitReached(address)
    if (limit) {
      this.#tell(limit, address)
      return undefined
    }
    const host = hostOf(address)
    this.#size++
    this.#byHost.set(host, (this.#byHost.get(host) ?? 0) + 1)
    return () => this.#giveBack(host)
  }

  #limitReached(address: string): RefusedConnections['limit'] | undefined {
    const { maxConnections, maxConnectionsPerAddress, trustedAddresses } = this.#options
    if (maxConnections > 0 && this.#size >= maxConnections) return 'maxConnections'
    const held = this.#byHost.get(hostOf(address)) ?? 0
    const isShareUsed = maxConnectionsPerAddress > 0 && held >= maxConnectionsPerAddress
    return isShareUsed && !trustedAddresses.has(address) ? 'maxConnectionsPerAddress' : undefined
  }

  #giveBack(host: string): void {
    this.#size--
    const held = (this.#byHost.get(host) ?? 1) - 1
    if (held > 0) this.#byHost.set(host, held)
    else this.#byHost.delete(host)
  }

  #tell(limit: RefusedConnections['limit'], address: string): void {
    this.#refused++
    this.#untold++
    const now = this.#options.clock.now()
    if (now - this.#toldAt < tellEveryMs) return
    this.#toldAt = now
    const refused: RefusedConnections = { limit, address, count: this.#untold }
    this.#untold = 0
    connectionsRefused.publish(refused)
  }
}
