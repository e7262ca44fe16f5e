import { type ApiClient, ApiError } from '../api/api-client.js'
import type { SessionView } from '../api/session-view.js'
import { type FilterValues, filterBody } from '../filters/session-filter.js'

/** Client that a ban keeps out. */
export type BanSubject = 'user' | 'address'

/** Terms on which a session ends. */
export interface EndTerms {
  /** Free text; empty = none. */
  readonly reason: string
  /** Absent for no ban; 0 seconds = until removed. */
  readonly ban?: { readonly seconds: number; readonly subject: BanSubject }
}

/** Returns the subjects that a ban of the owner can have, the more exact one first. */
export const subjectsOf = ({ user, address }: Pick<SessionView, BanSubject>): BanSubject[] => [
  ...(user ? (['user'] as const) : []),
  ...(address ? (['address'] as const) : []),
]

/**
 * Ends one session. One that has left in the meantime is no problem.
 *
 * @throws {ApiError}
 */
export async function endSession(
  client: ApiClient,
  session: SessionView,
  { reason, ban }: EndTerms,
): Promise<void> {
  const noted = reason === '' ? {} : { reason }
  // The ban comes first: the client would be back before it.
  if (ban) {
    const { seconds, subject } = ban
    await client.post('/v1/bans', { [subject]: session[subject], seconds, ...noted })
  }
  try {
    await client.post(`/v1/sessions/${encodeURIComponent(session.publicId)}/kick`, noted)
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}

/** Sessions that match a filter, at the time when the server has counted them. */
export interface CountedSessions {
  readonly count: number
  /** Public ids, at most 1000. */
  readonly sessions: readonly string[]
}

/** Counts the sessions that match a filter. @throws {ApiError} */
export const countSessions = (client: ApiClient, filter: FilterValues): Promise<CountedSessions> =>
  client.post('/v1/sessions/kick', { filter: filterBody(filter), dryRun: true })

/**
 * Ends sessions that were counted, as far as they still match the filter. Sessions that match it since
 * then stay. A ban is of the users of these sessions, and of the addresses of sessions without user.
 *
 * @throws {ApiError}
 */
export async function endSessions(
  client: ApiClient,
  filter: FilterValues,
  { sessions }: CountedSessions,
  { reason, ban }: EndTerms,
): Promise<void> {
  await client.post('/v1/sessions/kick', {
    filter: filterBody(filter),
    sessions,
    ...(reason !== '' && { reason }),
    ...(ban && { ban: { seconds: ban.seconds } }),
  })
}
