/** Names of the claims that say what a token allows. */
export interface TokenClaims {
  readonly user: string
  readonly paths: string
  readonly actions: string
  /** `undefined` = tokens put sessions into no groups. */
  readonly groups: string | undefined
}

/** Settings of {@link TokenLogins}. */
export interface TokenOptions {
  /** URL of a JWKS, or the text of a key. */
  readonly keys: { readonly url: string } | { readonly text: string }
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly algorithms: readonly string[]
  readonly claims: TokenClaims
  readonly clockToleranceSeconds: number
  /** Certificates of authorities in PEM; `undefined` = the well-known ones. */
  readonly ca: string | undefined
}
