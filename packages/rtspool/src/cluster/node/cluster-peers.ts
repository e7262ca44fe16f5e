import { isRecord } from '../../option-checks.js'
import type { SessionOwner } from '../../session-pool/index.js'
import type { NodeTag } from '../cluster-store.js'
import { isSum, maxSkewSeconds, PeerTokens, type PeerTokensOptions, sumOf } from '../peer-tokens.js'
import { type RelayedRequest, readRelayed, signRelayed } from '../relayed-requests.js'
import type { ClusterNodeInfo } from './cluster-view.js'

/** Part of an RTSP request by which a node recognizes requests of other nodes. @experimental */
export interface PeerRequest {
  readonly method: string
  readonly uri: string
  readonly headers: { get(name: string): string | undefined }
}

/** Receivers of a request of this node. @experimental */
export interface PeerRoute {
  /** Tag of the node that receives the request. */
  readonly to: NodeTag
  /** Tags of the nodes for which this node pulls the stream. @defaultValue none */
  readonly served?: readonly NodeTag[] | undefined
}

/** Key, clock and neighbours of a {@link ClusterPeers}. */
interface ClusterPeersOptions extends Omit<PeerTokensOptions, 'key'> {
  /** Key that all nodes share; `undefined` = nodes do not recognize each other. */
  readonly key: string | undefined
  /** Returns the other nodes that are not dead, as far as this node knows them. */
  readonly others: () => readonly ClusterNodeInfo[]
  /** Returns the tag in a session id; `undefined` = there is none. */
  readonly tagOf: (id: string) => NodeTag | undefined
}

const viaHeader = 'X-Relay-Via'
const tokenHeader = 'X-Relay-Token'
const clientHeader = 'X-Relay-Client'
const viaPattern = /^[0-9a-f]{8}( [0-9a-f]{8}){0,15}$/
/** Token of a node with the protocol 1, which is valid at each node, and as often as it comes. */
const oldPattern = /^(\d{1,12}) ([A-Za-z0-9_-]{43})$/
const msPerSecond = 1000
/** First part of each sum, so that no token for a request of a client is one for a pulled stream. */
const purpose = 'pull of a stream'
/** Methods that no node needs, because nodes pull streams from each other. */
const publishMethods: ReadonlySet<string> = new Set(['ANNOUNCE', 'RECORD'])

/**
 * Recognizes requests of other nodes of the cluster, which pull streams from this node, or pass requests of clients on.
 *
 * ```text
 * X-Relay-Via: 0a1b2c3d                          nodes that the stream passes, the sender first
 * X-Relay-Token: 2 1796040000 17 0b1c2d3e fX…3g  see PeerTokens; covers method, URI and nodes
 * ```
 *
 * A node with the protocol 1 gets and sends tokens of seconds and HMAC alone, as long as it is a member.
 *
 * @experimental
 */
export class ClusterPeers {
  readonly #options: ClusterPeersOptions
  readonly #tokens: PeerTokens | undefined

  /** @internal */
  constructor(options: ClusterPeersOptions) {
    this.#options = options
    const { key, tags, unixTimeMs } = options
    this.#tokens = key === undefined ? undefined : new PeerTokens({ key, tags, unixTimeMs })
  }

