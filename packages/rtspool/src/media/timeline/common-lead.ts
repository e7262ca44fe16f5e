/** A track that takes part in a lead. */
export interface LeadMember {
  /** Whether viewers know the time of the track. */
  readonly isAnnounced: boolean
}

/**
 * The lead of a media's RTP time over the arrival of its packets: milliseconds by which the source has sent ahead.
 *
 * A source that sends a burst sends all tracks ahead. The tracks share one lead, so that sound stays with its pictures
 * although each packet of a burst belongs to one track only.
 */
export class CommonLead {
  readonly #members: LeadMember[] = []
  #ms = 0

  /** Milliseconds; never falls. */
  get ms(): number {
    return this.#ms
  }

  /** Whether viewers know the time of a track. */
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
