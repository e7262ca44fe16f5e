import type { Socket } from 'node:dgram'
import type { NativeSockets } from '../system/native-sockets.js'
import { queuedCountOf } from '../system/runtime.js'
import { wildcards } from './wildcards.js'

/**
 * TTL and interface of a socket for sending multicast. Routes are compared by identity, so create one object for each.
 */
export interface MulticastRoute {
  /** Time to live of IPv4 or hop limit of IPv6: 0 to 255. */
  readonly ttl: number
  /**
   * Interface in the form that `dgram` expects: an IPv4 address, or `::%name`. Default: chosen by the system's
   * routes.
   */
  readonly interfaceAddress: string | undefined
}

/** Gives one socket the TTL and interface of the multicast stream that sends next; several streams share the socket. */
export class MulticastRouting {
  readonly #socket: Socket
  readonly #family: 4 | 6
  readonly #batching: { readonly native: NativeSockets; readonly descriptor: number } | undefined
  /** Multicast route whose TTL and interface the socket has at present; `undefined` before the first. */
  #route: MulticastRoute | undefined

  /**
   * Creates the switch for one socket.
   *
   * @param batching - Native calls that send many datagrams at once, and the descriptor of the
   * socket; `undefined` if Node sends the datagrams.
   */
  constructor(
    socket: Socket,
    batching: { readonly native: NativeSockets; readonly descriptor: number } | undefined,
  ) {
    this.#socket = socket
    this.#family = socket.address().family === 'IPv6' ? 6 : 4
    this.#batching = batching
  }

  /** True if the socket already has the settings of this route. */
  isRoute(route: MulticastRoute): boolean {
    return route === this.#route
  }

  /**
   * Gives the socket the TTL and interface of a multicast route, for the datagrams that follow.
   *
   * @returns `false` if the interface no longer exists, or if queued datagrams still have to be sent with other
   *   settings.
   */
  set(route: MulticastRoute): boolean {
    if (this.#route !== undefined && queuedCountOf(this.#socket) > 0) return false
    const { ttl, interfaceAddress } = route
    try {
      this.#setTtl(ttl)
      if (interfaceAddress !== this.#route?.interfaceAddress) {
        this.#socket.setMulticastInterface(interfaceAddress ?? wildcards[this.#family])
      }
    } catch {
      this.#route = undefined
      return false
    }
    this.#route = route
    return true
  }

  /** Sets the TTL (hop limit) of multicast. @throws An error if the system refuses the value. */
  #setTtl(ttl: number): void {
    const batching = this.#batching
    if (!batching || this.#family === 4) this.#socket.setMulticastTTL(ttl)
    else if (!batching.native.setMulticastHops(batching.descriptor, ttl)) {
      throw new Error(`the hop limit ${ttl} was refused`)
    }
  }
}
