import {
  type BeatReply,
  type BeatRequest,
  type ClusterNodeRow,
  type CollectReply,
  type CollectRequest,
  type FlushReply,
  type FlushRequest,
  type JoinReply,
  type JoinRequest,
  type MailReply,
  type MailRequest,
  type NodeTag,
  type PublishReply,
  type PublishRequest,
  poolKey,
  type ReapReply,
  type ReapRequest,
  type StreamPage,
  type UnpublishReply,
  type UnpublishRequest,
} from '../cluster-store.js'
import type { ResolvedStoreOptions } from '../store-options.js'
import { BanLedger } from './ban-ledger.js'
import { CreditLedger } from './credit-ledger.js'
import { DeadNodes } from './dead-nodes.js'
import { EventCounters } from './event-counters.js'
import { LedgerTime } from './ledger-time.js'
import { MailLedger } from './mail-ledger.js'
import { SessionDirectory } from './session-directory.js'
import { StreamDirectory } from './stream-directory.js'

interface Member {
  readonly nonce: string
  readonly info: string
  /** Time at which the lease of the node expires, in milliseconds of {@link LedgerTime}. */
  leaseEndsAt: number
  seq: number
  flushSeq: number
  live: number
}

/**
 * Everything that a store of a cluster holds, from the first join to the loss of its data. Each
 * function is one atomic step at a reading of the wall clock in milliseconds.
 */
export class Ledger {
  readonly time: LedgerTime
  readonly credits = new CreditLedger()
  readonly directory: SessionDirectory
  readonly bans: BanLedger
  readonly #mail = new MailLedger()
  readonly #counters: EventCounters
  readonly #options: ResolvedStoreOptions
  readonly #members = new Map<NodeTag, Member>()
  readonly #dead = new DeadNodes()
  readonly #streams = new StreamDirectory()
  #epoch: string | undefined
  #version = 0
  /**
   * End of the time after a loss of data in which the ledger grants only credits that nodes have held before. In
   * milliseconds of {@link LedgerTime}.
   */
  #warmEndsAt = 0
  #starvesUntil = 0

  constructor(options: ResolvedStoreOptions) {
    this.#options = options
    this.time = new LedgerTime(options.leaseMs)
    this.directory = new SessionDirectory(options.maxRemovals)
    this.bans = new BanLedger(options.maxRemovedBans)
    this.#counters = new EventCounters(options.maxCounters)
  }

