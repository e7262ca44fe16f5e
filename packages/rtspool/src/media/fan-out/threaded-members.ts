import type { Clock } from '../../clock.js'
import { type DirectSends, servedElsewhere } from '../../transport/tcp/direct-sends.js'
import { entryKinds } from '../../transport/threads/entries.js'
import type { SendThread } from '../../transport/threads/send-thread.js'
import type { SendThreads } from '../../transport/threads/send-threads.js'
import type { MediaReports } from '../../transport/threads/thread-reports.js'
import type { FrameFormat } from './frame-format.js'
import type { PacketBatch } from './packet-batch.js'
import { resumeIndex, type WaitingReader } from './resume-point.js'

/** A member of an interleaved group, as send threads need it. */
export interface ThreadMember {
  /** Slot of the member's connection in {@link DirectSends}; -1 without one. */
  readonly slot: number
  /** Index of the member in the list of members of the group. */
  position: number
  /** True while the member is sent no packets, because its connection was congested. */
  isSkipping: boolean
}

/**
 * Side of an interleaved group that {@link ThreadedMembers} uses: the viewers, and functions that send packets to a
 * viewer or count packets.
 */
export interface ThreadedGroup<M extends ThreadMember> {
  readonly members: readonly M[]
  /**
   * Returns the maximum milliseconds that a member who was sent no packets waits for a key frame. Afterwards it is sent
   * any picture.
   */
  maxEntryWaitMs(member: M): number
  /**
   * Sets the value of a member in `slots` of {@link DirectSends.sendAll}: the member's slot, -1 to leave packets out,
   * or {@link servedElsewhere}.
   */
  place(member: M, slot: number): void
  /**
   * Writes a batch to a member's connection from the event loop, or leaves it out for a congested connection. `frames`
   * = the batch in the group's {@link FrameFormat}.
   */
  deliver(member: M, batch: PacketBatch, frames: Buffer): void
  /** Counts packets as dropped for a member. `sizeBytes` is their total size in bytes, without frame headers. */
  leaveOut(member: M, packets: number, sizeBytes: number): void
  /**
   * Counts packets of earlier batches as sent to a member, and no longer as dropped.
   *
   * @param sizeBytes - Total size of the packets in bytes, without frame headers.
   */
  catchUp(member: M, packets: number, sizeBytes: number): void
  /** Called when packets begin to be left out for a member (`isBehind`), or are sent to the member again. */
  noteLag(member: M, isBehind: boolean): void
}

/** Share of a group: the members to whom one send thread sends. */
interface Share<M> extends WaitingReader {
  readonly thread: SendThread
  readonly members: Set<M>
  /** True while the members are sent no packets because the thread was too slow, until the next entry point. */
  isSkipping: boolean
}

/**
 * Packets that one entry in the ring (queue) of a send thread contains: a whole batch, or its end from a key frame on.
 */
interface Part {
  /** Batch whose packets the entry contains exactly; `undefined` if the entry contains only the end of a batch. */
  readonly batch: PacketBatch | undefined
  /** Running number of the batch within the group, from 0 on. */
  readonly number: number
}

/** Member of the group, and the batches that a send thread's report on its unsent bytes may be about. */
interface Reported<M> {
  readonly member: M
  /** Running number, within the group, of the first batch after the member was added. */
  readonly from: number
  /** Number of the first batch after the member last left a thread that skipped packets because it was too slow. */
  resumesFrom: number
}

const noSlot = -1
const nothing: readonly Buffer[] = Object.freeze([])

/**
 * Members of one interleaved group to which send threads send. A group of 16 and more viewers gives the write side of
 * their connections to threads, at the beginning of a batch. With 8 and fewer viewers the group takes the write sides
 * back.
 */
