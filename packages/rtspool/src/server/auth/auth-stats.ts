/**
 * Reason why the server has refused a request: no credentials, malformed ones, a scheme that is not
 * offered, or wrong credentials. Right credentials are refused for another URI, after their nonce
 * has expired, or without permission. `unavailable`: the hook `login` could not decide.
 */
export type AuthRefusalReason =
  | 'missing'
  | 'malformed'
  | 'unsupported'
  | 'wrong'
  | 'otherUri'
  | 'stale'
  | 'forbidden'
  | 'unavailable'

/** Numbers of requests so far, by the result of their authentication. */
export interface RtspServerAuthStats {
  readonly accepted: number
  readonly refused: Readonly<Record<AuthRefusalReason, number>>
  /** Number of requests that wait at the moment because their host has sent wrong credentials. */
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
    unavailable: 0,
  }

  snapshot(waiting: number): RtspServerAuthStats {
    return { accepted: this.accepted, refused: { ...this.refused }, waiting }
  }
}
