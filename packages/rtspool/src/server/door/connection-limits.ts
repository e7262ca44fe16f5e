import type { Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import { hostOf } from '../../host-of.js'
import { Diagnostic, TellSometimes } from '../../listeners.js'
import type { AddressRanges } from '../auth/address-ranges.js'

/**
 * Message on the diagnostics channel `rtspool:connections-refused` about connections that were
 * closed at once because of a limit. A server publishes at most one message in 10 s.
 */
export interface RefusedConnections {
  /** Limit that the latest refused connection exceeded. */
  readonly limit: 'maxConnections' | 'maxConnectionsPerAddress'
  /** Numeric address of the latest refused client. */
  readonly address: string
  /** Number of connections refused since the previous message. */
  readonly count: number
}

const connectionsRefused = new Diagnostic<RefusedConnections>(
  'rtspool:connections-refused',
  'RTSPOOL_CONNECTIONS_REFUSED',
  ({ limit, address }) => `connections are closed at once: ${limit} is reached, last by ${address}`,
)

export interface ConnectionLimitsOptions {
  /** Maximum number of connections of the server; 0 = unlimited. */
  readonly maxConnections: number
  /** Maximum number of connections from one host; 0 = unlimited. */
  readonly maxConnectionsPerAddress: number
  /** Hosts to which `maxConnectionsPerAddress` does not apply. */
  readonly trustedAddresses: AddressRanges
  readonly clock: Clock
}

/**
 * Limits the number of connections, in total and for each host, so that no host can use up all of
 * them. A host is an IPv4 address or an IPv6 network of 64 bits.
 */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions
  readonly #byHost = new Map<string, number>()
  /** Functions that end the count of a connection, by its socket. */
  readonly #held = new WeakMap<Socket, () => void>()
  #size = 0
  #refused = 0
  readonly #sometimes = new TellSometimes()

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options
  }

  /** Number of open connections. */
  get size(): number {
    return this.#size
  }

  /** Number of connections refused so far because of a limit. */
  get refused(): number {
    return this.#refused
  }

  /** Number of hosts with at least one connection. */
  get hosts(): number {
    return this.#byHost.size
  }

  /**
   * Counts a new connection, or refuses it.
   *
   * @param address - Numeric address of the client; an IPv4 address must not be in IPv6 notation.
   * @returns A function to call once, when the connection has closed; `undefined` if a limit is
   * reached.
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

  /**
   * Counts a connection until it closes, or refuses it. A later call for the same socket replaces the former one: a
   * hook may give a connection back, also for another client.
   *
   * @param address - As for {@link take}.
   * @returns False if a limit is reached; the connection is then not counted.
   */
  hold(socket: Socket, address: string): boolean {
    this.#held.get(socket)?.()
    let giveBack = this.take(address)
    if (!giveBack) return false
    const end = (): void => {
      socket.off('close', end)
      giveBack?.()
      giveBack = undefined
    }
    socket.on('close', end)
    this.#held.set(socket, end)
    return true
  }

  /** Counts the connection of a socket as that of another one, which carries TLS over it. */
  rename(raw: Socket, secure: Socket): void {
    const end = this.#held.get(raw)
    if (end) this.#held.set(secure, end)
  }

  /**
   * Counts a connection of a proxy whose client is not known yet: in total, but for no host.
   *
   * @param address - Numeric address of the proxy.
   * @returns A function to call once, when the connection has closed or its client is known; `undefined` if a limit
   *   is reached.
   */
  takeForProxy(address: string): (() => void) | undefined {
    if (this.#isFull) {
      this.#tell('maxConnections', address)
      return undefined
    }
    this.#size++
    return () => {
      this.#size--
    }
  }

  get #isFull(): boolean {
    const { maxConnections } = this.#options
    return maxConnections > 0 && this.#size >= maxConnections
  }

  #limitReached(address: string): RefusedConnections['limit'] | undefined {
    const { maxConnectionsPerAddress, trustedAddresses } = this.#options
    if (this.#isFull) return 'maxConnections'
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