export class ThreadedMembers<M extends ThreadMember> implements MediaReports {
  readonly #format: FrameFormat
  readonly #clock: Clock
  readonly #sends: DirectSends
  readonly #threads: SendThreads
  readonly #owner: ThreadedGroup<M>
  readonly #group: number
  readonly #shares: Share<M>[] = []
  /** Members to whom a send thread sends, each with the share that it belongs to: the members of one thread. */
  readonly #joined = new Map<M, Share<M>>()
  readonly #bySlot = new Map<number, Reported<M>>()
  /** Members whose connection a send thread is giving back to the event loop, each with that thread. */
  readonly #returning: { readonly member: M; readonly thread: SendThread }[] = []
  /** Members for which the group has asked that a send thread writes to their connection. */
  readonly #wanting = new Set<M>()
  /** Number of members that threads can serve; 0 if the group is too small for threads. */
  #servable = 0
  /** Running number of the next batch within the group. */
  #next = 0
  #version = -1
  #hasChanged = true
  readonly #choose = (): SendThread | undefined =>
    this.#threads.threadFor(this.#shares, this.#servable)

  constructor(
    format: FrameFormat,
    clock: Clock,
    sends: DirectSends,
    threads: SendThreads,
    owner: ThreadedGroup<M>,
  ) {
    this.#format = format
    this.#clock = clock
    this.#sends = sends
    this.#threads = threads
    this.#owner = owner
    this.#group = threads.registerGroup(this)
  }

  add(member: M): void {
    this.#hasChanged = true
    if (member.slot >= 0)
      this.#bySlot.set(member.slot, { member, from: this.#next, resumesFrom: 0 })
  }

