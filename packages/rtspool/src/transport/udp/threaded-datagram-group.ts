import { getSystemErrorName } from 'node:util'
import { entryKinds, reportKinds } from '../threads/entries.js'
import type { SendThread } from '../threads/send-thread.js'
import type { MediaReports, SendThreads } from '../threads/send-threads.js'
import type { RingEntry } from '../threads/shared-ring.js'
import {
  countLost,
  type DatagramDestination,
  type DatagramGroup,
  type DatagramLoss,
  type DatagramObserver,
} from './datagram-group.js'

/** Batches without an entry point after which a slow thread is sent packets again: some seconds of pictures. */
const maxSkippedBatches = 256

/** A destination of the group. */
interface Member {
  readonly destination: DatagramDestination
  readonly observer: DatagramObserver | undefined
  /** Thread that sends to the destination; `undefined` = the event loop. */
  share: Share | undefined
  /** Number of the destination in its thread. */
  key: number
}

/** Destinations that one thread serves. */
interface Share {
  readonly thread: SendThread
  /** The socket's descriptor in the thread: a duplicate. */
  readonly descriptor: number
  readonly members: Set<Member>
  /** Batches left out since the thread was too slow; 0 = none. */
  skippedBatches: number
}

/** A destination that was removed, until its thread has passed the removal. */
interface Removed {
  readonly share: Share
  readonly key: number
  end: number | undefined
}

export interface ThreadedDatagramGroupOptions {
  readonly threads: SendThreads
  /** Group on the event loop, for destinations that no thread serves. */
  readonly local: DatagramGroup
  /** Returns the descriptor of the socket; a negative number once it is closed. */
  readonly descriptor: () => number
  readonly isSegmenting: boolean
  readonly loss: DatagramLoss
}

/**
 * A group of UDP destinations, of which send threads serve those beyond a certain number of
 * members. A thread sends in the same way, through a duplicate of the socket's descriptor.
 */
export class ThreadedDatagramGroup implements DatagramGroup, MediaReports {
  readonly #options: ThreadedDatagramGroupOptions
  readonly #group: number
  readonly #members = new Map<DatagramDestination, Member>()
  readonly #byKey = new Map<number, Member>()
  readonly #shares: Share[] = []
  readonly #removed: Removed[] = []
  #nextKey = 1
  #wantsThreads = false
  #version = -1
  #hasChanged = true

  constructor(options: ThreadedDatagramGroupOptions) {
    this.#options = options
    this.#group = options.threads.registerGroup(this)
  }

  get size(): number {
    return this.#members.size
  }

