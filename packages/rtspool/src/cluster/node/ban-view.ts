import type { BanChange, BeatReply, ClusterBan } from '../cluster-store.js'

interface KnownBan {
  readonly record: string
  /** Monotonic time in milliseconds at which the ban ends. */
  readonly endsAt: number
}

/** Bans of the cluster as this node knows them. */
export class BanView {
  readonly #bans = new Map<string, KnownBan>()
  /** Bans from before the list has begun again, which it has not shown yet. */
  readonly #unseen = new Set<string>()
  #cursor = ''
  #isComplete = false

  /**
   * Position in the cluster's list of changes of bans, which the node sends in its next beat (sign of life) to get
   * later changes.
   */
  get cursor(): string {
    return this.#cursor
  }

  /** Tells that the node knew every change of bans at the last reply, and none waits. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * Applies the changes of bans in the reply to a beat, the node's sign of life.
   *
   * @param now - Monotonic milliseconds of this node.
   * @returns Changes for the list of bans of this node.
   */
  apply(reply: Extract<BeatReply, { status: 'ok' }>, now: number): readonly BanChange[] {
    this.#cursor = reply.banCursor
    this.#isComplete = !reply.hasMoreBans
    this.#dropEnded(now)
    if (reply.isBanReset) for (const publicId of this.#bans.keys()) this.#unseen.add(publicId)
    for (const { publicId, record, remainingMs } of reply.bans) {
      this.#unseen.delete(publicId)
      if (record === undefined) this.#bans.delete(publicId)
      else this.#bans.set(publicId, { record, endsAt: endOf(remainingMs, now) })
    }
    return this.#isComplete ? [...reply.bans, ...this.#dropUnseen()] : reply.bans
  }

  /**
   * Returns the bans of the cluster that have not ended, in the order in which the node learned of them.
   *
   * @param now - Monotonic milliseconds of this node.
   */
  list(now: number): ClusterBan[] {
    this.#dropEnded(now)
    return [...this.#bans].map(([publicId, { record, endsAt }]) => ({
      publicId,
      record,
      durationMs: endsAt === Number.POSITIVE_INFINITY ? 0 : endsAt - now,
    }))
  }

  /**
   * Forgets the position in the list of changes of bans, because the ledger has lost this list. The bans themselves
   * stay known.
   */
  restart(): void {
    this.#cursor = ''
    this.#isComplete = false
    this.#unseen.clear()
  }

  #dropEnded(now: number): void {
    for (const [publicId, { endsAt }] of this.#bans) {
      if (endsAt <= now) this.#bans.delete(publicId)
    }
  }

  #dropUnseen(): BanChange[] {
    const changes = [...this.#unseen].map((publicId) => ({
      publicId,
      record: undefined,
      remainingMs: 0,
    }))
    for (const { publicId } of changes) this.#bans.delete(publicId)
    this.#unseen.clear()
    return changes
  }
}

const endOf = (remainingMs: number, now: number): number =>
  remainingMs === 0 ? Number.POSITIVE_INFINITY : now + remainingMs
