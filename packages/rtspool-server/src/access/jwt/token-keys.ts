import { createPublicKey } from 'node:crypto'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { Clock } from 'rtspool'
import { HttpExchange } from '../http-exchange.js'
import { receiverOf } from '../receiver.js'
import type { TokenOptions } from './token-options.js'

const fetchTimeoutMs = 5000
/**
 * Milliseconds after a fetch of the keys for JWTs in which a token with an unknown key id does not cause another fetch.
 */
const cooldownMs = 30_000
/** Minimum milliseconds from a failed fetch of the keys for JWTs to the next fetch. */
const retryMs = 5000
const cacheMs = 10 * 60 * 1000

/** Error for keys that cannot be fetched. The token can then be neither accepted nor refused. */
export class KeysUnavailableError extends Error {
  override name = 'KeysUnavailableError'
}

/** Checks the signatures of tokens (JWT), and the claims that all tokens must have. */
export class TokenKeys {
  readonly #clock: Clock
  readonly #options: JWTVerifyOptions
  readonly #exchange: HttpExchange
  readonly #key: JWTVerifyGetKey
  #failedUntil = Number.NEGATIVE_INFINITY

  /**
   * Prepares the keys that verify signatures of JWTs. Keys at a URL are fetched when a token needs them.
   *
   * @throws {TypeError} The URL is invalid, or the text is no key.
   */
  constructor(options: TokenOptions, clock: Clock) {
    const { issuer, audience, algorithms, clockToleranceSeconds, ca } = options
    this.#clock = clock
    this.#options = {
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    }
    this.#exchange = new HttpExchange({ maxConnections: 1, ca })
    this.#key = this.#keySourceOf(options)
  }

  /**
   * Returns the claims of a token.
   *
   * @throws {KeysUnavailableError} The keys cannot be fetched.
   * @throws {Error} The token is not valid; the message does not show it.
   */
  async verify(token: string): Promise<JWTPayload> {
    const currentDate = new Date(this.#clock.unixTimeMs())
    try {
      const { payload } = await jwtVerify(token, this.#key, { ...this.#options, currentDate })
      return payload
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) {
        throw new KeysUnavailableError(`the keys of tokens: ${error.message}`, { cause: error })
      }
      throw error
    }
  }

  close(): void {
    this.#exchange.close()
  }

  #keySourceOf({ keys }: TokenOptions): JWTVerifyGetKey {
    if ('url' in keys) {
      const receiver = receiverOf(keys.url)
      return createRemoteJWKSet(new URL(receiver.url), {
        timeoutDuration: fetchTimeoutMs,
        cooldownDuration: cooldownMs,
        cacheMaxAge: cacheMs,
        [customFetch]: (_, { signal }) => this.#fetch(receiver, signal),
      })
    }
    return keySourceOfText(keys.text)
  }

  /**
   * Fetches the keys that verify signatures of JWTs. For {@link retryMs} after a failure, fails at once without a
   * request.
   *
   * @throws {KeysUnavailableError} The keys cannot be fetched.
   */
  async #fetch(receiver: ReturnType<typeof receiverOf>, signal: AbortSignal): Promise<Response> {
    if (this.#clock.now() < this.#failedUntil) {
      throw new KeysUnavailableError('the keys of tokens could not be fetched lately')
    }
    const headers = { accept: 'application/json, application/jwk-set+json' }
    try {
      const { status, body } = await this.#exchange.ask(receiver, {
        method: 'GET',
        headers,
        signal,
      })
      if (status !== 200) throw new Error(`status ${status}`)
      return new Response(new Uint8Array(body), { status })
    } catch (error) {
      this.#failedUntil = this.#clock.now() + retryMs
      const { code } = error as NodeJS.ErrnoException
      const reason = error instanceof Error ? (code ?? error.message) : 'unknown'
      throw new KeysUnavailableError(`the keys of tokens cannot be fetched: ${reason}`)
    }
  }
}

/**
 * Parses the text of a key: a public key or certificate in PEM, a JWKS, or else a shared secret for
 * HS256.
 *
 * @throws {Error} The text looks like PEM or a JWKS, but is invalid.
 */
export function keySourceOfText(text: string): JWTVerifyGetKey {
  if (text.trimStart().startsWith('{')) {
    const keySet = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet)
    return keySet as JWTVerifyGetKey
  }
  const isPem = text.includes('-----BEGIN ')
  const key = isPem ? createPublicKey(text) : new Uint8Array(Buffer.from(text.trim()))
  return () => key
}