  add(destination: DatagramDestination, observer?: DatagramObserver): void {
    if (this.#members.has(destination)) return
    this.#members.set(destination, { destination, observer, share: undefined, key: 0 })
    this.#options.local.add(destination, observer)
    this.#hasChanged = true
  }

  remove(destination: DatagramDestination): void {
    const member = this.#members.get(destination)
    if (!member) return
    this.#members.delete(destination)
    this.#hasChanged = true
    if (member.share) this.#leave(member)
    else this.#options.local.remove(destination)
    // An empty group is never used again.
    if (this.#members.size === 0) this.#options.threads.forgetGroup(this.#group)
  }

  send(packets: readonly Buffer[], hasEntry = true): void {
    const { threads, local } = this.#options
    threads.collect()
    if (this.#hasChanged || this.#version !== threads.version) this.#sync()
    for (const share of this.#shares) this.#sendShare(share, packets, hasEntry)
    local.send(packets)
  }

  /** Does nothing: datagrams are never given back. */
  notSent(): boolean {
    return true
  }

  reported(thread: SendThread, report: RingEntry): void {
    const { loss } = this.#options
    const { kind, argument } = report
    if (kind === reportKinds.fragments) {
      loss.fragmentedPackets += argument
      return
    }
    const member = this.#byKey.get(argument)
    if (!member) return
    const { destination, observer } = member
    if (kind === reportKinds.fragmented) {
      observer?.fragmented(destination, thread.reportValue(report, 0))
      return
    }
    const packets = thread.reportValue(report, 0)
    const sizeBytes = thread.reportValue(report, 1)
    countLost(loss, destination, packets, 0)
    if (destination.counters) destination.counters.bytesOut -= sizeBytes
    const errno = thread.reportValue(report, 2)
    observer?.unsent(destination, errno === 0 ? 'unknown' : getSystemErrorName(-errno))
  }

  #sync(): void {
    const { threads } = this.#options
    const keepFrom = this.#wantsThreads
      ? Math.floor(threads.handOverFrom / 2) + 1
      : threads.handOverFrom
    this.#wantsThreads = this.#members.size >= keepFrom
    const running = new Set(threads.threads)
    for (const member of this.#members.values()) {
      const { share } = member
      if (share && !(this.#wantsThreads && running.has(share.thread))) {
        this.#leave(member)
        this.#options.local.add(member.destination, member.observer)
      }
      if (this.#wantsThreads && !member.share) this.#give(member)
    }
    this.#forgetRemoved(running)
    this.#version = threads.version
    this.#hasChanged = false
  }

  /** Gives a destination to a thread, if there is one. */
  #give(member: Member): void {
    const { threads, local } = this.#options
    const thread = threads.threadFor(this.#shares, this.#members.size)
    const share = thread && this.#shareOf(thread)
    if (!share) return
    const { destination } = member
    local.remove(destination)
    member.key = this.#nextKey
    this.#nextKey = member.key === 0x7fffffff ? 1 : member.key + 1
    member.share = share
    this.#byKey.set(member.key, member)
    share.members.add(member)
    const text = `${destination.address} ${destination.port}`
    const payload = Buffer.alloc(4 + text.length)
    payload.writeInt32LE(text.length)
    payload.write(text, 4, 'latin1')
    share.thread.control(entryKinds.addDestination, this.#group, member.key, { payload })
    share.thread.load++
    share.thread.destinations++
  }

  #shareOf(thread: SendThread): Share | undefined {
    const known = this.#shares.find((share) => share.thread === thread)
    if (known) return known
    const { threads, isSegmenting } = this.#options
    const socket = this.#options.descriptor()
    const descriptor = socket < 0 ? -1 : threads.duplicate(socket)
    if (descriptor < 0) return undefined
    const share = { thread, descriptor, members: new Set<Member>(), skippedBatches: 0 }
    this.#shares.push(share)
    const payload = Buffer.alloc(4)
    payload.writeInt32LE(isSegmenting ? 1 : 0)
    thread.control(entryKinds.openDatagrams, this.#group, descriptor, { payload })
    return share
  }

  #leave(member: Member): void {
    const { share, key } = member
    if (!share) return
    const { thread } = share
    member.share = undefined
    share.members.delete(member)
    thread.load--
    thread.destinations--
    const removed: Removed = { share, key, end: undefined }
    this.#removed.push(removed)
    thread.control(entryKinds.removeDestination, this.#group, key, {
      onEntered: (end) => {
        removed.end = end
      },
    })
    if (share.members.size > 0) return
    this.#shares.splice(this.#shares.indexOf(share), 1)
    thread.control(entryKinds.closeDatagrams, this.#group, 0)
    this.#options.threads.closeDuplicate(thread, share.descriptor)
  }

  /** Forgets removed destinations about which no report can arrive any more. */
  #forgetRemoved(running: ReadonlySet<SendThread>): void {
    let count = 0
    for (const { share, key, end } of this.#removed) {
      const hasPassed = end !== undefined && share.thread.hasPassed(end)
      if (!hasPassed && running.has(share.thread)) break
      this.#byKey.delete(key)
      count++
    }
    if (count > 0) this.#removed.splice(0, count)
  }

  #sendShare(share: Share, packets: readonly Buffer[], hasEntry: boolean): void {
    const { thread, members } = share
    const isWaiting = share.skippedBatches > 0 && share.skippedBatches < maxSkippedBatches
    if (thread.isLate || (isWaiting && !hasEntry) || !this.#enter(share, packets)) {
      share.skippedBatches++
      this.#leaveOut(share, packets)
      return
    }
    share.skippedBatches = 0
    thread.packetsOut += packets.length * members.size
  }

  /** Writes packets into the ring. @returns `false` without room. */
  #enter({ thread }: Share, packets: readonly Buffer[]): boolean {
    let sizeBytes = packets.length * 4
    for (const packet of packets) sizeBytes += packet.length
    const offset = thread.reserve(entryKinds.sendDatagrams, this.#group, packets.length, {
      sizeBytes,
      media: undefined,
    })
    if (offset < 0) return false
    let at = offset + packets.length * 4
    for (let index = 0; index < packets.length; index++) {
      const packet = packets[index] as Buffer
      thread.words[offset / 4 + index] = packet.length
      packet.copy(thread.bytes, at)
      at += packet.length
    }
    thread.commit()
    return true
  }

  /** Counts packets as dropped for all destinations of a share. The system has refused none of them. */
  #leaveOut({ thread, members }: Share, packets: readonly Buffer[]): void {
    let sizeBytes = 0
    for (const packet of packets) sizeBytes += packet.length
    thread.packetsDropped += packets.length * members.size
    for (const { destination } of members) {
      const { counters } = destination
      if (!counters) continue
      counters.packetsOut -= packets.length
      counters.bytesOut -= sizeBytes
      counters.packetsDropped += packets.length
    }
  }
}
