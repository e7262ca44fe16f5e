import { type DigestAlgorithm, digestAlgorithms } from '../../auth/digest.js'
import { RtspError } from '../../errors.js'
import { type Challenge, parseChallenge, type RtspResponse } from '../../rtsp/index.js'

/** Challenge of a scheme and algorithm that the client supports. */
export type SupportedChallenge =
  | { readonly scheme: 'Basic' }
  | {
      readonly scheme: 'Digest'
      readonly realm: string
      readonly nonce: string
      readonly algorithm: DigestAlgorithm
      /** Name of the algorithm exactly as the server sent it, to be repeated; `undefined` if it sent none. */
      readonly algorithmText: string | undefined
      /** `true` if the response has `qop=auth`; `false` for the form of RFC 2069. */
      readonly hasQop: boolean
      readonly opaque: string | undefined
      readonly isStale: boolean
    }

/** Maximum number of challenges in one 401 response that are read. No server sends as many. */
const maxChallenges = 16
/** Maximum number of characters of a WWW-Authenticate line; longer lines are ignored. */
const maxLineLength = 8 * 1024
/** Matches the beginning of a challenge: a scheme, a space and the name of a parameter. */
const beginning = /^[A-Za-z][\w-]*[ \t]+[\w-]+[ \t]*=/

/**
 * Reads the challenges of a 401 that the client supports, best first: Digest by strength of its
 * hash, then Basic. Challenges of unknown schemes, algorithms and forms are left out, because
 * cameras offer them beside known ones.
 */
export function supportedChallenges(response: RtspResponse): SupportedChallenge[] {
  const found: SupportedChallenge[] = []
  for (const line of response.headers.getAll('www-authenticate')) {
    if (line.length > maxLineLength) continue
    for (const text of splitChallenges(line)) {
      const supported = supportedOf(parseSafely(text))
      if (supported) found.push(supported)
      if (found.length === maxChallenges) break
    }
  }
  return found.sort((one, other) => rankOf(one) - rankOf(other))
}

function parseSafely(text: string): Challenge | undefined {
  try {
    return parseChallenge(text)
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}

/** Splits a header line with several challenges at the commas before a new scheme. */
function splitChallenges(line: string): string[] {
  const challenges: string[] = []
  for (const piece of splitAtCommas(line)) {
    const last = challenges.length - 1
    if (last < 0 || beginning.test(piece)) challenges.push(piece)
    else challenges[last] += `, ${piece}`
  }
  return challenges
}

function splitAtCommas(line: string): string[] {
  const pieces: string[] = []
  let isQuoted = false
  let start = 0
  for (let at = 0; at < line.length; at++) {
    if (isQuoted && line[at] === '\\') at++
    else if (line[at] === '"') isQuoted = !isQuoted
    else if (line[at] === ',' && !isQuoted) {
      pieces.push(line.slice(start, at).trim())
      start = at + 1
    }
  }
  pieces.push(line.slice(start).trim())
  return pieces.filter((piece) => piece !== '')
}

function supportedOf(challenge: Challenge | undefined): SupportedChallenge | undefined {
  if (challenge?.scheme === 'Basic') return { scheme: 'Basic' }
  if (challenge?.scheme !== 'Digest') return undefined
  const { realm, nonce, qop, opaque, stale, algorithm: algorithmText } = challenge
  const name = (algorithmText ?? 'MD5').toUpperCase()
  const algorithm = digestAlgorithms.find((known) => known === name)
  const hasQop = qop?.some((option) => option.toLowerCase() === 'auth') ?? false
  // `auth-int` alone would need a hash of each body.
  if (algorithm === undefined || (qop !== undefined && qop.length > 0 && !hasQop)) return undefined
  // A tab may be in a header line, but not in a quoted string of the client.
  if ([realm, nonce, opaque ?? ''].some((text) => text.includes('\t'))) return undefined
  const isStale = stale === true
  return { scheme: 'Digest', realm, nonce, algorithm, algorithmText, hasQop, opaque, isStale }
}

function rankOf(challenge: SupportedChallenge): number {
  return challenge.scheme === 'Basic'
    ? digestAlgorithms.length
    : digestAlgorithms.indexOf(challenge.algorithm)
}
