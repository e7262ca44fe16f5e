/** A track that shares a lead. */
export interface LeadMember {
  /** True once viewers have been sent the time of the track. */
  readonly isAnnounced: boolean
}

/**
 * The lead of a media's RTP time over the arrival of its packets: milliseconds by which the source
 * sends ahead.
 *
 * A source that sends a burst sends all tracks ahead. The tracks share one lead, so that sound
 * stays in step with the pictures, although each packet of a burst belongs to one track only.
 */
export class CommonLead {
  readonly #members: LeadMember[] = []
  #ms = 0

  /** Lead in milliseconds; never decreases. */
  get ms(): number {
    return this.#ms
  }

  /** True once viewers have been sent the time of any track. */
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