  join({ tag, nonce, info, claims }: JoinRequest, unixTimeMs: number): JoinReply {
    if (this.#dead.hasUsed(tag)) return { status: 'taken' }
    const member = this.#members.get(tag)
    if (member !== undefined) {
      if (member.nonce !== nonce || this.#epoch === undefined) return { status: 'taken' }
      // The node counts its lease from this repetition.
      member.leaseEndsAt = this.time.advance(unixTimeMs) + this.#options.leaseMs
      const credits = claims.map(({ key }) => this.credits.of(tag, key))
      return { status: 'ok', epoch: this.#epoch, credits }
    }
    const now = this.time.advance(unixTimeMs)
    const epoch = this.#epoch ?? this.#found(nonce, unixTimeMs, now)
    const leaseEndsAt = now + this.#options.leaseMs
    this.#members.set(tag, { nonce, info, leaseEndsAt, seq: 0, flushSeq: 0, live: 0 })
    this.#version++
    const credits = claims.map((claim) => this.credits.settle(tag, claim, true))
    return { status: 'ok', epoch, credits }
  }

  beat(request: BeatRequest, unixTimeMs: number): BeatReply {
    const { tag, epoch, seq, answeredSeq, answeredFlushSeq, live, claims, banCursor } = request
    const member = this.#memberOf(tag, epoch, unixTimeMs)
    if (typeof member === 'string') return { status: member }
    if (answeredSeq > member.seq || answeredFlushSeq > member.flushSeq) {
      this.#startAfresh(tag, unixTimeMs)
      return { status: 'epoch' }
    }
    if (seq <= member.seq) return { status: 'stale' }
    const now = this.time.advance(unixTimeMs)
    member.seq = seq
    member.live = live
    member.leaseEndsAt = now + this.#options.leaseMs
    this.#buryOne(now)
    const isWarm = now >= this.#warmEndsAt
    const credits = claims.map((claim) => {
      const held = this.credits.settle(tag, claim, isWarm || claim.isHeld === true)
      const isShort = claim.key === poolKey && held < claim.target
      if (isShort && isWarm) this.#starvesUntil = now + Math.floor(this.#options.leaseMs / 2)
      return held
    })
    const { bans, cursor, isReset, hasMore } = this.bans.after(banCursor, now)
    return {
      status: 'ok',
      credits,
      isStarving: now < this.#starvesUntil,
      version: this.#version,
      reap: this.#dead.reserve(now),
      bans,
      banCursor: cursor,
      isBanReset: isReset,
      hasMoreBans: hasMore,
      ...(this.#mail.has(tag) && { hasMail: true as const }),
      ...(this.#streams.version > 0 && { streams: this.#streams.version }),
    }
  }

  flush(request: FlushRequest, unixTimeMs: number): FlushReply {
    const { tag, epoch, seq, puts, removals, events } = request
    const member = this.#memberOf(tag, epoch, unixTimeMs)
    if (typeof member === 'string') return { status: member }
    // Only requests that renew a lease move the time on.
    const now = this.time.at(unixTimeMs)
    // The reply to this batch was lost, or a later batch of the node has overtaken this one.
    if (seq > member.flushSeq) {
      member.flushSeq = seq
      for (const entry of puts) this.directory.put(tag, entry)
      for (const removal of removals) this.directory.remove(tag, removal, unixTimeMs)
      if (events.length > 0) this.#counters.dropEnded(now)
      for (const event of events) this.#counters.add(event, now)
    }
    return { status: 'ok', totals: events.map(({ key }) => this.#counters.total(key, now)) }
  }

  reap({ tag, epoch, dead }: ReapRequest, unixTimeMs: number): ReapReply {
    const member = this.#memberOf(tag, epoch, unixTimeMs)
    if (typeof member === 'string') return { status: member }
    if (!this.#dead.has(dead)) return { status: 'ok', isDone: true }
    const { reapBatch } = this.#options
    const isDone =
      this.credits.take(dead, reapBatch) && this.directory.reap(dead, reapBatch, unixTimeMs)
    if (isDone) {
      this.#dead.forget(dead)
      this.#mail.drop(dead)
      this.#version++
    }
    return { status: 'ok', isDone }
  }

  leave(tag: NodeTag, epoch: string): void {
    const member = this.#members.get(tag)
    if (epoch === this.#epoch && member !== undefined) this.#bury(tag, member)
  }

  send(request: MailRequest, unixTimeMs: number): MailReply {
    if (!this.#members.has(request.to)) return 'gone'
    return this.#mail.send(request, unixTimeMs)
  }

  collect({ tag, epoch, done }: CollectRequest, unixTimeMs: number): CollectReply {
    if (epoch !== this.#epoch) return { status: 'epoch' }
    if (!this.#members.has(tag)) return { status: 'fenced' }
    return { status: 'ok', messages: this.#mail.collect(tag, done, unixTimeMs) }
  }

  publish(request: PublishRequest, unixTimeMs: number): PublishReply {
    const member = this.#memberOf(request.tag, request.epoch, unixTimeMs)
    if (typeof member === 'string') return { status: member }
    const now = this.time.at(unixTimeMs)
    const hasLease = (tag: NodeTag): boolean => (this.#members.get(tag)?.leaseEndsAt ?? -1) >= now
    return this.#streams.publish(request, { hasLease, nextSerial: this.directory.nextSerial })
  }

  unpublish(request: UnpublishRequest, unixTimeMs: number): UnpublishReply {
    const member = this.#memberOf(request.tag, request.epoch, unixTimeMs)
    if (typeof member === 'string') return { status: member }
    this.#streams.unpublish(request, this.directory.nextSerial)
    return { status: 'ok' }
  }

  streams(known: string | undefined): StreamPage | undefined {
    const version = `${this.#streams.version}.${this.#version}`
    if (version === known) return undefined
    return { version, streams: this.#streams.list((tag) => this.#members.has(tag)) }
  }

  nodes(unixTimeMs: number): ClusterNodeRow[] {
    const now = this.time.at(unixTimeMs)
    const rows: ClusterNodeRow[] = []
    for (const [tag, { info, live, leaseEndsAt }] of this.#members) {
      rows.push({ tag, info, state: leaseEndsAt >= now ? 'active' : 'suspect', live })
    }
    return [...rows, ...this.#dead.rows()].sort((a, b) => (a.tag < b.tag ? -1 : 1))
  }

  #found(founder: string, unixTimeMs: number, now: number): string {
    // A late copy of the request that founded an earlier ledger has the same nonce.
    this.#epoch = `${founder}-${unixTimeMs}`
    this.#warmEndsAt = now + this.#options.warmMs
    this.directory.begin(unixTimeMs)
    return this.#epoch
  }

  /** Begins a new epoch without nodes, because a node knows more than the ledger. */
  #startAfresh(newcomer: NodeTag, unixTimeMs: number): void {
    const now = this.time.advance(unixTimeMs)
    for (const [tag, member] of this.#byLease()) this.#bury(tag, member)
    this.#found(newcomer, unixTimeMs, now)
  }

  /** Returns the node of a request, or the reason for which the ledger refuses the request. */
  #memberOf(tag: NodeTag, epoch: string, unixTimeMs: number): Member | 'epoch' | 'fenced' {
    if (epoch !== this.#epoch) return 'epoch'
    const member = this.#members.get(tag)
    if (member !== undefined) return member
    if (this.#dead.hasUsed(tag)) return 'fenced'
    // The node knows the epoch from its join, which the ledger has forgotten.
    this.#startAfresh(tag, unixTimeMs)
    return 'epoch'
  }

  #byLease(): [NodeTag, Member][] {
    return [...this.#members].sort(
      ([a, { leaseEndsAt: endOfA }], [b, { leaseEndsAt: endOfB }]) =>
        endOfA - endOfB || (a < b ? -1 : 1),
    )
  }

  /** Buries the node whose lease has been over for longest, if its time of grace is over, too. */
  #buryOne(now: number): void {
    const [first] = this.#byLease()
    if (first === undefined) return
    const [tag, member] = first
    if (member.leaseEndsAt < now - this.#options.graceMs) this.#bury(tag, member)
  }

  /** Declares a node dead: its lease and its credits for `pool` end at once, and other nodes remove the rest. */
  #bury(tag: NodeTag, member: Member): void {
    this.#members.delete(tag)
    this.#dead.add(tag, member)
    this.credits.takePool(tag)
    this.#version++
  }
}
