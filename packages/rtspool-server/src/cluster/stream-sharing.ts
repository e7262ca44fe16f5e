import {
  type AnnounceHook,
  type PathHookContext,
  type PeerCheck,
  type PublicationInfo,
  type PublisherTakeover,
  RequestError,
  type RtspServer,
  type UnknownPathHook,
} from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import { type StreamPull, StreamPulls } from './stream-pulls.js'

/** Options of a {@link StreamSharing}. */
interface SharingOptions {
  readonly node: ClusterNode
  /** Seconds for which viewers wait for a stream whose server is away. */
  readonly holdSeconds: number
  /** Returns the condition under which a second publisher replaces the first. */
  readonly takeover: () => PublisherTakeover
  /** Returns the URL of a server for the others, without a path. */
  readonly urlOf: (server: RtspServer) => string
}

/** Hooks of a server that shares its streams. */
interface SharingHooks {
  readonly onUnknownPath: UnknownPathHook
  readonly onAnnounce: AnnounceHook
  readonly isPeer: PeerCheck
}

/** Maximum number of servers through which a stream reaches a viewer. */
const maxHops = 2

/**
 * Shares the streams of a server with the cluster: announces what clients publish here, and pulls what others have when a
 * viewer asks for it.
 */
export class StreamSharing {
  readonly #options: SharingOptions
  /** Publications of this server by path. */
  readonly #published = new Map<string, PublicationInfo>()
  /**
   * Paths of this server to which nobody records: an ANNOUNCE has claimed them, or viewers wait for the publisher to come
   * back.
   */
  readonly #claims = new Set<string>()
  #server: RtspServer | undefined
  #pulls: StreamPulls | undefined
  readonly #superseded = (path: string): void => {
    this.#claims.delete(path)
    this.#published.get(path)?.session.end('replaced')
  }
  readonly #changed = (): void => this.#pulls?.follow()
  readonly #lookSoon = (): void => void setImmediate(() => this.#giveUpUnused())

  /** Shares nothing before {@link begin}. */
  constructor(options: SharingOptions) {
    this.#options = options
  }

  /** Hooks that the server needs among its options. */
  get hooks(): SharingHooks {
    return {
      onUnknownPath: (context) => this.#find(context),
      onAnnounce: (context) => this.#claim(context),
      isPeer: (request) => this.#options.node.peers.isPeer(request),
    }
  }

  /** Pulls of this server from others. */
  get pulls(): readonly StreamPull[] {
    return this.#pulls?.list() ?? []
  }

  /** Announces publications of the server from now on. */
  begin(server: RtspServer): void {
    const { node, holdSeconds } = this.#options
    this.#server = server
    this.#pulls = new StreamPulls({ server, node, holdSeconds })
    server.on('publishStarted', (path, publication) => {
      this.#claims.delete(path)
      this.#published.set(path, publication)
      node.streams.announce(path, this.#infoOf(publication.session.owner ?? {}))
    })
    server.on('publishEnded', (path, { session }) => {
      if (this.#published.get(path)?.session !== session) return
      this.#published.delete(path)
      // The viewers of a server that drains have left, and its publishers come back elsewhere.
      if (server.mounts.get(path) && !server.isDraining) this.#claims.add(path)
      else node.streams.withdraw(path)
    })
    server.on('announceEnded', this.#lookSoon)
    server.on('mediaEnded', this.#lookSoon)
    node.streams.on('superseded', this.#superseded)
    node.streams.on('changed', this.#changed)
  }

  /** Ends all pulls. */
  async close(): Promise<void> {
    const { streams } = this.#options.node
    streams.off('superseded', this.#superseded)
    streams.off('changed', this.#changed)
    this.#claims.clear()
    await this.#pulls?.close()
  }

  /** Mounts the pull of a stream that another server has. */
  async #find({ path, request }: PathHookContext): Promise<void> {
    const { node } = this.#options
    const via = node.peers.viaOf(request)
    const stream = await node.streams.lookup(path)
    if (stream === undefined || via.length >= maxHops) return
    const passed = [node.tag, ...via]
    // A stream that has passed its own server goes in a circle.
    if (passed.includes(stream.tag) || via.includes(node.tag)) return
    this.#pulls?.mount(stream, via)
  }

  /** Refuses a publisher whose path another server has, unless the policy lets the publisher take it over. */
  async #claim({ path, user, address }: PathHookContext): Promise<void> {
    const { streams } = this.#options.node
    const pulled = this.pulls.some((pull) => pull.path === path)
    // The rules of one server decide about a path that is in use here.
    if (this.#published.has(path) || (!pulled && this.#server?.mounts.get(path))) return
    const owner = { user, address }
    const takesOver = await this.#mayTakeOver(path, owner)
    const holder = await streams.claim(path, this.#infoOf(owner), { takesOver })
    if (holder !== undefined) {
      throw new RequestError('ERR_FORBIDDEN', `${path} is in use on the server ${holder}`)
    }
    this.#claims.add(path)
    this.#pulls?.giveWay(path)
  }

  /** Gives up the claimed paths that have neither an announcement nor viewers who wait any more. */
  #giveUpUnused(): void {
    for (const path of this.#claims) {
      if (this.#server?.mounts.get(path)) continue
      this.#claims.delete(path)
      this.#options.node.streams.withdraw(path)
    }
  }

  /** A server does not know whether the publisher of another one is silent, so `idle` waits for that server. */
  async #mayTakeOver(path: string, owner: Owner): Promise<boolean> {
    const policy = this.#options.takeover()
    if (policy !== 'sameOwner') return policy === 'always'
    const stream = await this.#options.node.streams.lookup(path)
    return stream !== undefined && stream.info === this.#infoOf(owner, stream.info)
  }

  /** Describes a stream for other servers: URL of its server, and its owner. */
  #infoOf({ user, address }: Owner, other?: string): string {
    const url = other === undefined ? this.#url : urlIn(other)
    const owner = user === undefined ? `host ${address}` : `user ${user}`
    return JSON.stringify({ url, owner })
  }

  get #url(): string {
    const { urlOf } = this.#options
    return this.#server === undefined ? '' : urlOf(this.#server)
  }
}

/** User of a publisher, or without login its address. */
interface Owner {
  readonly user?: string | undefined
  readonly address?: string | undefined
}

function urlIn(info: string): unknown {
  try {
    return (JSON.parse(info) as { readonly url?: unknown } | null)?.url
  } catch {
    return undefined
  }
}
