/** State of one return of a source, which all of its tracks share. */
export class SourceReturn {
  /** Index of the track that begins first; `undefined` if any may. */
  readonly leader: number | undefined
  /** Time of the return in milliseconds of the monotonic clock. */
  readonly at: number
  /** True once the first track has begun. */
  isOpen = false
  /** True if the source has stated the time of the first track's beginning, so that other tracks can match it. */
  isTimed = false

  constructor(leader: number | undefined, at: number) {
    this.leader = leader
    this.at = at
  }

  /** Returns whether a track may begin now: any track once one has begun, before that only the leader. */
  admits(trackIndex: number): boolean {
    return this.isOpen || this.leader === undefined || this.leader === trackIndex
  }
}
