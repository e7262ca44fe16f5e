import type {
  Clock,
  PeerCheck,
  RtspAnswer,
  UnknownSessionContext,
  UnknownSessionHook,
} from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import { RtspHeaders, type RtspResponse, serializeRequest } from 'rtspool/rtsp'
import { isServerUrl } from './peer-connection.js'
import { PeerConnections } from './peer-connections.js'

/** Options of a {@link SessionRelay}. */
interface SessionRelayOptions {
  readonly node: Pick<ClusterNode, 'peers'>
  /** Called with the reason why a request could not be passed on, and the name or tag of the other server. */
  readonly onFailure: (why: string, server: string) => void
  /** Clock of deadlines; a test passes its own. */
  readonly clock?: Clock | undefined
}

/** Hooks of a server that passes requests on. */
interface SessionRelayHooks {
  readonly onUnknownSession: UnknownSessionHook
  readonly isPeer: PeerCheck
}

/** Methods that need neither a new session nor the connection of the client. */
const relayed: ReadonlySet<string> = new Set([
  'OPTIONS',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'PLAY',
  'PAUSE',
  'TEARDOWN',
])

/**
 * Header lines that concern one connection, in lower case. The login is one of them: this server has checked it, and the
 * nonce of a Digest is its own.
 */
const ofConnection: ReadonlySet<string> = new Set([
  ...['cseq', 'authorization', 'proxy-authorization', 'connection', 'timestamp'],
  ...['content-length', 'transfer-encoding', 'x-relay-via', 'x-relay-client', 'x-relay-token'],
])

const unauthorized = 401
const proxyUnauthorized = 407
const unavailable = 503

/**
 * Passes requests whose session lives on another server of the cluster on to that server, and accepts such requests of
 * others. A request is passed on at most once.
 */
export class SessionRelay {
  readonly #options: SessionRelayOptions
  readonly #connections: PeerConnections
  #cSeq = 0

  /** Opens no connection before the first request. */
  constructor(options: SessionRelayOptions) {
    this.#options = options
    this.#connections = new PeerConnections({ clock: options.clock })
  }

  /** Hooks that the server needs among its options. */
  get hooks(): SessionRelayHooks {
    const { peers } = this.#options.node
    return {
      onUnknownSession: (context) => this.#answer(context),
      // Requests of clients, which have no token, cost one look.
      isPeer: (request) =>
        request.headers.has('X-Relay-Token') && (peers.clientOf(request) ?? peers.isPeer(request)),
    }
  }

  /** Number of open connections to other servers. */
  get connections(): number {
    return this.#connections.size
  }

  /** Closes all connections. Requests that wait get 503. */
  close(): void {
    this.#connections.close()
  }

  /** @returns `undefined` if no living server is known that has created the session */
  async #answer({
    id,
    request,
    address,
    user,
    signal,
  }: UnknownSessionContext): Promise<RtspAnswer | undefined> {
    const { node, onFailure } = this.#options
    if (!relayed.has(request.method) || request.headers.has('X-Relay-Via')) return undefined
    const owner = node.peers.ownerOf(id)
    // A server with the protocol 1 passes nothing on, and accepts nothing.
    if (owner?.address === undefined || owner.protocol === 1) return undefined
    if (!isServerUrl(owner.address)) return undefined
    const { method, uri, body } = request
    const lines = [...request.headers].filter(([name]) => !ofConnection.has(name.toLowerCase()))
    const cSeq = ++this.#cSeq
    const headers = [['CSeq', String(cSeq)] as const, ...lines]
    const passed = { method, uri, headers, body }
    const signed = node.peers.relayHeaders(passed, { address, user }, { to: owner.tag })
    const bytes = serializeRequest({ method, uri, headers: new RtspHeaders(signed), body })
    // A client may close right behind its TEARDOWN, which ends the session nevertheless.
    const abort = method === 'TEARDOWN' ? undefined : signal
    try {
      return answerOf(await this.#connections.send(owner.address, { bytes, cSeq }, abort))
    } catch (error) {
      onFailure((error as Error).message, owner.name ?? owner.tag)
      return { statusCode: unavailable }
    }
  }
}

/** @returns `undefined` if the other server does not accept requests of this one */
function answerOf({ statusCode, headers, body }: RtspResponse): RtspAnswer | undefined {
  if (statusCode === unauthorized || statusCode === proxyUnauthorized) return undefined
  const lines = [...headers].filter(([name]) => !ofConnection.has(name.toLowerCase()))
  return { statusCode, headers: lines, body }
}
