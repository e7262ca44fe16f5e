import { EventEmitter } from 'node:events'
import type { Clock } from '../../clock.js'
import { tell } from '../../listeners.js'
import type { ClusterStore, NodeTag, StreamPage } from '../cluster-store.js'
import type { ClusterMember } from './cluster-member.js'
import type { StoreLoop } from './store-loop.js'
import { type ClusterStream, readPauseMs, StreamView } from './stream-view.js'

/** Events of {@link ClusterStreams}. @experimental */
export interface ClusterStreamsEvents {
  /** Emitted when the list of streams has changed. */
  changed: []
  /** Emitted when another node has a path that this node has announced. The node has given the path up. */
  superseded: [path: string, holder: NodeTag]
}

/** Terms of {@link ClusterStreams.announce}. @experimental */
export interface AnnounceTerms {
  /** Takes the path over from the node that has it. @defaultValue false */
  readonly takesOver?: boolean | undefined
}

/** Parts of a node that its {@link ClusterStreams} use. */
interface ClusterStreamsOptions {
  readonly store: Pick<ClusterStore, 'publish' | 'unpublish' | 'streams'>
  readonly member: Pick<ClusterMember, 'tag' | 'epoch'>
  readonly clock: Clock
  /** Creates a loop of requests to the store. */
  readonly createLoop: (run: () => Promise<number | undefined>) => StoreLoop
  /** Returns whether the store does not reply. */
  readonly isAway: () => boolean
}

/** Stream that this node has announced. */
interface OwnStream {
  readonly claim: number
  readonly info: string
  takesOver: boolean
  /** Fencing number from the store; `undefined` = the store has not replied under the present tag. */
  fence: number | undefined
}

/**
 * Streams of all nodes of a cluster: paths at which clients publish, and the node of each. A path belongs to one node.
 *
 * The node sends its own streams to the store after {@link announce}, and again after each join. It reads the list when
 * the reply to a beat tells of a change. While the store does not reply, the list stays as it is.
 *
 * @experimental
 */
export class ClusterStreams extends EventEmitter<ClusterStreamsEvents> {
  readonly #options: ClusterStreamsOptions
  readonly #loop: StoreLoop
  readonly #view: StreamView
  readonly #own = new Map<string, OwnStream>()
  /** Claims that the store must forget, by path. */
  readonly #withdrawn = new Map<string, number>()
  #claims = 0
  /** Tag and epoch under which the streams of this node have been announced. */
  #box = ''

  /** Creates a list without streams. @internal */
  constructor(options: ClusterStreamsOptions) {
    super()
    this.#options = options
    this.#loop = options.createLoop(() => this.#run())
    const { store, clock } = options
    this.#view = new StreamView({ store, clock, onChange: (page) => this.#changed(page) })
  }

  /** Returns the streams of all nodes in the order of their paths, as this node knows them. */
  list(): readonly ClusterStream[] {
    return this.#view.list()
  }

  /** Returns the stream at a path, as this node knows it. */
  find(path: string): ClusterStream | undefined {
    return this.#view.find(path)
  }