  /** Returns header lines for a request of this node, which pulls a stream. */
  headers(
    { method, uri }: Pick<PeerRequest, 'method' | 'uri'>,
    { to, served = [] }: PeerRoute,
  ): [name: string, value: string][] {
    const via = [this.#tag, ...served].join(' ')
    const lines: [string, string][] = [[viaHeader, via]]
    if (this.#tokens === undefined) return lines
    const { key = '', unixTimeMs } = this.#options
    if (this.#nodeOf(to)?.protocol === 1) {
      const seconds = String(Math.floor(unixTimeMs() / msPerSecond))
      const sum = sumOf(key, [method, uri, via, seconds]).toString('base64url')
      return [...lines, [tokenHeader, `${seconds} ${sum}`]]
    }
    return [...lines, [tokenHeader, this.#tokens.sign(to, [purpose, method, uri, via])]]
  }

  /** Returns the tags of the nodes that a request has passed, whether or not it proves that. */
  viaOf({ headers }: Pick<PeerRequest, 'headers'>): readonly NodeTag[] {
    const via = headers.get(viaHeader) ?? ''
    return viaPattern.test(via) ? via.split(' ') : []
  }

  /**
   * Returns whether another node has sent a request: it proves that by the key of the cluster. The token is valid for this
   * node, for the method and URI of the request, once, and while the clocks of both nodes differ by less than five
   * minutes. A node publishes nothing.
   *
   * @param request - Request as the server received it. A second call for it returns false, as for a repetition.
   */
  isPeer(request: unknown): boolean {
    if (this.#tokens === undefined || !isPeerRequest(request)) return false
    const isOfClient = request.headers.get(clientHeader) !== undefined
    return !isOfClient && this.#isPull(request, this.#tokens)
  }

  /**
   * Returns the other node that has created a session id. Reads the id and the list of nodes that this node knows, and
   * sends nothing. Needs the option `idKeys`.
   *
   * @returns `undefined` for an id of this node, of a dead or an unknown one, and of no node.
   */
  ownerOf(id: string): ClusterNodeInfo | undefined {
    const tag = this.#options.tagOf(id)
    return tag === undefined ? undefined : this.#nodeOf(tag)
  }

  /** Returns the other nodes that are not dead, as the store has listed them last. Sends nothing. */
  others(): readonly ClusterNodeInfo[] {
    return this.#options.others()
  }

  /**
   * Returns the header lines of a request that this node passes on to another one for a client.
   *
   * @param client - Address and user of the client, as this node has authenticated it.
   * @throws {TypeError} without the option `peerKey`.
   */
  relayHeaders(
    request: RelayedRequest,
    client: SessionOwner,
    { to: receiver }: Pick<PeerRoute, 'to'>,
  ): [name: string, value: string][] {
    const tokens = this.#tokens
    if (tokens === undefined) throw new TypeError('relayHeaders: expected a node with a peerKey')
    return signRelayed(request, client, { tokens, tag: this.#tag, receiver })
  }

  /**
   * Returns the client for which another node has passed a request on, as that node has authenticated it.
   *
   * @param request - Request as the server received it. A second call for it returns `undefined`, as for a repetition.
   * @returns `undefined` for a request that does not prove that by the key of the cluster.
   */
  clientOf(request: unknown): SessionOwner | undefined {
    if (this.#tokens === undefined || !isPeerRequest(request)) return undefined
    const isOfClient = request.headers.get(clientHeader) !== undefined
    return isOfClient ? readRelayed(request, this.#tokens) : undefined
  }

  #nodeOf(tag: NodeTag): ClusterNodeInfo | undefined {
    return this.#options.others().find((node) => node.tag === tag)
  }

  get #tag(): NodeTag {
    return this.#options.tags()[0] as NodeTag
  }

  #isPull(request: PeerRequest, tokens: PeerTokens): boolean {
    const { method, uri, headers } = request
    if (publishMethods.has(method)) return false
    const via = this.viaOf(request)
    const token = headers.get(tokenHeader) ?? ''
    const [, seconds, sum = ''] = oldPattern.exec(token) ?? []
    if (seconds === undefined) {
      return tokens.accept(token, via[0], [purpose, method, uri, via.join(' ')])
    }
    const { key = '', unixTimeMs } = this.#options
    const isOld = via[0] !== undefined && this.#nodeOf(via[0])?.protocol === 1
    const ageSeconds = unixTimeMs() / msPerSecond - Number(seconds)
    if (!isOld || Math.abs(ageSeconds) > maxSkewSeconds) return false
    return isSum(sum, sumOf(key, [method, uri, via.join(' '), seconds]))
  }
}

const isPeerRequest = (request: unknown): request is PeerRequest =>
  isRecord(request) && isRecord(request.headers) && typeof request.headers.get === 'function'
