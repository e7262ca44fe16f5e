import { constants } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { NativeSockets } from '../system/native-sockets.js'
import { entryKinds, reportKinds } from '../threads/entries.js'
import type { RingEntry, SharedRing } from '../threads/shared-ring.js'
import { BatchedDatagramGroup } from '../udp/batched-datagram-group.js'
import type { DatagramDestination, DatagramObserver } from '../udp/datagram-group.js'
import { destinationAt, packetsAt } from '../udp/datagram-payloads.js'
import type { DatagramEntries } from './thread-sends.js'

/** Minimum milliseconds between two reports about lost datagrams. */
const reportMs = 250

/**
 * Function that writes a report for the event loop: kind, `id` and `argument` as in {@link reportKinds}. `values` are
 * the signed 32-bit numbers of the payload.
 */
type Report = (kind: number, id: number, argument: number, ...values: number[]) => void

/** A UDP destination, with counts of lost packets since the last report about it. */
interface Destination extends DatagramDestination {
  readonly key: number
  readonly counters: { packetsOut: number; bytesOut: number; packetsDropped: number }
  /** Name of the error of the last failed send to the destination, such as `ENOBUFS`; empty before the first. */
  code: string
}

interface Group {
  readonly batch: BatchedDatagramGroup
  /** Group for packets to one destination, which is its only member meanwhile. */
  readonly single: BatchedDatagramGroup
  readonly destinations: Map<number, Destination>
  readonly loss: { sendErrors: number; fragmentedPackets: number }
  readonly observer: DatagramObserver
}

/**
 * UDP destinations of a send thread. Sends each batch with few system calls, and reports lost
 * datagrams at most four times a second.
 */
export class ThreadDatagrams implements DatagramEntries {
  readonly #native: NativeSockets
  readonly #report: Report
  readonly #groups = new Map<number, Group>()
  #reportedAt = 0

  constructor(native: NativeSockets, report: Report) {
    this.#native = native
    this.#report = report
  }

  handle(entry: RingEntry, ring: SharedRing): boolean {
    const { id, argument, offset } = entry
    const group = this.#groups.get(id)
    switch (entry.kind) {
      case entryKinds.openDatagrams:
        this.#open(id, argument, ring.words[offset / 4] === 1)
        return true
      case entryKinds.closeDatagrams:
        if (group) this.#reportGroup(id, group)
        this.#groups.delete(id)
        return true
      case entryKinds.addDestination:
        if (group) add(group, argument, destinationAt(ring, offset))
        return true
      case entryKinds.admitDestination:
        if (group) admit(group, argument, destinationAt(ring, offset))
        return true
      case entryKinds.removeDestination:
        if (group) this.#remove(id, group, argument)
        return true
      case entryKinds.sendDatagrams:
        group?.batch.send(packetsAt(ring, offset, argument))
        return true
      case entryKinds.sendDatagramsTo:
        if (group) {
          const key = ring.words[offset / 4] as number
          sendTo(group, key, packetsAt(ring, offset + 4, argument))
        }
        return true
      default:
        return false
    }
  }

  /** Reports lost datagrams of all groups, unless the last report is less than 250 ms old. */
  report(): void {
    const now = performance.now()
    if (now - this.#reportedAt < reportMs) return
    this.#reportedAt = now
    for (const [id, group] of this.#groups) this.#reportGroup(id, group)
  }

  #open(id: number, descriptor: number, isSegmenting: boolean): void {
    const loss = { sendErrors: 0, fragmentedPackets: 0 }
    const options = { isSegmenting, loss, routes: new WeakMap() }
    this.#groups.set(id, {
      batch: new BatchedDatagramGroup(this.#native, () => descriptor, options),
      single: new BatchedDatagramGroup(this.#native, () => descriptor, options),
      destinations: new Map(),
      loss,
      observer: {
        fragmented: (destination, sizeBytes) => {
          this.#report(reportKinds.fragmented, id, (destination as Destination).key, sizeBytes)
        },
        unsent: (destination, code) => {
          ;(destination as Destination).code = code
        },
      },
    })
  }

  #remove(id: number, { batch, destinations }: Group, key: number): void {
    const destination = destinations.get(key)
    if (!destination) return
    destinations.delete(key)
    batch.remove(destination)
    this.#reportLost(id, destination)
  }

  #reportGroup(id: number, { destinations, loss }: Group): void {
    if (loss.fragmentedPackets > 0) {
      this.#report(reportKinds.fragments, id, loss.fragmentedPackets)
      loss.fragmentedPackets = 0
    }
    if (loss.sendErrors === 0) return
    loss.sendErrors = 0
    for (const destination of destinations.values()) this.#reportLost(id, destination)
  }

  #reportLost(id: number, { key, counters, code }: Destination): void {
    if (counters.packetsDropped === 0) return
    const { packetsDropped, bytesOut } = counters
    this.#report(reportKinds.lost, id, key, packetsDropped, -bytesOut, errnoOf(code))
    counters.packetsOut = 0
    counters.bytesOut = 0
    counters.packetsDropped = 0
  }
}

/** Makes a destination known under a key. */
function admit({ destinations }: Group, key: number, place: DatagramDestination): Destination {
  const { address, port } = place
  const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
  const destination = { key, address, port, counters, code: '' }
  destinations.set(key, destination)
  return destination
}

/** Adds a destination, which may be known, to the members of a group. */
function add(group: Group, key: number, place: DatagramDestination): void {
  const destination = group.destinations.get(key) ?? admit(group, key, place)
  group.batch.add(destination, group.observer)
}

/** Sends packets to one known destination. */
function sendTo({ single, destinations, observer }: Group, key: number, packets: Buffer[]): void {
  const destination = destinations.get(key)
  if (!destination) return
  single.add(destination, observer)
  single.send(packets)
  single.remove(destination)
}

const errnoOf = (code: string): number =>
  (constants.errno as Readonly<Record<string, number>>)[code] ?? 0
