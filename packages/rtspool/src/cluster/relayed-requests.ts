import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../option-checks.js'
import type { SessionOwner } from '../session-pool/index.js'
import type { NodeTag } from './cluster-store.js'

/** Request that one node passes on to another, for a client that has reached the wrong one. @experimental */
export interface RelayedRequest {
  readonly method: string
  readonly uri: string
  /** Header lines as the other node receives them. */
  readonly headers: Iterable<readonly [name: string, value: string]>
  readonly body: Buffer | string
}

/** Key and clock of this node. */
interface SigningNode {
  readonly key: string
  readonly tag: NodeTag
  readonly unixTimeMs: number
}

const viaHeader = 'X-Relay-Via'
const clientHeader = 'X-Relay-Client'
const tokenHeader = 'X-Relay-Token'
const tokenPattern = /^(\d{1,12}) ([A-Za-z0-9_-]{43})$/
/** Seconds by which the clocks of two nodes may differ. */
const maxSkewSeconds = 300
const msPerSecond = 1000
/** Header lines that are no part of the sum: the sum itself, and a length that the serializer writes. */
const unsigned: ReadonlySet<string> = new Set([tokenHeader.toLowerCase(), 'content-length'])
/** First part of each sum, so that no sum for a pulled stream is one for a request. */
const purpose = 'request of a client'

/**
 * Returns the header lines of a request with those that tell for which client it is, and prove it.
 *
 * ```text
 * X-Relay-Via: 0a1b2c3d                          this node
 * X-Relay-Client: {"address":"192.0.2.7","user":"ann"}
 * X-Relay-Token: 1796040000 fX…3g                seconds since 1970, and HMAC-SHA256 of the whole request
 * ```
 *
 * JSON is written in ASCII, because a user may have any name.
 */
export function signRelayed(
  request: RelayedRequest,
  { address, user }: SessionOwner,
  { key, tag, unixTimeMs }: SigningNode,
): [name: string, value: string][] {
  const client = JSON.stringify({ address, user }).replace(/[^ -~]/g, escaped)
  const lines: [string, string][] = [...request.headers].map(([name, value]) => [name, value])
  lines.push([viaHeader, tag], [clientHeader, client])
  const seconds = String(Math.floor(unixTimeMs / msPerSecond))
  const sum = sumOf(key, seconds, { ...request, headers: lines })
  return [...lines, [tokenHeader, `${seconds} ${sum.toString('base64url')}`]]
}

/**
 * Returns the client for which another node has passed a request on.
 *
 * @returns `undefined` for a request that does not prove that by the key of the cluster.
 */
export function readRelayed(
  request: unknown,
  { key, unixTimeMs }: Omit<SigningNode, 'tag'>,
): SessionOwner | undefined {
  if (!isRelayed(request)) return undefined
  const [client, ...others] = valuesOf(request.headers, clientHeader)
  const [token = '', ...tokens] = valuesOf(request.headers, tokenHeader)
  if (client === undefined || others.length > 0 || tokens.length > 0) return undefined
  const [, seconds = '', sum = ''] = tokenPattern.exec(token) ?? []
  if (Math.abs(unixTimeMs / msPerSecond - Number(seconds)) > maxSkewSeconds) return undefined
  const expected = sumOf(key, seconds, request)
  const given = Buffer.from(sum, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return ownerOf(client)
}

/** Computes the HMAC of a request: its line, header lines, body, and the time. */
function sumOf(key: string, seconds: string, { method, uri, headers, body }: RelayedRequest) {
  const lines = [...headers].filter(([name]) => !unsigned.has(name.toLowerCase()))
  const bodySum = createHash('sha256').update(body).digest('hex')
  const parts = [purpose, seconds, method, uri, bodySum, ...lines.map((line) => line.join(': '))]
  return createHmac('sha256', key).update(parts.join('\n')).digest()
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

const isRelayed = (request: unknown): request is RelayedRequest =>
  isRecord(request) &&
  isRecord(request.headers) &&
  Symbol.iterator in request.headers &&
  (typeof request.body === 'string' || Buffer.isBuffer(request.body))
