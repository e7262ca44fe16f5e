import { getSystemErrorName } from 'node:util'
import { entryKinds, reportKinds } from '../threads/entries.js'
import type { SendThread } from '../threads/send-thread.js'
import type { SendThreads } from '../threads/send-threads.js'
import { isAhead, type RingEntry } from '../threads/shared-ring.js'
import type { MediaReports } from '../threads/thread-reports.js'
import {
  countLost,
  type DatagramDestination,
  type DatagramGroup,
  type DatagramLoss,
  type DatagramObserver,
} from './datagram-group.js'
import { destinationPayload, writePackets } from './datagram-payloads.js'

/**
 * Number of batches without an entry point that are left out for a thread that was too slow: some seconds of pictures.
 * The next batch is sent even without an entry point, at which a decoder can begin.
 */
const maxSkippedBatches = 256

/** A UDP destination of the group, with the thread that sends to it. */
interface Member {
  readonly destination: DatagramDestination
  readonly observer: DatagramObserver | undefined
  /** Destinations of one thread (share) to which this one belongs; `undefined` = the event loop sends to it. */
  share: Share | undefined
  /** True until the destination is added to the group: so far it is only sent packets of its own. */
  isWaiting: boolean
  /**
   * Number with which entries and reports name the destination, from 1 on. Unique in the group; 0 before any thread has
   * served the destination.
   */
  key: number
  /**
   * Position in the thread's ring of entries, behind the entry that adds the destination. `undefined` while the entry
   * waits for room, and before any thread has served the destination.
   */
  since: number | undefined
}

/** Packets of one entry for a send thread. The packets count as dropped if the thread fails before it has sent them. */
interface UnsentPackets {
  readonly group: ThreadedDatagramGroup
  /** Destination of the packets; `undefined` = all that the thread serves. */
  readonly destination?: DatagramDestination
  readonly packets: number
  readonly sizeBytes: number
}

/** Share of the group: the destinations that one thread serves. */
interface Share {
  readonly thread: SendThread
  /** Duplicate of the socket's descriptor, on which the thread sends. */
  readonly descriptor: number
  readonly members: Set<Member>
  /** Number of `members` that are waiting; see {@link Member.isWaiting}. */
  waiting: number
  /** Number of batches that were left out in a row for the thread's destinations, because it was too slow; 0 = none. */
  skippedBatches: number
}

/**
 * A destination removed from its thread. The key of the destination stays known until the thread has handled the
 * removal, for late reports.
 */
interface Removed {
  readonly share: Share
  readonly key: number
  /** Position in the thread's ring behind the entry that has added the destination; see {@link Member}. */
  readonly since: number | undefined
  end: number | undefined
}

export interface ThreadedDatagramGroupOptions {
  readonly threads: SendThreads
  /** Group on the event loop, for destinations that no thread serves. */
  readonly local: DatagramGroup
  /** Function that returns the descriptor of the socket; a negative number once the socket is closed. */
  readonly descriptor: () => number
  readonly isSegmenting: boolean
  readonly loss: DatagramLoss
  /** Function that sends packets to one destination from the event loop; see {@link DatagramSender.sendAll}. */
  readonly sendAlone: (
    packets: readonly Buffer[],
    destination: DatagramDestination,
    observer: DatagramObserver | undefined,
  ) => void
}

