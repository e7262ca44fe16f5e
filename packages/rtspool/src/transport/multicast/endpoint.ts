import type { DatagramDestination, DatagramGroup, DatagramObserver } from '../udp/datagram-group.js'
import type { MulticastRoute } from '../udp/multicast-routing.js'
import type { DatagramSender, UdpEndpoint } from '../udp/udp-endpoint.js'

/**
 * Sends one multicast stream through a port of the server. Several streams may share the port, each
 * with its own ttl and interface, which are set again if another stream has sent in between.
 */
export class MulticastEndpoint implements DatagramSender {
  readonly #endpoint: UdpEndpoint
  readonly #route: MulticastRoute
  readonly #single: DatagramGroup

  constructor(endpoint: UdpEndpoint, route: MulticastRoute) {
    this.#endpoint = endpoint
    this.#route = route
    this.#single = this.createGroup()
  }

  get maxDatagramBytes(): number {
    return this.#endpoint.maxDatagramBytes
  }

  countOversized(packets: number): void {
    this.#endpoint.countOversized(packets)
  }

  send(packet: Buffer, port: number, address: string): void {
    if (this.#endpoint.routeMulticast(this.#route)) this.#endpoint.send(packet, port, address)
  }

  sendAll(
    packets: readonly Buffer[],
    destination: DatagramDestination,
    observer?: DatagramObserver,
  ): void {
    this.#single.add(destination, observer)
    this.#single.send(packets)
    this.#single.remove(destination)
  }

  createGroup(): DatagramGroup {
    return new RoutedGroup(this.#endpoint, this.#route)
  }
}

class RoutedGroup implements DatagramGroup {
  readonly #endpoint: UdpEndpoint
  readonly #route: MulticastRoute
  readonly #group: DatagramGroup

  constructor(endpoint: UdpEndpoint, route: MulticastRoute) {
    this.#endpoint = endpoint
    this.#route = route
    // Linux 6.18: receivers on this machine lose segmented multicast of IPv6.
    this.#group = endpoint.createGroup(false)
  }

  get size(): number {
    return this.#group.size
  }

  add(destination: DatagramDestination, observer?: DatagramObserver): void {
    this.#group.add(destination, observer)
  }

  remove(destination: DatagramDestination): void {
    this.#group.remove(destination)
  }

  send(packets: readonly Buffer[]): void {
    if (this.#endpoint.routeMulticast(this.#route)) this.#group.send(packets)
  }
}
