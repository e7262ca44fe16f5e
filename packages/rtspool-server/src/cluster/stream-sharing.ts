import {
  type AnnounceHook,
  type Clock,
  type ClockTimer,
  type PathHookContext,
  type PeerCheck,
  type PublicationInfo,
  type PublisherTakeover,
  RequestError,
  type RtspServer,
  systemClock,
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
  /** Clock of the looks for paths that nobody uses; a test passes its own. */
  readonly clock?: Clock | undefined
}

/** Hooks of a server that shares its streams. */
interface SharingHooks {
  readonly onUnknownPath: UnknownPathHook
  readonly onAnnounce: AnnounceHook
  readonly isPeer: PeerCheck
}

/** Maximum number of servers through which a stream reaches a viewer. */
const maxHops = 2
/** Milliseconds between two looks for paths whose publisher has announced them, and has not begun in time. */
const lookMs = 2000

/**
 * Shares the streams of a server with the cluster: announces what clients publish here, and pulls what others have when a
 * viewer asks for it.
 */
export class StreamSharing {
  readonly #options: SharingOptions
  /** Publications of this server by path. */
  readonly #published = new Map<string, PublicationInfo>()
  /** Paths that an ANNOUNCE has claimed, and to which nobody has begun to record. */
  readonly #claims = new Set<string>()
  /** Signals of the connections that have claimed a path. */
  readonly #heard = new WeakSet<AbortSignal>()
  #look: ClockTimer | undefined
  #server: RtspServer | undefined
  #pulls: StreamPulls | undefined
  readonly #superseded = (path: string): void => {
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
    this.#look?.cancel()
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
    this.#claims.add(path)
    // The ANNOUNCE may fail, and may end an earlier one of the connection.
    this.#lookSoon()
    if (!this.#heard.has(signal)) {
      this.#heard.add(signal)
      signal.addEventListener('abort', this.#lookSoon, { once: true })
    }
    this.#look ??= this.#scheduleLook()
    this.#pulls?.giveWay(path)
  }

  /** Gives up the claimed paths that no announcement occupies any more. */
  #giveUpUnused(): void {
    for (const path of this.#claims) {
      if (this.#server?.mounts.get(path)) continue
      this.#claims.delete(path)
      this.#options.node.streams.withdraw(path)
    }
  }

  #scheduleLook(): ClockTimer {
    const { clock = systemClock } = this.#options
    const look = (): void => {
      this.#giveUpUnused()
      this.#look = this.#claims.size > 0 ? this.#scheduleLook() : undefined
    }
    return clock.schedule(look, lookMs, false)
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
