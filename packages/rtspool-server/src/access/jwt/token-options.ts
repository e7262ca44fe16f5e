/** Names of the JWT claims that contain the user name, the rights, the session groups and the role of a client. */
export interface TokenClaims {
  readonly user: string
  readonly paths: string
  readonly actions: string
  /** Name of the claim with groups, such as `{ plan: 'free' }`; `undefined` = no groups. */
  readonly groups: string | undefined
  /** Name of the claim with the role in the control API; `undefined` = tokens do not open the API. */
  readonly role: string | undefined
}

/** Keys, algorithms and claims of the JWTs with which clients may log in. */
export interface TokenOptions {
  /** Keys that verify the signatures of tokens: the URL of a JWKS, or the text of a key. */
  readonly keys: { readonly url: string } | { readonly text: string }
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly algorithms: readonly string[]
  readonly claims: TokenClaims
  readonly clockToleranceSeconds: number
  /** Certificates of the accepted authorities in PEM; `undefined` = those that Node trusts. */
  readonly ca: string | undefined
}
