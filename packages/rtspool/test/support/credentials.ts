import { randomBytes } from 'node:crypto'
import {
  type DigestAlgorithm,
  digestHa1,
  type RtspServer,
  type RtspServerOptions,
} from '../../src/index.js'
import {
  type DigestChallenge,
  parseChallenge,
  type RtspResponse,
  serializeAuthorization,
} from '../../src/rtsp/index.js'
import { digestResponse } from '../../src/server/auth/digest.js'
import { mountCamera } from './dialogue.js'
import type { RtspTestClient } from './rtsp-client.js'
import { startServer } from './test-server.js'
import type { TestSource } from './test-source.js'

/** How a client answers a challenge. */
export interface DigestChoices {
  readonly user?: string
  readonly password?: string
  /** @default 'MD5', as FFmpeg and GStreamer do */
  readonly algorithm?: DigestAlgorithm
  /** Whether `qop`, `nc` and `cnonce` are sent. @default false */
  readonly qop?: boolean
  /** @default 1 */
  readonly nc?: number
  /** Instead of the request URI. */
  readonly uri?: string
}

/** The challenges of a 401, in their order. */
export const challengesOf = ({ headers }: RtspResponse) =>
  headers.getAll('WWW-Authenticate').map(parseChallenge)

/** The Digest challenge of a 401 that a client with this algorithm answers. */
export function digestChallengeOf(
  response: RtspResponse,
  algorithm: DigestAlgorithm = 'MD5',
): DigestChallenge {
  for (const challenge of challengesOf(response)) {
    if (challenge.scheme === 'Digest' && challenge.algorithm === algorithm) return challenge
  }
  throw new Error(`no Digest with ${algorithm} was offered`)
}

/** An Authorization header for a request; user `u` with password `p` when nothing else is said. */
export function digestHeader(
  { realm, nonce }: DigestChallenge,
  method: string,
  requestUri: string,
  choices: DigestChoices = {},
): string {
  const { user = 'u', password = 'p', algorithm = 'MD5', qop = false, nc = 1 } = choices
  const uri = choices.uri ?? requestUri
  const counted = qop
    ? {
        qop: 'auth',
        nc: nc.toString(16).padStart(8, '0'),
        cnonce: randomBytes(8).toString('hex'),
      }
    : {}
  const ha1 = digestHa1(algorithm, user, realm, password)
  const response = digestResponse(algorithm, ha1, { method, uri, nonce, ...counted })
  return serializeAuthorization({
    scheme: 'Digest',
    username: user,
    realm,
    nonce,
    uri,
    response,
    algorithm,
    ...counted,
  })
}

export const basicHeader = (username = 'u', password = 'p'): string =>
  serializeAuthorization({ scheme: 'Basic', username, password })

/**
 * From now on every request of the client carries credentials: of user `u` with password `p` when nothing else is
 * said. All that works with a client without credentials works with this one, `play` and `publish` included.
 */
export async function logIn(client: RtspTestClient, choices: DigestChoices = {}): Promise<void> {
  const challenge = digestChallengeOf(await client.request('GET_PARAMETER', '*'), choices.algorithm)
  let nc = choices.nc ?? 0
  client.authorization = (method, uri) =>
    digestHeader(challenge, method, uri, { ...choices, nc: ++nc })
}

/**
 * A server with the users `u` (password `p`) and `eve` (`e`), who alone may read `/priv`, a camera with two tracks,
 * and publish to `/live/*`. Closed after the test.
 */
export async function startProtectedServer(
  options: RtspServerOptions = {},
): Promise<{ server: RtspServer; sources: TestSource[] }> {
  const { auth, ...rest } = options
  const server = await startServer({ ...rest, auth: { users: { u: 'p', eve: 'e' }, ...auth } })
  return { server, sources: mountCamera(server, '/priv') }
}
