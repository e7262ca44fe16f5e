import { hostname, networkInterfaces } from 'node:os'
import {
  type RtspPoolOptions,
  type RtspServer,
  type RtspServerOptions,
  systemClock,
  type TunnelHook,
} from 'rtspool'
import type { ClusterNode, ClusterStore } from 'rtspool/cluster'
import { idKeysOf } from './cluster/id-keys.js'
import { nodeReport } from './cluster/node-report.js'
import { SessionRelay } from './cluster/session-relay.js'
import type { StreamPull } from './cluster/stream-pulls.js'
import { StreamSharing } from './cluster/stream-sharing.js'
import { TunnelRelay } from './cluster/tunnel-relay.js'
import type { Config } from './config/schema.js'
import type { RepeatLimit } from './log/repeat-limit.js'
import type { OwnProcess } from './processes/own-process.js'

/** Milliseconds for which the start of the server waits for the cluster. The server then starts without a lease. */
const startMs = 3000
/** Number of beats (signs of life) in one lease, and during the longest wait of a client for a place. */
const beatsPerLease = 10
const beatsOfWait = 3

/** Store of a cluster with its connection. */
interface OpenedStore {
  readonly store: ClusterStore
  /** Closes the connection. Requests that have no reply reject. */
  close(): void
}

/** Parts of a server that pass on what has reached the wrong server of the cluster. */
interface Relays {
  readonly sessions: SessionRelay
  readonly tunnels: TunnelRelay
}

/** Membership of the running command in a cluster. */
export class ClusterService {
  readonly node: ClusterNode
  readonly sharing: StreamSharing
  readonly #opened: OpenedStore
  /** Parts that pass requests on to the server of their session or tunnel; `undefined` = they get 454 or 404. */
  readonly #relays: Relays | undefined

  constructor(
    node: ClusterNode,
    opened: OpenedStore,
    sharing: StreamSharing,
    relays: Relays | undefined,
  ) {
    this.node = node
    this.#opened = opened
    this.sharing = sharing
    this.#relays = relays
  }

  /** Hook of the option `httpTunnel` that brings the two requests of a tunnel together; `undefined` = nobody does. */
  get takeTunnel(): TunnelHook | undefined {
    return this.#relays?.tunnels.take
  }

  /** Returns the streams that this server pulls from others. */
  pulls(): readonly StreamPull[] {
    return this.sharing.pulls
  }

  /** Returns the options of the server with what makes it a part of the cluster. */
  serverOptions<Options extends { readonly pool: RtspPoolOptions }>(
    options: Options,
  ): Options & RtspServerOptions {
    const pool = this.node.poolOptions(options.pool)
    return { ...options, ...this.sharing.hooks, ...this.#relays?.sessions.hooks, pool }
  }

  /**
   * Joins the cluster.
   *
   * @param version - Version of this program, for the other servers.
   * @returns Promise that resolves when the server is a member, or after 3 s: the node then goes on trying.
   */
  async start(server: RtspServer, version: string): Promise<void> {
    const { node } = this
    this.sharing.begin(server)
    this.#relays?.tunnels.begin(server)
    node.reports.provide(() => nodeReport({ rtsp: server, node, pulls: this.pulls(), version }))
    const joined = node.start(server.pool)
    await new Promise<void>((resolve, reject) => {
      const timer = systemClock.schedule(resolve, startMs, false)
      joined.then(resolve, reject).finally(() => timer.cancel())
    })
  }

  /** Ends all tunnels whose POST is here and whose GET is on another server. They keep the ports of this server open. */
  closeTunnels(): void {
    this.#relays?.tunnels.close()
  }

  /** Leaves the cluster, and closes the connection to its store. The RTSP server is closed before. */
  async close(): Promise<void> {
    this.closeTunnels()
    this.#relays?.sessions.close()
    await this.sharing.close()
    await this.node.close()
    this.#opened.close()
  }
}

/**
 * Creates the node of a cluster. The code of the cluster is loaded only if the configuration has one.
 *
 * @param own - This process, if it is one of several of the same server, which are a cluster without Redis.
 * @returns `undefined` without a cluster.
 * @throws {TransportError} rejects with `ERR_CLUSTER_PACKAGE` if the client of Redis is not installed.
 */
export async function openCluster(
  { cluster, rtsp, publish }: Pick<Config, 'cluster' | 'rtsp' | 'publish'>,
  lines: RepeatLimit,
  own?: OwnProcess,
): Promise<ClusterService | undefined> {
  const { url, name, node: server = hostname(), policy, leaseSeconds, graceSeconds } = cluster
  if (url === undefined && own === undefined) return undefined
  const nodeName = own ? `${server}/${own.number}` : server
  const leaseMs = Math.round(leaseSeconds * 1000)
  const graceMs = Math.round(graceSeconds * 1000)
  const beatMs = Math.round(leaseMs / beatsPerLease)
  const { ClusterNode, openRedisStore } = await import('rtspool/cluster')
  let lastError = ''
  const noteError = (error: unknown): void => {
    lastError = error instanceof Error ? error.message : String(error)
  }
  const times = { leaseMs, graceMs, warmMs: leaseMs }
  const opened: OpenedStore = own
    ? await own.openStore()
    : await openRedisStore({ url: url ?? '', name, ...times, onError: noteError })
  const { store } = opened
  const waitMs = beatMs * beatsOfWait
  const { address, holdSeconds, sessionsElsewhere, overdraft } = cluster
  const peerKey = own?.key ?? cluster.key
  const idKeys = idKeysOf(cluster.idKeys)
  const node = new ClusterNode({
    ...{ store, name: nodeName, address, policy, leaseMs, beatMs, waitMs, peerKey, idKeys },
    overdraft,
  })
  node.on('storeFailed', (error) => {
    noteError(error)
    lines.write('debug', 'cluster request failed', '', { cluster: name, why: lastError })
  })
  node.on('stateChanged', (state, previous) => {
    const isGood = state === 'active' || state === 'closed'
    const why = isGood ? undefined : lastError
    const level = isGood ? 'info' : 'warn'
    lines.write(level, 'cluster state changed', state, { cluster: name, state, previous, why })
  })
  const sharing = new StreamSharing({
    ...{ node, holdSeconds },
    takeover: () => publish.takeover,
    urlOf: (server) => own?.url ?? address ?? urlOf(server, rtsp),
  })
  const onFailure = (why: string, to: string): void =>
    lines.write('debug', 'request not passed on', to, { cluster: name, node: to, why })
  const relays = sessionsElsewhere === 'relay' && {
    ...{
      sessions: new SessionRelay({ node, onFailure }),
      tunnels: new TunnelRelay({ node, onFailure }),
    },
  }
  return new ClusterService(node, opened, sharing, relays || undefined)
}

/** Returns the URL of a server for other servers, without a path: that of its first address outside of the machine. */
function urlOf(server: RtspServer, rtsp: Config['rtsp']): string {
  const isSecure = rtsp.port === false
  const { address, port } = isSecure ? server.tlsAddress() : server.address()
  const isAny = address === '::' || address === '0.0.0.0'
  const host = isAny ? outerAddress() : address
  return `${isSecure ? 'rtsps' : 'rtsp'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function outerAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1'
}
