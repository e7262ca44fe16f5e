import { getSystemErrorName } from 'node:util'
import type { NativeSockets } from '../system/native-sockets.js'
import {
  countLost,
  type DatagramDestination,
  type DatagramGroup,
  type DatagramLoss,
  type DatagramObserver,
} from './datagram-group.js'
import { MessageTable, type Run } from './message-table.js'
import { type RouteMemory, SegmentLimits } from './segment-limits.js'

/** Maximum number of messages in one `sendmmsg` call (UIO_MAXIOV). More are sent by further calls. */
const maxMessages = 1024
/** System error code EAGAIN: the send queue is full. */
const eagain = 11
const enobufs = 105
/**
 * System error code EINVAL. Linux before 6.14 returns it for a segment above the MTU of the route;
 * later versions return EMSGSIZE.
 */
const einval = 22
const emsgsize = 90
/**
 * System error code EIO. Linux returns it for a route that accepts no segments of any size, because
 * it is encrypted (IPsec).
 */
const eio = 5

export interface BatchedDatagramGroupOptions {
  /** True if the kernel can cut one message into several datagrams (`UDP_SEGMENT`). */
  readonly isSegmenting: boolean
  readonly loss: DatagramLoss
  /**
   * Segment sizes that routes have refused, shared by the groups of one socket. Default: remembered
   * for this group alone.
   */
  readonly routes?: RouteMemory | undefined
}

/**
 * Sends packets to all members in few system calls: `sendmmsg` with one message for each member. A message contains a
 * run of packets of equal size (the last may be shorter), and the kernel cuts it into datagrams (`UDP_SEGMENT`).
 *
 * The messages change only when a member is added or removed; see {@link MessageTable}. Bench:
 * bench/fanout.
 */
export class BatchedDatagramGroup implements DatagramGroup {
  readonly #native: NativeSockets
  readonly #descriptor: () => number
  readonly #loss: DatagramLoss
  readonly #limits: SegmentLimits
  readonly #slots = new Map<DatagramDestination, number>()
  readonly #members: DatagramDestination[] = []
  /** Observer of failed and fragmented datagrams of each member, at the member's index in `#members`. */
  readonly #observers: (DatagramObserver | undefined)[] = []
  readonly #table: MessageTable
  /**
   * Index of the member with which the next call begins. A call that ends at a full queue sets it,
   * so that not always the same members lose packets.
   */
  #start = 0

  /**
   * Creates an empty group.
   *
   * @param descriptor - Returns the descriptor of the socket, or a negative number once the socket
   * is closed. The number of a closed descriptor may belong to another socket.
   */
  constructor(
    native: NativeSockets,
    descriptor: () => number,
    options: BatchedDatagramGroupOptions,
  ) {
    this.#native = native
    this.#descriptor = descriptor
    this.#loss = options.loss
    this.#limits = new SegmentLimits(options.routes ?? new WeakMap())
    this.#table = new MessageTable(native, options.isSegmenting)
    this.#limits.grow(this.#table.capacity)
  }

  get size(): number {
    return this.#members.length
  }

