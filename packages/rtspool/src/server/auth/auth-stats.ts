/**
 * Reason for refusing a request: its credentials are missing; malformed; of a scheme that is not
 * offered; wrong; right, but for another URI; right, but with an expired nonce; right, but without
 * permission.
 */
export type AuthRefusalReason =
  | 'missing'
  | 'malformed'
  | 'unsupported'
  | 'wrong'
  | 'otherUri'
  | 'stale'
  | 'forbidden'

/** Counts of the decisions of authentication. */
export interface RtspServerAuthStats {
  readonly accepted: number
  readonly refused: Readonly<Record<AuthRefusalReason, number>>
  /** Requests that wait at the moment because their host has sent wrong credentials. */
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
