import { createHash } from 'node:crypto'
import { isRecord } from '../option-checks.js'
import type { SessionOwner } from '../session-pool/index.js'
import type { NodeTag } from './cluster-store.js'
import type { PeerTokens } from './peer-tokens.js'

/** Request that one node passes on to another, for a client that has reached the wrong one. @experimental */
export interface RelayedRequest {
  readonly method: string
  readonly uri: string
  /** Header lines as the other node receives them. */
  readonly headers: Iterable<readonly [name: string, value: string]>
  readonly body: Buffer | string
}

/** Nodes between which a request is passed on, and the tokens of the first one. */
interface SigningNode {
  readonly tokens: Pick<PeerTokens, 'sign'>
  readonly tag: NodeTag
  readonly receiver: NodeTag
}

const viaHeader = 'X-Relay-Via'
const clientHeader = 'X-Relay-Client'
const tokenHeader = 'X-Relay-Token'
/** Header lines that no token covers: the token itself, and a length that the serializer writes. */
const unsigned: ReadonlySet<string> = new Set([tokenHeader.toLowerCase(), 'content-length'])
/** First part of each sum, so that no token for a pulled stream is one for a request. */
const purpose = 'request of a client'

/**
 * Returns the header lines of a request with those that tell for which client it is, and prove it.
 *
 * ```text
 * X-Relay-Via: 0a1b2c3d                          this node
 * X-Relay-Client: {"address":"192.0.2.7","user":"ann"}
 * X-Relay-Token: 2 1796040000 17 0b1c2d3e fX…3g  see PeerTokens; covers the whole request
 * ```
 *
 * JSON is written in ASCII, because a user may have any name.
 */
export function signRelayed(
  request: RelayedRequest,
  { address, user }: SessionOwner,
  { tokens, tag, receiver }: SigningNode,
): [name: string, value: string][] {
  const client = JSON.stringify({ address, user }).replace(/[^ -~]/g, escaped)
  const lines: [string, string][] = [...request.headers].map(([name, value]) => [name, value])
  lines.push([viaHeader, tag], [clientHeader, client])
  return [...lines, [tokenHeader, tokens.sign(receiver, partsOf({ ...request, headers: lines }))]]
}

/**
 * Returns the client for which another node has passed a request on.
 *
 * @returns `undefined` for a request that does not prove that by the key of the cluster.
 */
export function readRelayed(
  request: unknown,
  tokens: Pick<PeerTokens, 'accept'>,
): SessionOwner | undefined {
  if (!isWhole(request)) return undefined
  const { headers } = request
  const [client = '', ...clients] = valuesOf(headers, clientHeader)
  const [token = '', ...others] = valuesOf(headers, tokenHeader)
  const [sender, ...via] = valuesOf(headers, viaHeader)
  if (clients.length + others.length + via.length > 0) return undefined
  return tokens.accept(token, sender, partsOf(request)) ? ownerOf(client) : undefined
}

/** Returns all that a token covers: request line, body, and header lines. */
function partsOf({ method, uri, headers, body }: RelayedRequest): string[] {
  const lines = [...headers].filter(([name]) => !unsigned.has(name.toLowerCase()))
  const bodySum = createHash('sha256').update(body).digest('hex')
  return [purpose, method, uri, bodySum, ...lines.map((line) => line.join(': '))]
}

function valuesOf(headers: RelayedRequest['headers'], wanted: string): string[] {
  const name = wanted.toLowerCase()
  return [...headers].filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
}

function ownerOf(client: string): SessionOwner | undefined {
  let given: unknown
  try {
    given = JSON.parse(client)
  } catch {
    return undefined
  }
  const { address, user } = isRecord(given) ? given : {}
  if (typeof address !== 'string' || address === '') return undefined
  return user === undefined || typeof user === 'string' ? { address, user } : undefined
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

const isWhole = (request: unknown): request is RelayedRequest =>
  isRecord(request) &&
  isRecord(request.headers) &&
  Symbol.iterator in request.headers &&
  (typeof request.body === 'string' || Buffer.isBuffer(request.body))
