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
  /** Path that the last ANNOUNCE of a connection has claimed, by the signal of the connection. */
  readonly #claims = new WeakMap<AbortSignal, string>()
  #server: RtspServer | undefined
  #pulls: StreamPulls | undefined
  readonly #superseded = (path: string): void => {
    this.#published.get(path)?.session.end('replaced')
  }
  readonly #changed = (): void => this.#pulls?.follow()

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
      this.#published.set(path, publication)
      node.streams.announce(path, this.#infoOf(publication.session.owner ?? {}))
    })
    server.on('publishEnded', (path, { session }) => {
      if (this.#published.get(path)?.session !== session) return
      this.#published.delete(path)
      node.streams.withdraw(path)
    })
    node.streams.on('superseded', this.#superseded)
    node.streams.on('changed', this.#changed)
  }

  /** Ends all pulls. */
  async close(): Promise<void> {
    const { streams } = this.#options.node
    streams.off('superseded', this.#superseded)
    streams.off('changed', this.#changed)
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
  async #claim({ path, user, address, signal }: PathHookContext): Promise<void> {
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
    const before = this.#claims.get(signal)
    this.#claims.set(signal, path)
    if (before !== path) this.#giveUp(before)
    if (signal.aborted) this.#giveUp(path)
    else if (before === undefined) {
      const leave = (): void => this.#giveUp(this.#claims.get(signal))
      signal.addEventListener('abort', leave, { once: true })
    }
    this.#pulls?.giveWay(path)
  }

  /** Gives up a path that was announced, unless a client has begun to record to it. */
  #giveUp(path: string | undefined): void {
    if (path !== undefined && !this.#published.has(path)) {
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
