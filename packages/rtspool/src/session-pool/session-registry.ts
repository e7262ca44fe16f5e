import { hostOf } from '../host-of.js'
import { matcherOf, type SessionFilter } from './listing/session-filter.js'
import { figureOf, SortedPage } from './listing/session-order.js'
import {
  checkListQuery,
  type SessionListQuery,
  type SessionPage,
  type SessionQuestion,
} from './listing/session-query.js'
import { internals, type Session } from './session.js'
import { groupKeys, type SessionGroups } from './session-groups.js'
import type { SessionKickQuery } from './session-kick.js'
import { CreationChain } from './structures/creation-chain.js'
import type { HandleRecords } from './structures/handle-records.js'
import type { IdTable } from './structures/id-table.js'
import { cursorOf, serialOf } from './structures/page.js'
import { SessionIndex } from './structures/session-index.js'
import { SilenceOrder } from './structures/silence-order.js'

/**
 * Maximum number of sessions that one page examines, so that a query with few matches takes limited
 * time.
 */
const maxLooksPerPage = 10_000

/** Number of sessions that {@link SessionRegistry.listInTurns} examines in one turn of the event loop. */
const looksPerTurn = 2000

/**
 * Indexes the pool's sessions by public id, user, address, path and group, in order of creation and
 * by their last sign of life.
 */
export class SessionRegistry {
  readonly #sessions: IdTable<Session>
  readonly #chain: CreationChain
  readonly #byPublicId = new Map<string, Session>()
  readonly #byHost: SessionIndex
  readonly #byUser: SessionIndex
  readonly #byPath: SessionIndex
  readonly #byGroup: SessionIndex
  readonly #now: () => number
  /**
   * Sessions in the order of their last sign of life; `undefined` if the pool never evicts a
   * session.
   */
  readonly #silent: SilenceOrder | undefined

  constructor(
    sessions: IdTable<Session>,
    records: HandleRecords,
    options: { readonly tracksSilence: boolean; readonly now: () => number },
  ) {
    this.#now = options.now
    this.#chain = new CreationChain(records)
    this.#sessions = sessions
    this.#silent = options.tracksSilence
      ? new SilenceOrder(
          (handle) => internals.silentSince(sessions.at(handle)),
          (handle) => this.#chain.serialOf(handle),
        )
      : undefined
    const serialOf = (session: Session) => this.#serialOf(session)
    this.#byHost = new SessionIndex(serialOf)
    this.#byUser = new SessionIndex(serialOf)
    this.#byPath = new SessionIndex(serialOf)
    this.#byGroup = new SessionIndex(serialOf)
  }

  /** Number of sessions added since the pool was created, which is also the serial number of the session added last. */
  get added(): number {
    return this.#chain.serial
  }

  add(handle: number, session: Session): void {
    this.#chain.append(handle)
    const { owner } = session
    if (owner !== undefined) {
      this.#byHost.add(hostOf(owner.address), session)
      if (owner.user !== undefined) this.#byUser.add(owner.user, session)
    }
    const paths = internals.pathsOf(session)
    // Usually empty: starting an iteration costs more than reading the length.
    if (paths.length > 0) for (const path of paths) this.#byPath.add(path, session)
    if (session.groups !== undefined) {
      for (const key of groupKeys(session.groups)) this.#byGroup.add(key, session)
    }
    const publicId = internals.publicIdOf(session)
    if (publicId !== undefined) this.#byPublicId.set(publicId, session)
    this.#silent?.add(handle)
  }

  delete(handle: number, session: Session): void {
    const { owner } = session
    if (owner !== undefined) {
      this.#byHost.delete(hostOf(owner.address), session)
      if (owner.user !== undefined) this.#byUser.delete(owner.user, session)
    }
    const paths = internals.pathsOf(session)
    if (paths.length > 0) for (const path of paths) this.#byPath.delete(path, session)
    if (session.groups !== undefined) {
      for (const key of groupKeys(session.groups)) this.#byGroup.delete(key, session)
    }
    const publicId = internals.publicIdOf(session)
    if (publicId !== undefined) this.#byPublicId.delete(publicId)
    this.#silent?.delete(handle)
    this.#chain.delete(handle)
  }

  /** Frees memory that earlier, more numerous sessions needed. Called when the pool is empty. */
  reset(): void {
    this.#chain.reset()
  }

  /**
   * Yields the sessions whose serial number is higher than `serial`, in order of creation. Sessions may be added and
   * removed meanwhile, as in a `Map`.
   */
  *after(serial: number): Generator<Session, void> {
    const chain = this.#chain
    let handle = chain.firstAfter(serial)
    while (handle !== undefined) {
      const last = chain.serialOf(handle)
      yield this.#sessions.at(handle)
      handle = chain.nextOf(handle, last)
    }
  }

  nameSession(session: Session, publicId: string): void {
    this.#byPublicId.set(publicId, session)
  }

  findByPublicId(publicId: string): Session | undefined {
    return this.#byPublicId.get(publicId)
  }

  enterPath(session: Session, path: string): void {
    this.#byPath.add(path, session)
  }

  leavePath(session: Session, path: string): void {
    this.#byPath.delete(path, session)
  }

  count(question: SessionQuestion): number {
    if (question.user !== undefined) return this.#byUser.count(question.user)
    if (question.address !== undefined) return this.#byHost.count(hostOf(question.address))
    if (question.group !== undefined) return this.#byGroup.count(groupKeyOf(question.group))
    return this.#byPath.count(question.path)
  }

