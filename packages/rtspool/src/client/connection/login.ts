import { randomBytes } from 'node:crypto'
import { digestHa1, digestResponse } from '../../auth/digest.js'
import { ClientError } from '../../errors.js'
import { type RtspResponse, serializeAuthorization } from '../../rtsp/index.js'
import type { ClientBasicPolicy } from '../client-options.js'
import type { ClientCredentials } from '../client-url.js'
import { type SupportedChallenge, supportedChallenges } from './challenges.js'

/** Adds credentials to the requests of one connection, by Digest or Basic, as the server's 401 responses demand. */
export class Login {
  readonly #credentials: ClientCredentials | undefined
  readonly #isBasicAllowed: boolean
  #challenge: SupportedChallenge | undefined
  /** Number of requests that were sent with the nonce of the present challenge. */
  #nonceCount = 0

  constructor(
    credentials: ClientCredentials | undefined,
    basic: ClientBasicPolicy,
    isEncrypted: boolean,
  ) {
    this.#credentials = credentials
    this.#isBasicAllowed = basic === 'always' || (basic === 'overTls' && isEncrypted)
  }

  /**
   * Returns the Authorization header of a request; `undefined` before the first challenge.
   *
   * @param uri - URI exactly as in the request line, because cameras hash that text.
   */
  authorize(method: string, uri: string): string | undefined {
    const challenge = this.#challenge
    const credentials = this.#credentials
    if (!challenge || !credentials) return undefined
    const { username, password } = credentials
    if (challenge.scheme === 'Basic')
      return serializeAuthorization({ scheme: 'Basic', username, password })
    const { algorithm, algorithmText, realm, nonce, hasQop, opaque } = challenge
    const ha1 = digestHa1(algorithm, username, realm, password)
    const proof = hasQop
      ? {
          qop: 'auth',
          nc: (++this.#nonceCount).toString(16).padStart(8, '0'),
          cnonce: randomBytes(8).toString('hex'),
        }
      : {}
    const response = digestResponse(algorithm, ha1, { method, uri, nonce, ...proof })
    return serializeAuthorization({
      scheme: 'Digest',
      ...{ username, realm, nonce, uri, response },
      ...(algorithmText === undefined ? {} : { algorithm: algorithmText }),
      ...(opaque === undefined ? {} : { opaque }),
      ...proof,
    })
  }

  /**
   * Stores the challenge of a 401 response for further requests.
   *
   * @param authorization - Header with which the refused request was sent.
   * @param isFirst - True for the first refusal of the request: its nonce may have expired.
   * @returns Whether the request may succeed with new credentials. A password that was refused is
   * not sent again, because cameras lock users out.
   * @throws {ClientError} `ERR_CLIENT_AUTH_SCHEME`
   */
  accept(response: RtspResponse, authorization: string | undefined, isFirst: boolean): boolean {
    if (!this.#credentials) return false
    const [challenge] = supportedChallenges(response).filter(
      ({ scheme }) => scheme === 'Digest' || this.#isBasicAllowed,
    )
    if (!challenge) {
      throw new ClientError(
        'ERR_CLIENT_AUTH_SCHEME',
        'the server offers no authentication that the client may use (Basic needs TLS, or basic: "always")',
      )
    }
    const before = this.#challenge
    this.#challenge = challenge
    this.#nonceCount = 0
    if (authorization === undefined) return true
    if (challenge.scheme === 'Basic' || before?.scheme !== 'Digest') return false
    return challenge.isStale || (isFirst && challenge.nonce !== before.nonce)
  }
}
