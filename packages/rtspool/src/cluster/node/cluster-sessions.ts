import { isRecord } from '../../option-checks.js'
import type {
  Session,
  SessionKickQuery,
  SessionListQuery,
  SessionPool,
} from '../../session-pool/index.js'
import type { ClusterStore } from '../cluster-store.js'
import type {
  ClusterAnswer,
  ClusterKick,
  ClusterKickOptions,
  ClusterSessionCount,
  ClusterSessionPage,
  UnheardNode,
} from './cluster-answers.js'
import type { ClusterMember } from './cluster-member.js'
import { type ClusterNodeInfo, listNodes, readInfo } from './cluster-view.js'
import type { MailRoom, NodeAnswer } from './mail-room.js'
import {
  type ClusterNodeName,
  type ClusterSession,
  mergePages,
  type NodePage,
  readCursors,
  readPage,
  readSessions,
} from './session-pages.js'

/** Parts of a node that its {@link ClusterSessions} use. */
interface ClusterSessionsOptions {
  readonly store: Pick<ClusterStore, 'nodes'>
  readonly member: Pick<ClusterMember, 'tag'>
  readonly mail: MailRoom
  /** Description of the node for other nodes: JSON text. */
  readonly info: string
  /** Returns the pool of the node; `undefined` before its start. */
  pool(): SessionPool<object> | undefined
  /** Returns whether the store does not reply. */
  isAway(): boolean
}

/** Maximum number of sessions of a node in the answer to a kick, and of ids in its request. */
const maxOfKick = 1000
const defaultLimit = 100
const names = { list: 'sessions.list', count: 'sessions.count', kick: 'sessions.kick' } as const

/**
 * Sessions of all nodes of a cluster.
 *
 * Each function asks the other nodes, and waits for their answers no longer than three beats, at least 3 s and at most
 * 8 s. A node that does not answer is named, and the answer lacks its sessions. There is no common moment: each node
 * answers for itself. If the node has not been started, each function rejects with a `TypeError`.
 *
 * @experimental
 */
export class ClusterSessions {
  readonly #options: ClusterSessionsOptions
  /** Other nodes, as the store has listed them last; `undefined` before it has. */
  #others: readonly ClusterNodeInfo[] | undefined
  #version = -1

  /** Answers the requests of other nodes from now on. @internal */
  constructor(options: ClusterSessionsOptions) {
    this.#options = options
    const { mail } = options
    mail.handle(names.list, async (body) => {
      const { node: _, ...page } = await this.#listHere(body as SessionListQuery)
      return page
    })
    mail.handle(names.count, (body) => this.#countHere(body as SessionKickQuery))
    mail.handle(names.kick, (body) => {
      const { filter, options: terms } = isRecord(body) ? body : {}
      return this.#kickHere(filter as SessionKickQuery, terms as ClusterKickOptions)
    })
  }

  /**
   * Returns a page of the sessions of all nodes, sorted as by `SessionPool.list`. Ages are compared by the clocks of the nodes.
   *
   * @throws {RangeError | TypeError} rejects when a member is invalid or unknown.
   */
  async list({ cursor, ...query }: SessionListQuery = {}): Promise<ClusterSessionPage> {
    const cursors = readCursors(cursor)
    const { limit = defaultLimit } = query
    const queryOf = ({ tag }: ClusterNodeName) => ({ ...query, cursor: cursors.get(tag) })
    const own = await this.#listHere(queryOf(this.here))
    const { heard, unheard } = await this.ask(names.list, queryOf, readPage)
    return { ...mergePages([own, ...heard], query, limit, cursors), unheard }
  }

  /**
   * Counts the sessions of all nodes.
   *
   * @param filter - Properties that the sessions must have. @defaultValue all sessions
   * @throws {RangeError | TypeError} rejects when a member is invalid or unknown.
   */
  async count(filter: SessionKickQuery = {}): Promise<ClusterSessionCount> {
    const own = { ...this.here, sessions: this.#countHere(filter) }
    const { heard, unheard } = await this.ask(
      names.count,
      () => filter,
      (sessions, { tag, name }) =>
        typeof sessions === 'number' ? { tag, name, sessions } : undefined,
    )
    const nodes = [own, ...heard]
    return { total: nodes.reduce((sum, { sessions }) => sum + sessions, 0), nodes, unheard }
  }

  /**
   * Ends the sessions of all nodes that have all properties of a filter, as `SessionPool.kick` does on one. Each node
   * chooses and ends its sessions in one turn. A node that is unheard may have ended its sessions nevertheless.
   *
   * @throws {RangeError | TypeError} rejects when the filter has no property, or a value is invalid or unknown.
   */
  async kick(filter: SessionKickQuery, options: ClusterKickOptions = {}): Promise<ClusterKick> {
    const own = this.#kickHere(filter, options)
    const { heard, unheard } = await this.ask(
      names.kick,
      () => ({ filter, options }),
      (body, node) => {
        const { count, sessions: list } = isRecord(body) ? body : {}
        const sessions = readSessions(list, node)
        return typeof count === 'number' && sessions ? { count, sessions } : undefined
      },
    )
    const all = [own, ...heard]
    return {
      count: all.reduce((sum, { count }) => sum + count, 0),
      sessions: all.flatMap(({ sessions }) => sessions),
      unheard,
    }
  }

  /** Reads the list of nodes after a change of its version. If that fails, the next call reads the list. @internal */
  noteVersion(version: number): void {
    if (version === this.#version) return
    this.#version = version
    void this.#readNodes().then((isRead) => {
      if (!isRead && this.#version === version) this.#version = -1
    })
  }

  /** Other nodes that are not dead, as the store has listed them last. @internal */
  get others(): readonly ClusterNodeInfo[] {
    return this.#others ?? []
  }

  /** Tag and name of this node. @internal */
  get here(): ClusterNodeName {
    const { member, info } = this.#options
    return { tag: member.tag, name: readInfo(info).name }
  }

  get #pool(): SessionPool<object> {
    const pool = this.#options.pool()
    if (pool !== undefined) return pool
    throw new TypeError('sessions of a cluster: expected a node that has been started')
  }

  async #listHere(query: SessionListQuery): Promise<NodePage> {
    const { sessions, cursors, cursor } = await this.#pool.listInTurns(query)
    const node = this.here
    return { node, sessions: sessions.map((each) => viewOf(each, node)), cursors, cursor }
  }

