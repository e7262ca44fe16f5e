import type { InspectOptions } from 'node:util'
import { type Inspect, inspectCustom, inspectSummary } from '../../inspection.js'
import { TellSometimes } from '../../listeners.js'
import type {
  Ban,
  BanCause,
  BanEnd,
  BanHit,
  BanRecord,
  BanSubject,
  ResolvedSubject,
} from './ban.js'

/** Client that a look-up compares with the bans: its address, user and path. */
export interface Candidate {
  /**
   * Hexadecimal digits of the client's address, from {@link addressDigits}. A banned network is a
   * beginning of these digits.
   */
  readonly digits: string | undefined
  readonly user: string | undefined
  readonly path: string | undefined
}

/** Changeable facts of a ban: end, reason, author and cause. */
export interface BanFacts extends BanEnd {
  readonly reason: string | undefined
  readonly author: string | undefined
  readonly cause: BanCause
}

/** Public id, position and time of creation of a ban, which never change. */
export interface BanIdentity {
  readonly publicId: string
  readonly createdTime: Date
}

/** A ban of the list, which implements the public interface {@link Ban}. */
export class BanEntry implements Ban {
  readonly subject: ResolvedSubject
  readonly publicId: string
  readonly createdTime: Date
  /** Serial number of the ban: its position in the list, in order of addition. */
  readonly serial: number
  until: number | undefined
  reason: string | undefined
  author: string | undefined
  cause: BanCause
  /** End of the ban in milliseconds of the pool's clock; `Infinity` = never. */
  endsAt: number
  hits = 0
  lastHitTime: Date | undefined = undefined
  #events: TellSometimes | undefined = undefined

  constructor(subject: ResolvedSubject, facts: BanFacts & BanIdentity, serial: number) {
    this.subject = subject
    this.publicId = facts.publicId
    this.createdTime = facts.createdTime
    this.until = facts.until
    this.reason = facts.reason
    this.author = facts.author
    this.cause = facts.cause
    this.endsAt = facts.endsAt
    this.serial = serial
  }

  get address(): string | undefined {
    return this.subject.address
  }

  get user(): string | undefined {
    return this.subject.user
  }

  get path(): string | undefined {
    return this.subject.path
  }

  /** Replaces end, reason and author of the ban by those of a newer ban of the same subject. */
  replace(facts: BanFacts): void {
    this.until = facts.until
    this.reason = facts.reason
    this.author = facts.author
    this.cause = facts.cause
    this.endsAt = facts.endsAt
  }

  /** Changes the end of the ban, and leaves its reason and author as they are. */
  lengthen({ until, endsAt }: BanEnd): void {
    this.until = until
    this.endsAt = endsAt
  }

  /**
   * Counts a connection or request that the ban has refused.
   *
   * @returns The event to emit; `undefined` if the ban's last event is too recent.
   */
  noteHit({ address, user, path }: BanSubject, now: number, time: Date): BanHit | undefined {
    this.hits++
    this.lastHitTime = time
    this.#events ??= new TellSometimes()
    const count = this.#events.note(now)
    return count === 0 ? undefined : { address, user, path, count }
  }

  toJSON(): BanRecord {
    const { publicId, address, user, path, until, reason, author, cause, createdTime, hits } = this
    return {
      publicId,
      address,
      user,
      path,
      until,
      reason,
      author,
      cause,
      createdTime: createdTime.toISOString(),
      hits,
    }
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary('Ban', this.toJSON(), depth, options, inspect)
  }
}