  /**
   * Updates a session's position in the order of last signs of life. Needed when the time of its last sign of life
   * has become earlier.
   */
  noteDue(session: Session): void {
    const handle = internals.handleOf(session)
    this.#silent?.delete(handle)
    this.#silent?.add(handle)
  }

  /**
   * Returns the session that has been without a sign of life for longest, among all or those that match `question`;
   * `undefined` if there is none.
   *
   * @param except - Session that is never returned, because the room is made for it.
   */
  longestSilent(question?: SessionQuestion, except?: Session): Session | undefined {
    if (question === undefined) {
      const handle = this.#silent?.first()
      return handle === undefined ? undefined : this.#sessions.at(handle)
    }
    let silent: Session | undefined
    for (const session of this.#behind(question, 0)) {
      if (session === except) continue
      if (!silent || internals.silentSince(session) < internals.silentSince(silent)) {
        silent = session
      }
    }
    return silent
  }

  /**
   * Returns a page of sessions that match a query. @throws {RangeError | TypeError} for a wrong
   * member
   */
  list(query: SessionListQuery): SessionPage {
    const limit = checkListQuery(query)
    return isByCreation(query) ? this.#listByCreation(query, limit) : this.#listSorted(query, limit)
  }

  #listByCreation(query: SessionListQuery, limit: number): SessionPage {
    const matches = this.#matcherOf(query)
    const sessions: Session[] = []
    const cursors: string[] = []
    let looks = 0
    let last = query.cursor === undefined ? 0 : serialOf(query.cursor)
    for (const session of this.#candidates(query, last)) {
      if (sessions.length === limit || looks === maxLooksPerPage) {
        return { sessions, cursors, cursor: cursorOf(last) }
      }
      looks++
      last = this.#serialOf(session)
      if (!matches(session)) continue
      sessions.push(session)
      cursors.push(cursorOf(last))
    }
    return { sessions, cursors, cursor: undefined }
  }

  /** Returns a page of sessions like {@link list}, but lets the event loop run after each 2000 sessions. */
  async listInTurns(query: SessionListQuery): Promise<SessionPage> {
    const limit = checkListQuery(query)
    if (isByCreation(query)) return this.#listByCreation(query, limit)
    const sorting = this.#sorting(query, limit)
    let step = sorting.next()
    while (!step.done) {
      await new Promise(setImmediate)
      step = sorting.next()
    }
    return step.value
  }

  #listSorted(query: SessionListQuery, limit: number): SessionPage {
    const sorting = this.#sorting(query, limit)
    let step = sorting.next()
    while (!step.done) step = sorting.next()
    return step.value
  }

  /**
   * Sorts the matching sessions, and yields after each {@link looksPerTurn} sessions. @returns The
   * page
   */
  *#sorting(query: SessionListQuery, limit: number): Generator<void, SessionPage> {
    const { sort = 'age', order = 'descending', cursor } = query
    const matches = this.#matcherOf(query)
    const page = new SortedPage(limit, order, cursor)
    let looks = 0
    for (const session of this.#candidates(query, 0)) {
      // A session may have left since the turn before.
      if (session.removalReason === undefined && matches(session)) {
        page.add(session, figureOf(session, sort), this.#serialOf(session))
      }
      if (++looks % looksPerTurn === 0) yield
    }
    return page.take()
  }

  #matcherOf(filter: SessionFilter): (session: Session) => boolean {
    const matches = matcherOf(filter, internals.publicIdOf)
    const now = this.#now()
    return (session) => matches(session, now - session.createdAt)
  }

  /**
   * Returns the sessions that may match the query and whose serial number is higher than `serial`. Uses an index by
   * user, address, path or group if the query has one of them, and otherwise all sessions.
   */
  #candidates(query: SessionFilter, serial: number): Iterable<Session> {
    const questions: SessionQuestion[] = []
    if (query.user !== undefined) questions.push({ user: query.user })
    if (query.address !== undefined) questions.push({ address: query.address })
    if (query.path !== undefined) questions.push({ path: query.path })
    for (const [name, value] of Object.entries(query.group ?? {})) {
      questions.push({ group: { [name]: value } })
    }
    const [first, ...others] = questions
    if (first === undefined) return this.after(serial)
    const shortest = others.reduce((a, b) => (this.count(b) < this.count(a) ? b : a), first)
    return this.#behind(shortest, serial)
  }

  /** Returns all sessions that have each of the given properties, in order of creation. */
  matching(query: SessionKickQuery): Session[] {
    const { publicId } = query
    const named = publicId === undefined ? undefined : this.findByPublicId(publicId)
    if (publicId !== undefined && named === undefined) return []
    const candidates = named === undefined ? this.#candidates(query, 0) : [named]
    return [...candidates].filter(this.#matcherOf(query))
  }

  #serialOf(session: Session): number {
    return this.#chain.serialOf(internals.handleOf(session))
  }

  #behind(question: SessionQuestion, serial: number): Iterable<Session> {
    if (question.user !== undefined) return this.#byUser.after(question.user, serial)
    if (question.address !== undefined) return this.#byHost.after(hostOf(question.address), serial)
    if (question.group !== undefined) {
      return this.#byGroup.after(groupKeyOf(question.group), serial)
    }
    return this.#byPath.after(question.path, serial)
  }
}

const isByCreation = ({ sort = 'age', order }: SessionListQuery): boolean =>
  sort === 'age' && order !== 'ascending'

/** Returns the key under which the index of groups contains the sessions of a query's only group: `name=value`. */
const groupKeyOf = (group: SessionGroups): string => groupKeys(group)[0] ?? ''
