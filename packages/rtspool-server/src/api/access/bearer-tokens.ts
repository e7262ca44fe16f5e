import { EventEmitter } from 'node:events'
import type { LoginFacts, Logins, RefusedLogin } from './logins.js'
import type { TokenFacts, TokenStore } from './tokens.js'

export interface BearerTokensEvents {
  /** Emitted with the id of a token after its removal, or with the id of a login after its end. */
  ended: [id: string]
}

/**
 * All bearer tokens that may call the API: those of the token file, those of logins by
 * password, and JWTs with a role.
 */
export class BearerTokens extends EventEmitter<BearerTokensEvents> {
  readonly #tokens: TokenStore
  readonly #logins: Logins

  constructor(tokens: TokenStore, logins: Logins) {
    super()
    // Each stream of events listens.
    this.setMaxListeners(0)
    this.#tokens = tokens
    this.#logins = logins
    tokens.on('removed', (id) => this.emit('ended', id))
    logins.on('ended', (id) => this.emit('ended', id))
  }

  /**
   * Finds the token that a client sent, among those that are known without a check of a JWT.
   *
   * @param address - Address of the client.
   * @returns `undefined` for an unknown token, and for a login that is not valid at the address.
   */
  find(token: string, address: string): (TokenFacts & { readonly user?: string }) | undefined {
    return this.#tokens.find(token) ?? this.#logins.find(token, address)
  }

  /**
   * Checks a JWT that {@link find} does not know yet.
   *
   * @returns The login of its user, or the reason for a refusal; `undefined` for any other text.
   */
  accept(token: string, address: string): Promise<LoginFacts | RefusedLogin | undefined> {
    return this.#logins.acceptToken(token, address)
  }
}
