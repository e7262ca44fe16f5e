import type { Clock } from '../../clock.js'
import { hostOf } from '../../host-of.js'
import { Diagnostic, TellSometimes } from '../../listeners.js'
import type { TrustedAddresses } from './trusted-addresses.js'

/**
 * Connections that were closed at once because of a limit; published on
 * `rtspool:connections-refused` at most once in 10 s a server.
 */
export interface RefusedConnections {
  /** Limit that refused the last of them. */
  readonly limit: 'maxConnections' | 'maxConnectionsPerAddress'
  /** Numeric address of the last of them. */
  readonly address: string
  /** Connections refused since the previous report. */
  readonly count: number
}

const connectionsRefused = new Diagnostic<RefusedConnections>(
  'rtspool:connections-refused',
  'RTSPOOL_CONNECTIONS_REFUSED',
  ({ limit, address }) => `connections are closed at once: ${limit} is reached, last by ${address}`,
)

export interface ConnectionSharesOptions {
  /** Limit on all connections; 0 = unlimited. */
  readonly maxConnections: number
  /** Limit on the connections of one host; 0 = unlimited. */
  readonly maxConnectionsPerAddress: number
  /** Hosts to which the limit of one host does not apply. */
  readonly trustedAddresses: TrustedAddresses
  readonly clock: Clock
}

/**
 * Limits the connections in all and of one host, so that no host can use all places. A host is an
 * IPv4 address or an IPv6 network of 64 bits.
 */
export class ConnectionShares {
  readonly #options: ConnectionSharesOptions
  readonly #byHost = new Map<string, number>()
  #size = 0
  #refused = 0
  readonly #sometimes = new TellSometimes()

  constructor(options: ConnectionSharesOptions) {
    this.#options = options
  }

  /** Connections that hold a place. */
  get size(): number {
    return this.#size
  }

  /** Connections refused so far. */
  get refused(): number {
    return this.#refused
  }

  /** Hosts with at least one place. */
  get hosts(): number {
    return this.#byHost.size
  }

  /**
   * Takes a place for a connection.
   *
   * @param address - Numeric, IPv4 never in IPv6 notation.
   * @returns A function that frees the place, to be called once; `undefined` if no place is left.
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
    const count = this.#sometimes.note(this.#options.clock.now())
    if (count > 0) connectionsRefused.publish({ limit, address, count })
  }
}
