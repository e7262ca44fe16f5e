import type { Clock } from '../../clock.js'
import { RequestError, SessionPoolError } from '../../errors.js'
import { hostOf, isSameHost } from '../../host-of.js'
import type { Publication } from '../../media/streams/publication.js'
import type { SessionPool } from '../../session-pool/index.js'

/** Announcements without SETUP, each with a description of up to 64 KiB, where the pool has no lower limit. */
const maxWaiting = 1024
const maxWaitingPerAddress = 128
const msPerSecond = 1000

/** The connection of a publisher. */
interface Announcer {
  readonly remoteAddress: string
}

/**
 * What was announced and is not set up yet. It counts as the session that it is going to be, so that nobody has more
 * paths than sessions; and whoever announces again does not begin anew: the time runs from the first announcement.
 */
export class Announcements {
  readonly #pool: SessionPool
  readonly #clock: Clock
  /** By host; those that have been set up stay until they end. */
  readonly #byHost = new Map<string, Set<Publication>>()
  /** When a connection has announced first, until it sets something up. */
  readonly #announcedAt = new WeakMap<Announcer, number>()

  constructor(pool: SessionPool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** Announcements that wait for their SETUP. */
  get waiting(): number {
    let waiting = 0
    for (const host of this.#byHost.keys()) waiting += this.#waitingOf(host)
    return waiting
  }

  /**
   * Makes sure that a connection may announce.
   *
   * @param leaving - What ends when the new one begins: what the connection has announced before, and the publication
   * of another one that gives way. Each has a place, as an announcement or as a session.
   * @returns Milliseconds that are left for the first SETUP; 0 = any time.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_FULL` when a limit of sessions leaves no room.
   * @throws {RequestError} `ERR_FORBIDDEN` when the time of an announcement of the connection is over.
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

  /** The connection has announced this. */
  note(connection: Announcer, publication: Publication): void {
    const host = hostOf(connection.remoteAddress)
    const known = this.#byHost.get(host)
    if (known) known.add(publication)
    else this.#byHost.set(host, new Set([publication]))
    if (this.#announcedAt.has(connection)) return
    this.#announcedAt.set(connection, this.#clock.now())
  }

  /** The connection has set up what it announced: the next announcement has its whole time. */
  settled(connection: Announcer): void {
    this.#announcedAt.delete(connection)
  }

  ended({ remoteAddress }: Announcer, publication: Publication): void {
    const host = hostOf(remoteAddress)
    const known = this.#byHost.get(host)
    if (known?.delete(publication) && known.size === 0) this.#byHost.delete(host)
  }

  /** @returns Less than 0 when there is none. */
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

/** A publication that is set up has one session. */
const setUpOf = (publications: readonly Publication[]): number =>
  publications.length - waitingOf(publications)

const isOver = (limit: number, count: number): boolean => limit > 0 && count >= limit

const full = (limit: string): SessionPoolError =>
  new SessionPoolError('ERR_SESSION_POOL_FULL', `${limit} is reached by announcements`, {
    context: { limit },
  })
