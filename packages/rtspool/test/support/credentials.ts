import { randomBytes } from 'node:crypto'
import { digestResponse } from '../../src/auth/digest.js'
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
import { mountCamera } from './dialogue.js'
import type { RtspTestClient } from './rtsp-client.js'
import { startServer } from './test-server.js'
import type { TestSource } from './test-source.js'

/** Credentials and choices with which a client responds to a challenge. */
export interface DigestChoices {
  readonly user?: string
  readonly password?: string
  /** Digest algorithm. @default 'MD5', as in FFmpeg and GStreamer */
  readonly algorithm?: DigestAlgorithm
  /** Sends `qop`, `nc` and `cnonce`. @default false */
  readonly qop?: boolean
  /** Nonce count. @default 1 */
  readonly nc?: number
  /** URI that replaces the request URI. */
  readonly uri?: string
}

/** Parses the challenges of a 401, in their order. */
export const challengesOf = ({ headers }: RtspResponse) =>
  headers.getAll('WWW-Authenticate').map(parseChallenge)

/** Returns the Digest challenge of a 401 with this algorithm. */
export function digestChallengeOf(
  response: RtspResponse,
  algorithm: DigestAlgorithm = 'MD5',
): DigestChallenge {
  for (const challenge of challengesOf(response)) {
    if (challenge.scheme === 'Digest' && challenge.algorithm === algorithm) return challenge
  }
  throw new Error(`no Digest with ${algorithm} was offered`)
}

/** Builds an Authorization header for a request, by default of user `u` with password `p`. */
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
 * Adds credentials to every later request of the client, by default of user `u` with password `p`.
 * Functions for clients without credentials work as well, including `play` and `publish`.
 */
export async function logIn(client: RtspTestClient, choices: DigestChoices = {}): Promise<void> {
  const challenge = digestChallengeOf(await client.request('GET_PARAMETER', '*'), choices.algorithm)
  let nc = choices.nc ?? 0
  client.authorization = (method, uri) =>
    digestHeader(challenge, method, uri, { ...choices, nc: ++nc })
}

/**
 * Starts a server that is closed after the test. It has a camera with two tracks and the users `u`
 * (password `p`) and `eve` (`e`). Only they may read `/priv` and publish to `/live/*`.
 */
export async function startProtectedServer(
  options: RtspServerOptions = {},
): Promise<{ server: RtspServer; sources: TestSource[] }> {
  const { auth, ...rest } = options
  const server = await startServer({ ...rest, auth: { users: { u: 'p', eve: 'e' }, ...auth } })
  return { server, sources: mountCamera(server, '/priv') }
}
