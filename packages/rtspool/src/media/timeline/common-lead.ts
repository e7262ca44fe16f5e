/** A track that shares a {@link CommonLead}. */
export interface LeadMember {
  /** True once viewers have been sent times of the track. */
  readonly isAnnounced: boolean
}

/**
 * Milliseconds by which a source sends its packets ahead of their time, common to the tracks of a media.
 *
 * A source that sends a burst sends all tracks ahead. The tracks share one lead so that sound and pictures match,
 * although each packet of a burst belongs to one track only.
 */
export class CommonLead {
  readonly #members: LeadMember[] = []
  #ms = 0

  /** Milliseconds by which the source sends ahead; never decreases. */
  get ms(): number {
    return this.#ms
  }

  /** True once viewers have been sent times of any track. */
  get isAnnounced(): boolean {
    for (const member of this.#members) if (member.isAnnounced) return true
    return false
  }

  join(member: LeadMember): void {
    this.#members.push(member)
  }

  grow(byMs: number): void {
    this.#ms += byMs
  }
}
