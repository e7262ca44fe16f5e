/** A track whose estimate of RTP time includes the {@link CommonLead} of its media. */
export interface LeadMember {
  /** True once viewers have been sent wall-clock times of the track, by RTCP or RTP-Info. */
  readonly isAnnounced: boolean
}

/**
 * Milliseconds by which a source sends its packets too early, as in a burst; one value for all tracks of a media.
 *
 * A source that sends a burst sends all tracks too early. The tracks share one value so that sound and pictures match,
 * although each packet of a burst belongs to one track only.
 */
export class CommonLead {
  readonly #members: LeadMember[] = []
  #ms = 0

  /** Milliseconds by which the source sends too early; never decreases. */
  get ms(): number {
    return this.#ms
  }

  /** True once viewers have been sent wall-clock times of any track of the media. */
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