  /**
   * Asks that a thread sends the cached packets with which a member begins, if threads serve the group. Call it before
   * the packets are written: the thread then sends them in front of later batches.
   *
   * @param sizeBytes - Size of the cached packets in the group's {@link FrameFormat}.
   */
  begin(member: M, sizeBytes: number): void {
    const token = this.#threads.tokens.of(member.slot)
    if (!token || token.isClosing) return
    if (this.#servable === 0) this.#decide()
    if (this.#servable === 0) return
    this.#want(member)
    this.#sends.giveIfWanted(member.slot, sizeBytes)
  }

  remove(member: M): void {
    this.#hasChanged = true
    if (this.#bySlot.get(member.slot)?.member === member) this.#bySlot.delete(member.slot)
    if (this.#leave(member)?.isSkipping) this.#owner.noteLag(member, false)
    this.#unwant(member)
  }

  /**
   * Notes that a member has begun or ceased to skip packets. The next {@link send} decides again which members threads
   * serve.
   */
  changed(): void {
    this.#hasChanged = true
  }

  /**
   * Sends a batch to the members whose connections are written by send threads. The group itself sends the batch to the
   * others afterwards.
   *
   * @returns `true` if there are no others.
   */
  send(batch: PacketBatch): boolean {
    this.#threads.collect()
    if (this.#hasChanged || this.#version !== this.#threads.version) this.#sync()
    for (const share of this.#shares) {
      if (share.members.size > 0) this.#sendShare(share, batch)
    }
    for (const { member, thread } of this.#returning) this.#holdBack(member, thread, batch)
    this.#next++
    return this.#joined.size === this.#owner.members.length
  }

  notSent(slot: number, media: unknown, frames: Buffer, sentBytes: number): boolean {
    const known = this.#bySlot.get(slot)
    const { batch, number } = media as Part
    // A frame that has been begun must be finished, even if the connection is ending. Batches from
    // before the member was added concern an earlier reader of the connection.
    if (!known || !batch || sentBytes > 0 || number < known.from) return false
    const { member } = known
    // The batches after this one have been left out already.
    if (number < known.resumesFrom)
      this.#owner.leaveOut(member, batch.packets.length, batch.sizeBytes)
    else this.#owner.deliver(member, batch, frames)
    return true
  }

  /**
   * Removes all members. The event loop writes to the members' connections again, if no other group wants threads.
   * Threads forget the group.
   */
  close(): void {
    for (const member of [...this.#wanting, ...this.#joined.keys()]) this.remove(member)
    this.#threads.forgetGroup(this.#group)
  }

  /**
   * Decides again for each member whether a send thread or the event loop writes to its connection, and which thread.
   */
  #sync(): void {
    this.#decide()
    const wantsThreads = this.#servable > 0
    this.#returning.length = 0
    for (const member of this.#owner.members) {
      const token = this.#threads.tokens.of(member.slot)
      if (!token) continue
      if (wantsThreads) this.#want(member)
      else this.#unwant(member)
      if (wantsThreads && !member.isSkipping) this.#sends.giveToThread(member.slot, this.#choose)
      const server = token.state === 'thread' && !member.isSkipping ? token.thread : undefined
      // A thread that has failed may still have members, which another one serves by now.
      if (this.#joined.get(member)?.thread !== server) this.#part(member)
      if (server && !member.isSkipping) this.#join(member, server)
      this.#owner.place(member, this.#placeOf(member))
      const { state, thread } = token
      if (state === 'returning' && thread) this.#returning.push({ member, thread })
    }
    this.#version = this.#threads.version
    this.#hasChanged = false
  }

  /** Decides again whether threads serve the group: the smallest number of members depends on the last decision. */
  #decide(): void {
    const { handOverFrom, tokens } = this.#threads
    const keepFrom = this.#servable > 0 ? Math.floor(handOverFrom / 2) + 1 : handOverFrom
    let servable = 0
    for (const { slot } of this.#owner.members) {
      const token = tokens.of(slot)
      if (token && !token.isClosing) servable++
    }
    this.#servable = servable >= keepFrom ? servable : 0
  }

  #placeOf(member: M): number {
    if (member.isSkipping) return noSlot
    return this.#joined.has(member) ? servedElsewhere : member.slot
  }

  /**
   * Removes a member from the members of its send thread. If that thread skips packets because it was too slow, the
   * member goes on to skip them, up to an entry point.
   */
  #part(member: M): void {
    if (!this.#leave(member)?.isSkipping) return
    // A member that skips by itself has told of a lag of its own.
    if (member.isSkipping) this.#owner.noteLag(member, false)
    this.#skipOn(member)
  }

  /**
   * Leaves a batch out for a member whose connection a late thread has not given back yet. The batch would wait for the
   * connection, and the viewer would count as slow.
   */
  #holdBack(member: M, thread: SendThread, batch: PacketBatch): void {
    const { isLate } = thread
    if (isLate) {
      if (!member.isSkipping) this.#owner.noteLag(member, true)
      this.#skipOn(member)
      this.#owner.leaveOut(member, batch.packets.length, batch.sizeBytes)
      thread.packetsDropped += batch.packets.length
    }
    this.#owner.place(member, isLate ? servedElsewhere : this.#placeOf(member))
  }

  #skipOn(member: M): void {
    member.isSkipping = true
    const reported = this.#bySlot.get(member.slot)
    if (reported) reported.resumesFrom = this.#next
  }

  #want(member: M): void {
    if (this.#wanting.has(member)) return
    this.#wanting.add(member)
    const token = this.#threads.tokens.of(member.slot)
    if (!token) return
    token.wanted++
    token.choose = this.#choose
  }

  #unwant(member: M): void {
    if (!this.#wanting.delete(member)) return
    const token = this.#threads.tokens.of(member.slot)
    if (!token) return
    token.wanted--
    if (token.wanted > 0) return
    token.choose = undefined
    this.#threads.tokens.takeBack(member.slot)
  }

  #join(member: M, thread: SendThread): void {
    if (this.#joined.has(member)) return
    let share = this.#shares.find((one) => one.thread === thread)
    if (!share) {
      share = { thread, members: new Set(), isSkipping: false, waitingSince: undefined }
      this.#shares.push(share)
    }
    this.#joined.set(member, share)
    share.members.add(member)
    thread.control(entryKinds.join, this.#group, member.slot)
    if (share.isSkipping) this.#owner.noteLag(member, true)
  }

  /**
   * Removes a member from the members of the send thread that serves it, if there is one.
   *
   * @returns The share (members of one thread) that the member has left; `undefined` if it was in none.
   */
  #leave(member: M): Share<M> | undefined {
    const share = this.#joined.get(member)
    if (!share) return undefined
    this.#joined.delete(member)
    share.members.delete(member)
    share.thread.control(entryKinds.leave, this.#group, member.slot)
    if (share.members.size === 0) this.#shares.splice(this.#shares.indexOf(share), 1)
    return share
  }

  #sendShare(share: Share<M>, batch: PacketBatch): void {
    const part = { batch, number: this.#next }
    const isBlocked = share.isSkipping || share.thread.isLate
    if (isBlocked || !this.#enter(share, part, nothing, batch.packets)) this.#skip(share, batch)
  }

  /**
   * Writes packets in the group's {@link FrameFormat} into the ring (queue) of the send thread of a share, as one entry.
   *
   * @param leads - Packets of earlier batches, such as SPS and PPS, that are sent in front of the others.
   * @param first - Index in `packets` of the first packet to send.
   * @returns `false` without room in the ring: nothing is written.
   */
  #enter(
    { thread, members }: Share<M>,
    media: Part,
    leads: readonly Buffer[],
    packets: readonly Buffer[],
    first = 0,
  ): boolean {
    const sizeBytes = this.#format.sizeBytes(packets, first, leads)
    const offset = thread.reserve(entryKinds.send, this.#group, sizeBytes, { sizeBytes, media })
    if (offset < 0) return false
    this.#format.write(thread.bytes, offset, packets, first, leads)
    thread.commit()
    thread.packetsOut += (leads.length + packets.length - first) * members.size
    return true
  }

  /**
   * Leaves out the packets of a batch before the one with which the members of a share can continue, and sends the
   * others. A share has all members of one thread. Called when the thread is too slow, or its ring is full.
   */
  #skip(share: Share<M>, batch: PacketBatch): void {
    const index = this.#resumeAt(share, batch)
    const packets = index < 0 ? batch.packets.length : index
    const sizeBytes = index < 0 ? batch.sizeBytes : batch.bytesBefore(index)
    const isSkipping = index < 0
    share.thread.packetsDropped += packets * share.members.size
    for (const member of share.members) {
      if (share.isSkipping !== isSkipping) this.#owner.noteLag(member, isSkipping)
      if (packets > 0) this.#owner.leaveOut(member, packets, sizeBytes)
    }
    share.isSkipping = isSkipping
    if (!isSkipping) share.waitingSince = undefined
  }

  /**
   * Sends the packets of a batch from the one on with which the members of a share (all members of one thread) can
   * continue.
   *
   * @returns Index in the batch of the first packet sent; -1 = no packet was sent.
   */
  #resumeAt(share: Share<M>, batch: PacketBatch): number {
    if (share.thread.isLate) {
      share.waitingSince = undefined
      return -1
    }
    const now = this.#clock.now()
    // All members continue together: the one that has been here for longest counts.
    const [first] = share.members
    const maxEntryWaitMs = first ? this.#owner.maxEntryWaitMs(first) : 0
    const index = share.isSkipping ? resumeIndex(share, batch, now, maxEntryWaitMs) : -1
    if (index < 0) return -1
    const leads = index === batch.entryIndex ? batch.earlierLeads : nothing
    const part = { batch: undefined, number: this.#next }
    if (!this.#enter(share, part, leads, batch.packets, index)) return -1
    if (leads.length === 0) return index
    let leadBytes = 0
    for (const lead of leads) leadBytes += lead.length
    for (const member of share.members) this.#owner.catchUp(member, leads.length, leadBytes)
    return index
  }
}
