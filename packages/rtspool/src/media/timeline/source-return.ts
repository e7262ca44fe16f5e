/** State of one return of a source that was away, which all of its tracks share. */
export class SourceReturn {
  /** Index of the track with which viewers continue first; `undefined` if any track may be the first. */
  readonly leader: number | undefined
  /** Time at which the source returned, in milliseconds of the monotonic clock. */
  readonly at: number
  /** True once the first track has continued, so that all others may. */
  isOpen = false
  /** True if the source has stated the time of the first track's beginning, so that other tracks can match it. */
  isTimed = false

  constructor(leader: number | undefined, at: number) {
    this.leader = leader
    this.at = at
  }

  /**
   * Returns whether viewers may continue with a track now: with any track once one has begun, and before that only with
   * the leader.
   */
  admits(trackIndex: number): boolean {
    return this.isOpen || this.leader === undefined || this.leader === trackIndex
  }
}
