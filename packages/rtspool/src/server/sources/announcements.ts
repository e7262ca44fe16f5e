import type { Clock } from '../../clock.js'
import { RequestError, SessionPoolError } from '../../errors.js'
import { hostOf, isSameHost } from '../../host-of.js'
import type { Publication } from '../../media/streams/publication.js'
import type { SessionPool } from '../../session-pool/index.js'
import type { AnnouncementsContext } from '../request/request-context.js'

/**
 * Maximum number of publications between ANNOUNCE and SETUP, if the pool has no lower limit. Each
 * has a description of up to 64 KiB.
 */
const maxWaiting = 1024
const maxWaitingPerAddress = 128
const msPerSecond = 1000

/** Connection on which a publisher has sent ANNOUNCE. */
interface Announcer {
  readonly remoteAddress: string
}

/**
 * Publications between ANNOUNCE and their first SETUP. Each counts as a session of the pool, so
 * that clients cannot announce more paths than they may have sessions. The time for SETUP starts
 * with a connection's first announcement, even if the connection announces again.
 */
export class Announcements implements AnnouncementsContext {
  readonly #pool: SessionPool
  readonly #clock: Clock
  /** Publications by host of the publisher, from ANNOUNCE to their end. */
  readonly #byHost = new Map<string, Set<Publication>>()
  /**
   * Time of a connection's first announcement, in milliseconds of the clock, until the connection
   * sets up a publication.
   */
  readonly #announcedAt = new WeakMap<Announcer, number>()

  constructor(pool: SessionPool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** Number of publications between ANNOUNCE and their first SETUP. */
  get waiting(): number {
    let waiting = 0
    for (const host of this.#byHost.keys()) waiting += this.#waitingOf(host)
    return waiting
  }

  /**
   * Checks that a connection may announce a presentation.
   *
   * @param leaving - Publications that end when the new one begins, and are not counted: the
   *   connection's previous announcement, and a replaced publication.
   * @returns Remaining milliseconds for the first SETUP; 0 = no limit.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_FULL` if a session limit is reached.
   * @throws {RequestError} `ERR_FORBIDDEN` if the connection's time for SETUP is over.
   */
  admit(connection: Announcer, leaving: readonly Publication[]): number {
    const { remoteAddress } = connection
    const { maxSessions, maxSessionsPerAddress } = this.#pool.limits
    const leavingOwn = leaving.filter(({ owner }) => isSameHost(owner.address, remoteAddress))
    const own = this.#waitingOf(hostOf(remoteAddress)) - waitingOf(leavingOwn)
    const all = this.waiting - waitingOf(leaving)
    const held = this.#pool.count({ address: remoteAddress }) - setUpOf(leavingOwn)
    const size = this.#pool.size - setUpOf(leaving)
    if (own >= maxWaitingPerAddress || isOver(maxSessionsPerAddress, held + own)) {
      throw full('maxSessionsPerAddress')
    }
    if (all >= maxWaiting || isOver(maxSessions, size + all)) throw full('maxSessions')
    const leftMs = this.#timeLeft(connection)
    if (leftMs >= 0) return leftMs
    throw new RequestError('ERR_FORBIDDEN', 'what was announced before was not set up in time')
  }

  /**
   * Notes that the connection has announced the publication. The first announcement of a connection starts its time
   * for SETUP.
   */
  note(connection: Announcer, publication: Publication): void {
    const host = hostOf(connection.remoteAddress)
    const known = this.#byHost.get(host)
    if (known) known.add(publication)
    else this.#byHost.set(host, new Set([publication]))
    if (this.#announcedAt.has(connection)) return
    this.#announcedAt.set(connection, this.#clock.now())
  }

  /**
   * Notes that the connection has set up its publication. The time for SETUP starts anew with the
   * next announcement.
   */
  settled(connection: Announcer): void {
    this.#announcedAt.delete(connection)
  }

  ended({ remoteAddress }: Announcer, publication: Publication): void {
    const host = hostOf(remoteAddress)
    const known = this.#byHost.get(host)
    if (known?.delete(publication) && known.size === 0) this.#byHost.delete(host)
  }

  /**
   * Returns the milliseconds that remain until the connection must have set up its announced publication; below 0 if
   * the time is over.
   */
  #timeLeft(connection: Announcer): number {
    const limitMs = this.#pool.limits.maxIdleSetup * msPerSecond
    const now = this.#clock.now()
    const leftMs = (this.#announcedAt.get(connection) ?? now) + limitMs - now
    if (limitMs === 0) return 0
    return leftMs > 0 ? leftMs : -1
  }

  #waitingOf(host: string): number {
    return waitingOf(this.#byHost.get(host) ?? [])
  }
}

function waitingOf(publications: Iterable<Publication>): number {
  let waiting = 0
  for (const { isSetUp } of publications) if (!isSetUp) waiting++
  return waiting
}

/** Returns the number of publications that their publisher has set up. Each of them has one session. */
const setUpOf = (publications: readonly Publication[]): number =>
  publications.length - waitingOf(publications)

const isOver = (limit: number, count: number): boolean => limit > 0 && count >= limit

const full = (limit: string): SessionPoolError =>
  new SessionPoolError('ERR_SESSION_POOL_FULL', `${limit} is reached by announcements`, {
    context: { limit },
  })
