import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../../option-checks.js'
import type { SessionOwner } from '../../session-pool/index.js'
import type { NodeTag } from '../cluster-store.js'
import { type RelayedRequest, readRelayed, signRelayed } from '../relayed-requests.js'
import type { ClusterNodeInfo } from './cluster-view.js'

/** Part of an RTSP request by which a node recognizes requests of other nodes. @experimental */
export interface PeerRequest {
  readonly method: string
  readonly uri: string
  readonly headers: { get(name: string): string | undefined }
}

/** Key and clock of a {@link ClusterPeers}. */
interface ClusterPeersOptions {
  /** Key that all nodes share; `undefined` = nodes do not recognize each other. */
  readonly key: string | undefined
  readonly tag: () => NodeTag
  /** Returns the wall time in milliseconds since 1970. */
  readonly unixTimeMs: () => number
  /** Returns the other node that has created a session id; `undefined` = this node, none, or not known. */
  readonly ownerOf?: ((id: string) => ClusterNodeInfo | undefined) | undefined
}

const viaHeader = 'X-Relay-Via'
const tokenHeader = 'X-Relay-Token'
const viaPattern = /^[0-9a-f]{8}( [0-9a-f]{8}){0,15}$/
const tokenPattern = /^(\d{1,12}) ([A-Za-z0-9_-]{43})$/
/** Seconds by which the clocks of two nodes may differ. */
const maxSkewSeconds = 300
const msPerSecond = 1000
/** Methods that no node needs, because nodes pull streams from each other. */
const publishMethods: ReadonlySet<string> = new Set(['ANNOUNCE', 'RECORD'])

/**
 * Recognizes requests of other nodes of the cluster, which pull streams from this node.
 *
 * ```text
 * X-Relay-Via: 0a1b2c3d                 nodes that the stream passes, the sender first
 * X-Relay-Token: 1796040000 fX…3g       seconds since 1970, and HMAC-SHA256 of method, URI, nodes and seconds
 * ```
 *
 * @experimental
 */
export class ClusterPeers {
  readonly #options: ClusterPeersOptions

  /** @internal */
  constructor(options: ClusterPeersOptions) {
    this.#options = options
  }

  /**
   * Returns header lines for a request of this node to another one.
   *
   * @param served - Nodes for which this node pulls the stream.
   */
  headers(
    { method, uri }: Pick<PeerRequest, 'method' | 'uri'>,
    served: readonly NodeTag[] = [],
  ): [name: string, value: string][] {
    const { key, tag, unixTimeMs } = this.#options
    const via = [tag(), ...served].join(' ')
    const lines: [string, string][] = [[viaHeader, via]]
    if (key === undefined) return lines
    const seconds = String(Math.floor(unixTimeMs() / msPerSecond))
    const sum = sumOf(key, [method, uri, via, seconds])
    return [...lines, [tokenHeader, `${seconds} ${sum.toString('base64url')}`]]
  }

  /** Returns the tags of the nodes that a request has passed, whether or not it proves that. */
  viaOf({ headers }: Pick<PeerRequest, 'headers'>): readonly NodeTag[] {
    const via = headers.get(viaHeader) ?? ''
    return viaPattern.test(via) ? via.split(' ') : []
  }

  /**
   * Returns whether another node has sent a request: it proves that by the key of the cluster. The token is valid for the
   * method and URI of the request, and while the clocks of both nodes differ by less than five minutes. A node publishes
   * nothing.
   */
  isPeer(request: unknown): boolean {
    const { key, unixTimeMs } = this.#options
    if (key === undefined || !isPeerRequest(request)) return false
    const { method, uri, headers } = request
    if (publishMethods.has(method)) return false
    const token = headers.get(tokenHeader)
    const [, seconds = '', sum = ''] = tokenPattern.exec(token ?? '') ?? []
    if (seconds === '') return false
    const ageSeconds = unixTimeMs() / msPerSecond - Number(seconds)
    if (Math.abs(ageSeconds) > maxSkewSeconds) return false
    const expected = sumOf(key, [method, uri, headers.get(viaHeader) ?? '', seconds])
    const given = Buffer.from(sum, 'base64url')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  /**
   * Returns the other node that has created a session id. Reads the id and the list of nodes that this node knows, and
   * sends nothing. Needs the option `idKeys`.
   *
   * @returns `undefined` for an id of this node, of a dead or an unknown one, and of no node.
   */
  ownerOf(id: string): ClusterNodeInfo | undefined {
    return this.#options.ownerOf?.(id)
  }

  /**
   * Returns the header lines of a request that this node passes on to another one for a client.
   *
   * @param client - Address and user of the client, as this node has authenticated it.
   * @throws {TypeError} without the option `peerKey`.
   */
  relayHeaders(request: RelayedRequest, client: SessionOwner): [name: string, value: string][] {
    const { key, tag, unixTimeMs } = this.#options
    if (key === undefined) throw new TypeError('relayHeaders: expected a node with a peerKey')
    return signRelayed(request, client, { key, tag: tag(), unixTimeMs: unixTimeMs() })
  }

  /**
   * Returns the client for which another node has passed a request on, as that node has authenticated it.
   *
   * @returns `undefined` for a request that does not prove that by the key of the cluster.
   */
  clientOf(request: unknown): SessionOwner | undefined {
    const { key, unixTimeMs } = this.#options
    return key === undefined ? undefined : readRelayed(request, { key, unixTimeMs: unixTimeMs() })
  }
}

const sumOf = (key: string, parts: readonly string[]): Buffer =>
  createHmac('sha256', key).update(parts.join('\n')).digest()

const isPeerRequest = (request: unknown): request is PeerRequest =>
  isRecord(request) && isRecord(request.headers) && typeof request.headers.get === 'function'
