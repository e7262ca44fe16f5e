import type { MulticastStats } from '../../transport/udp/udp-ports.js'
import type { DeliveryCounters } from './reader.js'

/**
 * Counters of a multicast group. A packet to the group is added once to the total of the server. It is also added to
 * each playing viewer, because each may have received it.
 */
export class GroupCounters implements DeliveryCounters {
  readonly #total: MulticastStats
  readonly #viewers = new Set<DeliveryCounters>()
  #packetsOut = 0
  #bytesOut = 0
  #packetsDropped = 0

  constructor(total: MulticastStats) {
    this.#total = total
  }

  add(viewer: DeliveryCounters): void {
    this.#viewers.add(viewer)
  }

  remove(viewer: DeliveryCounters): void {
    this.#viewers.delete(viewer)
  }

  get packetsOut(): number {
    return this.#packetsOut
  }

  set packetsOut(count: number) {
    const sent = count - this.#packetsOut
    this.#packetsOut = count
    this.#total.packetsOut += sent
    for (const viewer of this.#viewers) viewer.packetsOut += sent
  }

  get bytesOut(): number {
    return this.#bytesOut
  }

  set bytesOut(count: number) {
    const sent = count - this.#bytesOut
    this.#bytesOut = count
    this.#total.bytesOut += sent
    for (const viewer of this.#viewers) viewer.bytesOut += sent
  }

  get packetsDropped(): number {
    return this.#packetsDropped
  }

  set packetsDropped(count: number) {
    const dropped = count - this.#packetsDropped
    this.#packetsDropped = count
    for (const viewer of this.#viewers) viewer.packetsDropped += dropped
  }
}
