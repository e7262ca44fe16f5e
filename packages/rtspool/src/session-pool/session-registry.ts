import { hostOf, isSameHost } from '../host-of.js'
import { checkOptions, isRecord, shown } from '../option-checks.js'
import { internals, type Session } from './session.js'
import type { SessionData } from './session-data.js'
import { SessionIndex } from './session-index.js'
import type { SessionKickQuery } from './session-kick.js'
import { type SessionState, sessionStates } from './session-state.js'
import { CreationChain } from './structures/creation-chain.js'
import type { HandleRecords } from './structures/handle-records.js'
import type { IdTable } from './structures/id-table.js'
import { SilenceOrder } from './structures/silence-order.js'

/** A user, an address or a path, whose sessions {@link SessionPool.count} counts. */
export type SessionQuestion =
  | { readonly user: string; readonly address?: never; readonly path?: never }
  | { readonly address: string; readonly user?: never; readonly path?: never }
  | { readonly path: string; readonly user?: never; readonly address?: never }

const subjects: readonly string[] = ['user', 'address', 'path']

/** @throws {TypeError} unless exactly one of user, address and path is given. */
export function checkQuestion(question: SessionQuestion): SessionQuestion {
  if (isRecord(question)) checkOptions('count', question, subjects)
  const given = isRecord(question)
    ? Object.entries(question).filter(([, value]) => value !== undefined)
    : []
  const [subject, value] = given[0] ?? []
  if (given.length === 1 && subjects.includes(subject ?? '') && typeof value === 'string') {
    return { [subject as 'path']: value }
  }
  throw new TypeError(
    `expected exactly one of { user }, { address }, { path }, got ${shown(question)}`,
  )
}

/** Conditions that the listed sessions must meet, and the page to return. */
export interface SessionListQuery {
  /** Cursor of the previous page. @defaultValue the beginning */
  readonly cursor?: string | undefined
  /** Maximum number of sessions on a page: 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  readonly path?: string | undefined
  readonly user?: string | undefined
  readonly address?: string | undefined
  readonly state?: SessionState | undefined
}

/** A page of a list, in order of creation. */
export interface SessionPage<Data extends object = SessionData> {
  readonly sessions: readonly Session<Data>[]
  /** Cursor of the next page; `undefined` after the last one. */
  readonly cursor: string | undefined
}

const defaultPageLimit = 100
const maxPageLimit = 1000
/** Maximum number of sessions that one page examines: limits the time of a query that few match. */
const maxLooksPerPage = 10_000
const cursorPattern = /^[0-9a-z]{1,11}$/
const cursorRadix = 36

/** Indexes the pool's sessions by public id, user, address, path, order of creation and silence. */
export class SessionRegistry {
  readonly #sessions: IdTable<Session>
  readonly #chain: CreationChain
  readonly #byPublicId = new Map<string, Session>()
  readonly #byHost: SessionIndex
  readonly #byUser: SessionIndex
  readonly #byPath: SessionIndex
  /** Sessions by their last sign of life; `undefined` if the pool never evicts a session. */
  readonly #silent: SilenceOrder | undefined

  constructor(
    sessions: IdTable<Session>,
    records: HandleRecords,
    options: { readonly tracksSilence: boolean },
  ) {
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
  }

  /** Number of sessions added since the pool was created; the serial number of the last one. */
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
    const publicId = internals.publicIdOf(session)
    if (publicId !== undefined) this.#byPublicId.delete(publicId)
    this.#silent?.delete(handle)
    this.#chain.delete(handle)
  }

  /** Frees memory that a larger number of sessions needed; called when no session is left. */
  reset(): void {
    this.#chain.reset()
  }

  /**
   * Yields the sessions with a higher serial number, in order of creation. Sessions may be added
   * and removed meanwhile, as in a `Map`.
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
    return this.#byPath.count(question.path)
  }

  /**
   * Updates the session's position in the order of silence, after its last sign of life may seem
   * earlier.
   */
  noteDue(session: Session): void {
    const handle = internals.handleOf(session)
    this.#silent?.delete(handle)
    this.#silent?.add(handle)
  }

  /**
   * Returns the session that has been silent for longest, among all or those that match `question`.
   *
   * @param except - Session that needs the room, and is never returned.
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

  /** Returns a page of matches by creation. @throws {RangeError | TypeError} for a wrong member */
  list(query: SessionListQuery): SessionPage {
    checkQuery(query)
    const limit = query.limit ?? defaultPageLimit
    if (!Number.isInteger(limit) || limit < 1 || limit > maxPageLimit) {
      throw new RangeError(`limit is a whole number from 1 to ${maxPageLimit}`)
    }
    const sessions: Session[] = []
    let looks = 0
    let last = parseCursor(query.cursor)
    for (const session of this.#candidates(query, last)) {
      if (sessions.length === limit || looks === maxLooksPerPage) {
        return { sessions, cursor: last.toString(cursorRadix) }
      }
      looks++
      last = this.#serialOf(session)
      if (matches(session, query)) sessions.push(session)
    }
    return { sessions, cursor: undefined }
  }

  /**
   * Returns the sessions with a higher serial number that may match the query. Reads the smallest
   * index that applies: by user, address or path, or else all sessions.
   */
  #candidates(query: SessionListQuery, serial: number): Iterable<Session> {
    const questions: SessionQuestion[] = []
    if (query.user !== undefined) questions.push({ user: query.user })
    if (query.address !== undefined) questions.push({ address: query.address })
    if (query.path !== undefined) questions.push({ path: query.path })
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
    return [...candidates].filter((session) => matches(session, query))
  }

  #serialOf(session: Session): number {
    return this.#chain.serialOf(internals.handleOf(session))
  }

  #behind(question: SessionQuestion, serial: number): Iterable<Session> {
    if (question.user !== undefined) return this.#byUser.after(question.user, serial)
    if (question.address !== undefined) return this.#byHost.after(hostOf(question.address), serial)
    return this.#byPath.after(question.path, serial)
  }
}

const queryNames: readonly string[] = ['cursor', 'limit', 'path', 'user', 'address', 'state']

/** Rejects an invalid query, which would otherwise list all sessions or none. */
function checkQuery(query: SessionListQuery): void {
  checkOptions('list', query, queryNames)
  for (const name of subjects) {
    const value: unknown = query[name as 'path']
    if (value === undefined || typeof value === 'string') continue
    throw new TypeError(`${name} must be a string, got ${shown(value)}`)
  }
  if (query.state === undefined || sessionStates.includes(query.state)) return
  throw new TypeError(`state must be one of ${sessionStates.join(', ')}, got ${shown(query.state)}`)
}

function matches(session: Session, { user, address, path, state }: SessionListQuery): boolean {
  if (state !== undefined && session.state !== state) return false
  if (user !== undefined && session.owner?.user !== user) return false
  if (address !== undefined && !isOfHost(session, address)) return false
  return path === undefined || internals.pathsOf(session).includes(path)
}

function isOfHost({ owner }: Session, address: string): boolean {
  return owner !== undefined && isSameHost(owner.address, address)
}

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  if (!cursorPattern.test(cursor)) throw new RangeError('That is no cursor of this list')
  return Number.parseInt(cursor, cursorRadix)
}