  add(destination: DatagramDestination, observer?: DatagramObserver): void {
    if (this.#slots.has(destination)) return
    const slot = this.#members.length
    if (slot === this.#table.capacity) this.#grow()
    this.#members.push(destination)
    this.#observers.push(observer)
    this.#slots.set(destination, slot)
    this.#place(slot, destination)
  }

  /** Removes a destination from the group. The last member moves to its index. */
  remove(destination: DatagramDestination): void {
    const slot = this.#slots.get(destination)
    if (slot === undefined) return
    this.#slots.delete(destination)
    const last = this.#members.pop()
    const observer = this.#observers.pop()
    this.#limits.clear(this.#members.length)
    if (last === undefined || last === destination) return
    this.#members[slot] = last
    this.#observers[slot] = observer
    this.#slots.set(last, slot)
    this.#place(slot, last)
  }

  send(packets: readonly Buffer[]): void {
    if (this.#members.length === 0) return
    for (let first = 0; first < packets.length; ) first = this.#sendRun(packets, first)
  }

  /**
   * Sends as many packets from `first` on as one message can contain.
   *
   * @returns Index of the first packet that was not sent.
   */
  #sendRun(packets: readonly Buffer[], first: number): number {
    const run = this.#table.fill(packets, first)
    if (run.packetCount > 0) {
      this.#sendToAll(run)
      return first + run.packetCount
    }
    // The packet is larger than any datagram: a TCP publisher may send such packets.
    const { segmentBytes: sizeBytes } = run
    this.#lose(0, this.#members.length, 1, { sizeBytes, error: emsgsize })
    return first + 1
  }

  #sendToAll(run: Run): void {
    this.#table.point(run)
    const count = this.#members.length
    const start = this.#start % count
    if (this.#sendSlots(start, count, run)) this.#sendSlots(0, start, run)
    else this.#lose(0, start, run.packetCount, { sizeBytes: run.sizeBytes, error: eagain })
  }

  /**
   * Sends a {@link Run} (packets of one message) to the members from index `from` up to `to`.
   *
   * @returns `false` if the queue was full. The packets of the remaining members are then dropped.
   */
  #sendSlots(from: number, to: number, run: Run): boolean {
    const { packetCount, sizeBytes } = run
    for (let slot = from; slot < to; ) {
      const isRefused = packetCount > 1 && this.#limits.refuses(slot, run.segmentBytes)
      const end = this.#endOfStretch(slot, to, run, isRefused)
      if (isRefused) {
        if (!this.#sendSingly(slot, end, run)) {
          this.#lose(end, to, packetCount, { sizeBytes, error: eagain })
          return false
        }
        slot = end
        continue
      }
      const sent = this.#table.send(this.#descriptor(), slot, Math.min(maxMessages, end - slot))
      if (sent > 0) {
        if (packetCount === 1) this.#countFragmented(slot, slot + sent, sizeBytes)
        slot += sent
        continue
      }
      const error = this.#native.lastError()
      if (error === eagain || error === enobufs) {
        this.#lose(slot, to, packetCount, { sizeBytes, error })
        this.#start = slot
        return false
      }
      // The next round sends single packets to a slot that has just been limited.
      if (packetCount > 1 && isOfRoute(error)) this.#limit(slot, run, error)
      else this.#lose(slot, ++slot, packetCount, { sizeBytes, error })
    }
    return true
  }

  /**
   * Returns the end of a series of members, from index `slot` on, whose routes all accept the run's
   * segments or all refuse them.
   *
   * @returns Index of the first member after the series.
   */
  #endOfStretch(slot: number, to: number, run: Run, isRefused: boolean): number {
    if (this.#limits.count === 0 || run.packetCount === 1) return to
    let end = slot + 1
    while (end < to && this.#limits.refuses(end, run.segmentBytes) === isRefused) end++
    return end
  }

  #limit(slot: number, { segmentBytes }: Run, error: number): void {
    const member = this.#members[slot] as DatagramDestination
    const largest = error === eio ? 0 : segmentBytes - 1
    this.#limits.limit(slot, member, largest)
    if (largest > 0) this.#observers[slot]?.fragmented(member, segmentBytes)
  }

  /**
   * Sends the packets of a {@link Run} to some members as single datagrams.
   *
   * @returns `false` if the queue was full. The remaining packets are then dropped.
   */
  #sendSingly(from: number, to: number, run: Run): boolean {
    let isTaken = true
    for (let offset = 0; offset < run.sizeBytes; offset += run.segmentBytes) {
      const sizeBytes = Math.min(run.segmentBytes, run.sizeBytes - offset)
      if (isTaken) {
        const piece = { offset, sizeBytes, segmentBytes: sizeBytes, packetCount: 1 }
        this.#table.point(piece)
        isTaken = this.#sendSlots(from, to, piece)
      } else this.#lose(from, to, 1, { sizeBytes, error: eagain })
    }
    for (let slot = from; slot < to; slot++) {
      this.#limits.noteRun(slot, this.#members[slot] as DatagramDestination)
    }
    this.#table.point(run)
    return isTaken
  }

  #countFragmented(from: number, to: number, sizeBytes: number): void {
    if (this.#limits.count === 0) return
    for (let slot = from; slot < to; slot++) {
      if (this.#limits.fragments(slot, sizeBytes)) this.#loss.fragmentedPackets++
    }
  }

  /**
   * Counts packets as dropped for the members from index `from` up to, but not including, `to`, and calls their
   * observers.
   */
  #lose(
    from: number,
    to: number,
    packets: number,
    { sizeBytes, error }: { readonly sizeBytes: number; readonly error: number },
  ): void {
    for (let slot = from; slot < to; slot++) {
      const member = this.#members[slot] as DatagramDestination
      countLost(this.#loss, member, packets, sizeBytes)
      this.#observers[slot]?.unsent(member, getSystemErrorName(-error))
    }
  }

  #grow(): void {
    this.#table.grow(this.#members)
    this.#limits.grow(this.#table.capacity)
  }

  #place(slot: number, destination: DatagramDestination): void {
    this.#limits.place(slot, destination)
    this.#table.place(slot, destination)
  }
}

/**
 * Returns whether a system error number means that the route to a destination refuses segments of the size that was
 * sent.
 */
const isOfRoute = (error: number): boolean =>
  error === emsgsize || error === einval || error === eio
