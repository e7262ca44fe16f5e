import { type Clock, type RtspServer, systemClock } from 'rtspool'
import type { ClusterNode, ClusterStream } from 'rtspool/cluster'
import {
  type RelayMedia,
  type RelaySourceOptions,
  type RelayState,
  relayMedia,
} from 'rtspool/relay'

/** Pull of a stream from another server of the cluster. */
export interface StreamPull {
  readonly path: string
  /** Tag of the server from which the stream comes. */
  readonly from: string
  readonly state: RelayState
  /** Bytes of RTP received so far. */
  readonly bytes: number
}

/** Server, node and times of {@link StreamPulls}. */
interface StreamPullsOptions {
  readonly server: Pick<RtspServer, 'mounts' | 'media'>
  readonly node: Pick<ClusterNode, 'tag' | 'streams' | 'peers'>
  /** Seconds for which viewers wait for a stream whose server is away. */
  readonly holdSeconds: number
  /** Clock of the looks for pulls that nobody needs; a test passes its own. */
  readonly clock?: Clock | undefined
}

interface Pull {
  readonly relay: RelayMedia
  stream: ClusterStream
  /** Header lines of the requests, by which the other server recognizes this one. */
  readonly headers: NonNullable<RelaySourceOptions['headers']>
  /** True if nobody needed the pull at the last look: a SETUP may be waiting for a place. */
  wasIdle: boolean
}

const lingerSeconds = 10
/** Delays after failed attempts: short, because all servers of a cluster are near each other. */
const backoff = { firstSeconds: 0.25, maxSeconds: 2 }
const retrySeconds = 2
/** Milliseconds between two looks for pulls that nobody needs any more. */
const sweepMs = 2000

/** Pulls streams from other servers of the cluster, each once for all viewers of this server. */
export class StreamPulls {
  readonly #options: StreamPullsOptions
  readonly #pulls = new Map<string, Pull>()
  #sweep: { cancel(): void } | undefined

  /** Creates a list without pulls. */
  constructor(options: StreamPullsOptions) {
    this.#options = options
  }

  list(): StreamPull[] {
    return [...this.#pulls].map(([path, { relay, stream }]) => {
      const { state, bytes } = relay.status
      return { path, from: stream.tag, state, bytes }
    })
  }

  /**
   * Mounts the pull of a stream at its path.
   *
   * @param served - Tags of the servers for which this one pulls the stream.
   */
  mount(stream: ClusterStream, served: readonly string[]): void {
    const { mounts } = this.#options.server
    const { path } = stream
    if (urlOf(stream) === undefined || mounts.get(path) !== undefined) return
    const { relay } = this.#pulls.get(path) ?? this.#create(stream, served)
    try {
      mounts.add(path, relay)
    } catch {
      // A publisher may use characters such as '#', which mount points refuse.
      this.#pulls.delete(path)
      void relay.close()
      return
    }
    this.#sweep ??= this.#scheduleSweep()
  }

  /** Removes the pull at a path, because a client publishes here. Its viewers stay with it. */
  giveWay(path: string): void {
    if (this.#isMounted(path)) this.#options.server.mounts.remove(path)
  }

  /** Lets each pull continue from the server that has its stream now. */
  follow(): void {
    const { streams, node } = { ...this.#options, streams: this.#options.node.streams }
    for (const [path, pull] of this.#pulls) {
      const stream = streams.find(path)
      // While no server has the stream, viewers wait for the last one.
      if (stream === undefined || stream.fence === pull.stream.fence) continue
      // A pull from this server would find itself at the path.
      if (stream.tag === node.tag && this.#isMounted(path)) continue
      const source = this.#sourceOf(stream, pull.headers)
      if (source === undefined) continue
      pull.stream = stream
      pull.relay.update({ source })
    }
  }

  async close(): Promise<void> {
    this.#sweep?.cancel()
    this.#sweep = undefined
    const pulls = [...this.#pulls.values()]
    this.#pulls.clear()
    await Promise.all(pulls.map(({ relay }) => relay.close()))
  }

  #create(stream: ClusterStream, served: readonly string[]): Pull {
    const { node, holdSeconds } = this.#options
    const headers: Pull['headers'] = (request) =>
      node.peers.headers(request, { to: pull.stream.tag, served })
    const relay = relayMedia(this.#sourceOf(stream, headers) as RelaySourceOptions, {
      ...{ lingerSeconds, backoff, failedRetrySeconds: retrySeconds, transport: 'tcp' },
      onAway: { holdSeconds },
    })
    const pull: Pull = { relay, stream, headers, wasIdle: false }
    this.#pulls.set(stream.path, pull)
    return pull
  }

  #sourceOf(stream: ClusterStream, headers: Pull['headers']): RelaySourceOptions | undefined {
    const url = urlOf(stream)
    return url === undefined ? undefined : { url, headers }
  }

  #isMounted(path: string): boolean {
    const pull = this.#pulls.get(path)
    return pull !== undefined && this.#options.server.mounts.get(path) === pull.relay.factory
  }

  /** Closes pulls that have neither a connection nor viewers. */
  #dropIdle(): void {
    const { media } = this.#options.server
    const watched = new Set([...media].map(({ path }) => path))
    for (const [path, pull] of this.#pulls) {
      const { relay, wasIdle } = pull
      const { state } = relay.status
      pull.wasIdle = state === 'idle' || (state === 'failed' && !watched.has(path))
      if (!(pull.wasIdle && wasIdle)) continue
      this.giveWay(path)
      this.#pulls.delete(path)
      void relay.close()
    }
    this.#sweep = this.#pulls.size > 0 ? this.#scheduleSweep() : undefined
  }

  #scheduleSweep(): { cancel(): void } {
    const { clock = systemClock } = this.#options
    return clock.schedule(() => this.#dropIdle(), sweepMs, false)
  }
}

/** Returns the URL of a stream at its server. Another version of the program may have written the description. */
function urlOf({ path, info }: ClusterStream): string | undefined {
  let given: unknown
  try {
    given = (JSON.parse(info) as { readonly url?: unknown } | null)?.url
  } catch {
    return undefined
  }
  if (typeof given !== 'string' || !/^rtsps?:\/\/[^/]+$/.test(given)) return undefined
  return given + path.split('/').map(encodeURIComponent).join('/')
}