  /**
   * Returns the stream at a path. If this node does not know it, asks the store.
   *
   * @returns `undefined` also if the store does not reply. Never rejects.
   */
  async lookup(path: string): Promise<ClusterStream | undefined> {
    if (!this.find(path) && !this.#options.isAway()) await this.#view.readSoon()
    return this.find(path)
  }

  /**
   * Announces a stream of this node. The store gets it soon, and again after each join. If another node has the path,
   * the event `superseded` follows.
   *
   * @param info - Description of the stream for other nodes, such as the URL at which this node serves it.
   */
  announce(path: string, info: string, options?: AnnounceTerms): void {
    this.#add(path, info, options)
    this.#loop.wake()
  }

  /**
   * Announces a stream of this node unless another node has the path, and waits for the store.
   *
   * @returns Tag of the node that has the path; `undefined` = announced. If the store does not reply, the list that this
   * node knows decides. Never rejects.
   */
  async claim(path: string, info: string, options?: AnnounceTerms): Promise<NodeTag | undefined> {
    const own = this.#add(path, info, options)
    try {
      const holder = this.#options.isAway() ? undefined : await this.#publish(path, own)
      if (holder !== undefined) this.#forget(path, own)
      if (holder !== undefined || own.fence !== undefined) return holder
    } catch {
      // The loop repeats the request.
    } finally {
      this.#loop.wake()
    }
    const known = this.find(path)?.tag
    if (known === undefined || known === this.#options.member.tag || own.takesOver) return undefined
    this.#forget(path, own)
    return known
  }

  /** Gives up a path that this node has announced. */
  withdraw(path: string): void {
    const own = this.#own.get(path)
    if (own !== undefined) this.#forget(path, own)
  }

  /** Compares the reply to a beat with the list. @internal */
  noteBeat({
    streams = 0,
    version,
  }: {
    readonly streams?: number
    readonly version: number
  }): void {
    if (this.#view.version !== `${streams}.${version}` || this.#isDue) this.#loop.wake()
  }

  /** Ends all requests. Idempotent. @internal */
  close(): Promise<void> {
    return this.#loop.close()
  }

  /** True if the store does not know all about the streams of this node. */
  get #isDue(): boolean {
    const { tag, epoch } = this.#options.member
    if (this.#box !== `${tag} ${epoch}` || this.#withdrawn.size > 0) return true
    return [...this.#own.values()].some(({ fence }) => fence === undefined)
  }

  #add(path: string, info: string, { takesOver = false }: AnnounceTerms = {}): OwnStream {
    const own = { claim: ++this.#claims, info, takesOver, fence: undefined }
    this.#withdrawn.delete(path)
    this.#own.set(path, own)
    return own
  }

  async #run(): Promise<number | undefined> {
    const { store, member } = this.#options
    const { tag, epoch } = member
    if (epoch === '' || store.publish === undefined) return undefined
    this.#enter(`${tag} ${epoch}`)
    for (const [path, claim] of this.#withdrawn) {
      const reply = await store.unpublish?.({ tag, epoch, path, claim })
      if (reply?.status !== 'ok') return undefined
      if (this.#withdrawn.get(path) === claim) this.#withdrawn.delete(path)
    }
    for (const [path, own] of this.#own) {
      if (own.fence !== undefined) continue
      const holder = await this.#publish(path, own)
      if (holder !== undefined) this.#lose(path, own, holder)
      else if (own.fence === undefined) return undefined
    }
    await this.#view.read()
    return this.#isDue ? readPauseMs : undefined
  }

  /**
   * Notes the tag and epoch of the next requests. Under another one, the store knows nothing of this node, and another
   * node may have its paths: the node announces everything again. Fences of another epoch compare with nothing.
   */
  #enter(box: string): void {
    if (box === this.#box) return
    this.#box = box
    this.#withdrawn.clear()
    for (const own of this.#own.values()) own.fence = undefined
  }

  /** @returns Tag of the node that has the path */
  async #publish(path: string, own: OwnStream): Promise<NodeTag | undefined> {
    const { store, member } = this.#options
    const { tag, epoch } = member
    if (epoch === '') return undefined
    this.#enter(`${tag} ${epoch}`)
    const { claim, info, takesOver } = own
    const reply = await store.publish?.({ tag, epoch, path, claim, info, takesOver })
    if (reply?.status === 'taken') return reply.holder
    if (reply?.status !== 'ok' || this.#box !== `${tag} ${epoch}`) return undefined
    own.fence = reply.fence
    // Later, another node may have taken the path from this one.
    own.takesOver = false
    return undefined
  }

  #forget(path: string, own: OwnStream): void {
    if (this.#own.get(path) !== own) return
    this.#own.delete(path)
    this.#withdrawn.set(path, own.claim)
    this.#loop.wake()
  }

  #lose(path: string, own: OwnStream, holder: NodeTag): void {
    if (this.#own.get(path) !== own) return
    this.#own.delete(path)
    tell(this, 'superseded', path, holder)
  }

  /** Compares a list of the store with the streams of this node. */
  #changed({ streams }: StreamPage): void {
    const { tag } = this.#options.member
    for (const [path, own] of this.#own) {
      const row = this.find(path)
      if (own.fence === undefined || row?.tag === tag) continue
      if (row === undefined) own.fence = undefined
      else if (row.fence > own.fence) this.#lose(path, own, row.tag)
    }
    // A request that was late has brought a stream back that has ended.
    for (const { path, tag: holder, claim } of streams) {
      if (holder === tag && !this.#own.has(path)) this.#withdrawn.set(path, claim)
    }
    tell(this, 'changed')
  }
}
