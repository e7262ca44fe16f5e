/**
 * Why a request was not let in: it had no credentials; they could not be read; they are of a kind that is not
 * offered; they are wrong; right, but for another URI; right, but their nonce is not good any more; right, but the
 * user may not do this.
 */
export type AuthRefusalReason =
  | 'missing'
  | 'malformed'
  | 'unsupported'
  | 'wrong'
  | 'otherUri'
  | 'stale'
  | 'forbidden'

/** What authentication has decided so far. */
export interface RtspServerAuthStats {
  readonly accepted: number
  readonly refused: Readonly<Record<AuthRefusalReason, number>>
  /** Requests that wait at the moment, because credentials from their host were wrong. */
  readonly waiting: number
}

export class AuthStatsCounter {
  accepted = 0
  readonly refused: Record<AuthRefusalReason, number> = {
    missing: 0,
    malformed: 0,
    unsupported: 0,
    wrong: 0,
    otherUri: 0,
    stale: 0,
    forbidden: 0,
  }

  snapshot(waiting: number): RtspServerAuthStats {
    return { accepted: this.accepted, refused: { ...this.refused }, waiting }
  }
}
