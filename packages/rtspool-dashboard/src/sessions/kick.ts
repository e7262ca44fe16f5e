import { type ApiClient, ApiError } from '../api/api-client.js'
import type { SessionView, UnheardNode } from '../api/session-view.js'
import { type FilterValues, filterBody } from '../filters/session-filter.js'

/** Kind of client that a ban refuses: a user or an address. */
export type BanSubject = 'user' | 'address'

/** Reason for which sessions are ended, and an optional ban of their clients. */
export interface EndTerms {
  /** Reason for which the operator ends the sessions, as free text; empty = none. */
  readonly reason: string
  /** Ban of the clients for a number of seconds, 0 = until the ban is removed. Absent = no ban. */
  readonly ban?: { readonly seconds: number; readonly subject: BanSubject }
}

/** Returns the kinds of ban (user, address) that are possible for a session's client, the more exact one first. */
export const subjectsOf = ({ user, address }: Pick<SessionView, BanSubject>): BanSubject[] => [
  ...(user ? (['user'] as const) : []),
  ...(address ? (['address'] as const) : []),
]

/**
 * Ends one session, after a ban of its client if `ban` is given. A session that has ended already is no error.
 *
 * @throws {ApiError}
 */
export async function kickSession(
  client: ApiClient,
  session: SessionView,
  { reason, ban }: EndTerms,
): Promise<void> {
  const noted = reason === '' ? {} : { reason }
  const path = `/v1/sessions/${encodeURIComponent(session.publicId)}/kick`
  // In a cluster, the server of the session bans the client: the ban of another server would come later.
  if (ban && session.node && ban.subject === subjectsOf(session)[0]) {
    const { seconds } = ban
    if (await isFound(client.post(path, { ...noted, ban: { seconds } }))) return
  }
  // The ban comes first: the client would be back before it.
  if (ban) {
    const { seconds, subject } = ban
    await client.post('/v1/bans', { [subject]: session[subject], seconds, ...noted })
  }
  await isFound(client.post(path, noted))
}

/** Waits for a request about a session. @returns `false` if the session has ended already @throws {ApiError} */
async function isFound(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}

/** Sessions that matched a filter when the server counted them. */
export interface CountedSessions {
  readonly count: number
  /** Public ids of the counted sessions, at most 1000 of them. */
  readonly sessions: readonly string[]
  /** Servers of the cluster that did not count; absent without a cluster. */
  readonly unheard?: readonly UnheardNode[]
}

/** Number of sessions that were ended. */
export interface EndedSessions {
  readonly count: number
  /** Servers of the cluster that may not have ended their sessions; absent without a cluster. */
  readonly unheard?: readonly UnheardNode[]
}

/** Counts the sessions that match a filter, without ending them. @throws {ApiError} */
export const countSessions = (client: ApiClient, filter: FilterValues): Promise<CountedSessions> =>
  client.post('/v1/sessions/kick', { filter: filterBody(filter), dryRun: true })

/**
 * Ends sessions that were counted and still match the filter. Sessions that match it only since
 * then are not ended. A ban applies to the users of these sessions, and to the addresses of
 * sessions without a user.
 *
 * @throws {ApiError}
 */
export function kickSessions(
  client: ApiClient,
  filter: FilterValues,
  { sessions }: CountedSessions,
  { reason, ban }: EndTerms,
): Promise<EndedSessions> {
  return client.post('/v1/sessions/kick', {
    filter: filterBody(filter),
    sessions,
    ...(reason !== '' && { reason }),
    ...(ban && { ban: { seconds: ban.seconds } }),
  })
}