  #countHere(filter: SessionKickQuery): number {
    const isAll = Object.values(filter).every((value) => value === undefined)
    return isAll ? this.#pool.size : this.#pool.kick(filter, { dryRun: true }).length
  }

  #kickHere(filter: SessionKickQuery, { only, ...options }: ClusterKickOptions) {
    const pool = this.#pool
    const node = this.here
    const matching = pool.kick(filter, { ...options, dryRun: true })
    const ids = only && checkIds(only)
    const ending = new Set(ids ? matching.filter(({ publicId }) => ids.has(publicId)) : matching)
    const chosen = options.dryRun
      ? [...ending]
      : pool.kick((session) => ending.has(session), options)
    const sessions = chosen.slice(0, maxOfKick).map((session) => viewOf(session, node))
    return { count: chosen.length, sessions }
  }

  /**
   * Sends a request to each other node, or to those that a function selects.
   *
   * @param bodyOf - Returns the body of the request to a node.
   * @param read - Reads the answer of a node; `undefined` = the answer has a wrong form.
   * @internal
   */
  async ask<Value>(
    name: string,
    bodyOf: (node: ClusterNodeInfo) => unknown,
    read: (body: unknown, node: ClusterNodeName) => Value | undefined,
    isAsked: (node: ClusterNodeName) => boolean = () => true,
  ): Promise<ClusterAnswer & { readonly heard: readonly Value[] }> {
    const isAway = !(await this.#readNodes())
    const heard: Value[] = []
    const nodes = (this.#others ?? []).filter(isAsked)
    const unheard: UnheardNode[] = this.#others ? [] : [unknownNodes]
    const answers = nodes.map(async (node): Promise<NodeAnswer | UnheardNode> => {
      if (isAway) return { ...nameOf(node), why: 'storeAway' }
      if (node.state === 'suspect') return { ...nameOf(node), why: 'suspect' }
      return await this.#options.mail.request(node.tag, name, bodyOf(node))
    })
    for (const [at, answer] of (await Promise.all(answers)).entries()) {
      const node = nameOf(nodes[at] as ClusterNodeInfo)
      const value = 'body' in answer ? read(answer.body, node) : undefined
      if (value !== undefined) heard.push(value)
      else unheard.push({ ...node, why: 'why' in answer ? answer.why : 'failed' })
    }
    return { heard, unheard }
  }

  /** Reads the other nodes that are not dead. @returns Whether the store has replied */
  async #readNodes(): Promise<boolean> {
    const { store, member, isAway } = this.#options
    if (isAway()) return false
    try {
      const nodes = await listNodes(store)
      this.#others = nodes.filter(({ tag, state }) => tag !== member.tag && state !== 'dead')
      return true
    } catch {
      return false
    }
  }
}

/** Entry that stands for the other nodes while none is known. */
const unknownNodes: UnheardNode = { tag: '', name: 'all other nodes', why: 'storeAway' }

const nameOf = ({ tag, name }: ClusterNodeName): ClusterNodeName => ({ tag, name })

const viewOf = (session: Session<object>, node: ClusterNodeName): ClusterSession => ({
  ...session.toJSON(),
  node,
  queuedBytes: session.queuedBytes,
})

/** @throws {RangeError} when there are too many ids */
function checkIds(ids: readonly string[]): ReadonlySet<string> {
  if (ids.length <= maxOfKick) return new Set(ids)
  throw new RangeError(`kick: only must have at most ${maxOfKick} ids, got ${ids.length}`)
}