/**
 * A group of UDP destinations, to which send threads send from 16 members on. With 8 and fewer the event loop sends
 * again. A thread sends in the same way, through a duplicate of the socket's descriptor.
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
    const known = this.#members.get(destination)
    if (known) {
      if (known.isWaiting) this.#begin(known)
      return
    }
    this.#register({ destination, observer, isWaiting: false })
    this.#options.local.add(destination, observer)
  }

  sendFirst(
    destination: DatagramDestination,
    take: () => readonly Buffer[],
    observer?: DatagramObserver,
  ): void {
    const { threads, sendAlone } = this.#options
    threads.collect()
    const member = this.#members.get(destination) ?? this.#admit(destination, observer)
    if (this.#version !== threads.version) this.#sync()
    const { share } = member
    if (!share) sendAlone(take(), destination, observer)
    else if (share.thread.takesFirst(0)) {
      const packets = take()
      if (!this.#enter(share, packets, member)) sendAlone(packets, destination, observer)
      else share.thread.packetsOut += packets.length
    }
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

  /** Does nothing: it would handle bytes that a thread returns unsent, and threads return no datagrams. */
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

  /**
   * Counts the packets that a failed thread has not sent as dropped, for the destinations that it served at that point
   * of its ring. The packets of an entry at which the thread failed count as dropped, although some may have been sent.
   */
  threadStopped(thread: SendThread): void {
    thread.forEachUnsent((media, position) => {
      const { group, packets, sizeBytes, destination: only } = (media ?? nothing) as UnsentPackets
      if (group !== this) return
      if (only) {
        dropped(only, packets, sizeBytes)
        return
      }
      const wasServed = (since: number | undefined): boolean =>
        since !== undefined && !isAhead(since, position, thread.units)
      for (const { share, since, destination } of this.#members.values()) {
        if (share?.thread === thread && wasServed(since)) dropped(destination, packets, sizeBytes)
      }
      for (const { share, key, since, end } of this.#removed) {
        if (share.thread !== thread || !wasServed(since)) continue
        const isBehind = end !== undefined && !isAhead(end, position, thread.units)
        const destination = isBehind ? undefined : this.#byKey.get(key)?.destination
        if (destination) dropped(destination, packets, sizeBytes)
      }
    })
  }

  #register(known: Pick<Member, 'destination' | 'observer' | 'isWaiting'>): Member {
    const member = { ...known, share: undefined, key: 0, since: undefined }
    this.#members.set(known.destination, member)
    this.#hasChanged = true
    return member
  }

  /** Makes a destination known, and gives it to a thread at once if threads serve the group. */
  #admit(destination: DatagramDestination, observer: DatagramObserver | undefined): Member {
    const member = this.#register({ destination, observer, isWaiting: true })
    const isLarge = this.#members.size >= this.#options.threads.handOverFrom
    if (this.#wantsThreads || isLarge) this.#give(member)
    return member
  }

  /** Sends the batches of the group to a destination that was waiting, from the next one on. */
  #begin(member: Member): void {
    const { share, destination, observer } = member
    member.isWaiting = false
    if (share) {
      share.waiting--
      this.#tell(share, member, entryKinds.addDestination)
    } else this.#options.local.add(destination, observer)
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
        if (!member.isWaiting) this.#options.local.add(member.destination, member.observer)
      }
      if (this.#wantsThreads && !member.share) this.#give(member)
    }
    this.#forgetRemoved(running)
    this.#version = threads.version
    this.#hasChanged = false
  }

  /** Gives a destination to a send thread, which from then on sends to it, if a thread is available. */
  #give(member: Member): void {
    const { threads, local } = this.#options
    const thread = threads.threadFor(this.#shares, this.#members.size)
    const share = thread && this.#shareOf(thread)
    if (!share) return
    local.remove(member.destination)
    member.key = this.#nextKey
    this.#nextKey = member.key === 0x7fffffff ? 1 : member.key + 1
    member.share = share
    this.#byKey.set(member.key, member)
    share.members.add(member)
    member.since = undefined
    if (member.isWaiting) share.waiting++
    const { admitDestination, addDestination } = entryKinds
    this.#tell(share, member, member.isWaiting ? admitDestination : addDestination)
    share.thread.load++
    share.thread.destinations++
  }

  /** Tells a thread of a destination, with an entry of the kind `admitDestination` or `addDestination`. */
  #tell({ thread }: Share, member: Member, kind: number): void {
    thread.control(kind, this.#group, member.key, {
      payload: destinationPayload(member.destination),
      onEntered: (end) => {
        if (kind === entryKinds.addDestination) member.since = end
      },
    })
  }

  #shareOf(thread: SendThread): Share | undefined {
    const known = this.#shares.find((share) => share.thread === thread)
    if (known) return known
    const { threads, isSegmenting } = this.#options
    const socket = this.#options.descriptor()
    const descriptor = socket < 0 ? -1 : threads.duplicate(socket)
    if (descriptor < 0) return undefined
    const none = { waiting: 0, skippedBatches: 0 }
    const share = { thread, descriptor, members: new Set<Member>(), ...none }
    this.#shares.push(share)
    const payload = Buffer.alloc(4)
    payload.writeInt32LE(isSegmenting ? 1 : 0)
    thread.control(entryKinds.openDatagrams, this.#group, descriptor, { payload })
    return share
  }

  #leave(member: Member): void {
    const { share, key, since } = member
    if (!share) return
    const { thread } = share
    member.share = undefined
    share.members.delete(member)
    if (member.isWaiting) share.waiting--
    thread.load--
    thread.destinations--
    const removed: Removed = { share, key, since, end: undefined }
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

  /** Forgets the keys of removed destinations about which no report can arrive any more. */
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
    const { thread, members, waiting } = share
    if (members.size === waiting) return
    const isWaiting = share.skippedBatches > 0 && share.skippedBatches < maxSkippedBatches
    if (thread.isLate || (isWaiting && !hasEntry) || !this.#enter(share, packets)) {
      share.skippedBatches++
      this.#leaveOut(share, packets)
      return
    }
    share.skippedBatches = 0
    thread.packetsOut += packets.length * (members.size - waiting)
  }

  /**
   * Writes packets as one entry into the ring (queue) of the thread of a share.
   *
   * @param only - Destination to which the thread sends the packets. Default: all members of the share.
   * @returns `false` without room in the ring: nothing is written.
   */
  #enter({ thread }: Share, packets: readonly Buffer[], only?: Member): boolean {
    let sizeBytes = 0
    for (const packet of packets) sizeBytes += packet.length
    const counts = { group: this, packets: packets.length, sizeBytes }
    const media: UnsentPackets = only ? { ...counts, destination: only.destination } : counts
    const keyBytes = only ? 4 : 0
    const kind = only ? entryKinds.sendDatagramsTo : entryKinds.sendDatagrams
    const entry = thread.reserve(kind, this.#group, packets.length, {
      sizeBytes: keyBytes + packets.length * 4 + sizeBytes,
      media,
    })
    if (entry < 0) return false
    if (only) thread.words[entry / 4] = only.key
    writePackets(thread, entry + keyBytes, packets)
    thread.commit()
    return true
  }

  /**
   * Counts packets as dropped for all destinations of a share, because their thread is too slow. The system has refused
   * none of them.
   */
  #leaveOut({ thread, members, waiting }: Share, packets: readonly Buffer[]): void {
    let sizeBytes = 0
    for (const packet of packets) sizeBytes += packet.length
    thread.packetsDropped += packets.length * (members.size - waiting)
    for (const { destination, isWaiting } of members)
      if (!isWaiting) dropped(destination, packets.length, sizeBytes)
  }
}

const nothing = Object.freeze({})

/** Counts packets as dropped that have been counted as sent to a destination. The system has refused none of them. */
function dropped({ counters }: DatagramDestination, packets: number, sizeBytes: number): void {
  if (!counters) return
  counters.packetsOut -= packets
  counters.bytesOut -= sizeBytes
  counters.packetsDropped += packets
}
