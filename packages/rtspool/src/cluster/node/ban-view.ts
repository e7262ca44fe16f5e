import type { BanChange, BeatReply, ClusterBan } from '../cluster-store.js'

interface KnownBan {
  readonly record: string
  /** Monotonic time in milliseconds at which the ban ends. */
  readonly endsAt: number
}

/** Bans of the cluster as this node knows them. */
export class BanView {
  readonly #bans = new Map<string, KnownBan>()
  #cursor = ''

  /** Position in the ledger's list of changes, for the next beat. */
  get cursor(): string {
    return this.#cursor
  }

  /**
   * Takes over the changes in the reply to a beat.
   *
   * @returns Changes for the list of bans of this node.
   */
  apply(reply: Extract<BeatReply, { status: 'ok' }>, now: number): readonly BanChange[] {
    this.#cursor = reply.banCursor
    const changes: BanChange[] = []
    if (reply.isBanReset) {
      for (const publicId of this.#bans.keys()) {
        changes.push({ publicId, record: undefined, remainingMs: 0 })
      }
      this.#bans.clear()
    }
    for (const change of reply.bans) {
      const { publicId, record, remainingMs } = change
      changes.push(change)
      if (record === undefined) this.#bans.delete(publicId)
      else this.#bans.set(publicId, { record, endsAt: endOf(remainingMs, now) })
    }
    return changes
  }

  /** Returns the bans that have not ended, in the order in which the node learned of them. */
  list(now: number): ClusterBan[] {
    for (const [publicId, { endsAt }] of this.#bans) {
      if (endsAt <= now) this.#bans.delete(publicId)
    }
    return [...this.#bans].map(([publicId, { record, endsAt }]) => ({
      publicId,
      record,
      durationMs: endsAt === Number.POSITIVE_INFINITY ? 0 : endsAt - now,
    }))
  }

  /** Prepares the view for a ledger that has lost its list of bans. */
  restart(): void {
    this.#cursor = ''
  }
}

const endOf = (remainingMs: number, now: number): number =>
  remainingMs === 0 ? Number.POSITIVE_INFINITY : now + remainingMs
