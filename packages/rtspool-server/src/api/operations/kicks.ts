import type { BanTerms, Session, SessionKickFilter } from 'rtspool'
import { z } from 'zod'
import type { ControlledServer } from '../controlled-server.js'
import { type Caller, type Operation, operation } from '../operation.js'
import { Problem } from '../problem.js'
import { sessionFilters } from '../session-filters.js'
import { count, publicId } from '../values.js'
import { adding, banTerms, note } from './bans.js'
import { namedSession, sessionOf, sessionSchema, sessionView } from './sessions.js'

const kickResult = z.object({
  count: count.describe('Sessions that were ended, or would be'),
  dryRun: z.boolean(),
  sessions: z.array(z.string()).describe('Public ids, at most 1000'),
})

const maxIdsOfKick = 1000

const kickTerms = {
  reason: note.optional().describe('Free text for the list of those that have left'),
  ban: z
    .strictObject(banTerms)
    .optional()
    .describe('Bans the user of each session, or the address of a session without user'),
}

interface KickTerms {
  readonly reason?: string | undefined
  readonly ban?: BanTerms | undefined
  readonly dryRun?: boolean | undefined
}

function kick(
  { rtsp }: ControlledServer,
  { token }: Caller,
  filter: SessionKickFilter,
  { ban, ...options }: KickTerms,
): Session[] {
  const terms = ban && { ...ban, author: token.name }
  return adding({ ...ban }, () => rtsp.pool.kick(filter, { ...options, ban: terms }))
}

const kickSchema = z.strictObject({
  filter: z.strictObject(sessionFilters).refine((filter) => Object.keys(filter).length > 0, {
    message: `at least one of ${Object.keys(sessionFilters).join(', ')}`,
  }),
  sessions: z
    .array(publicId)
    .max(maxIdsOfKick)
    .optional()
    .describe('Public ids, such as those of a dry run: sessions with other ids stay'),
  expectedCount: count
    .optional()
    .describe('Sessions that should end. If their number is another one now, all stay: status 409'),
  dryRun: z.boolean().optional().describe('true = count only. Default: false'),
  ...kickTerms,
})

/**
 * Ends the sessions that a request body selects, unless `dryRun` asks only for the sessions. Sessions are counted and
 * ended in the same turn of the event loop, so that the number cannot change meanwhile.
 *
 * @returns The selected sessions.
 * @throws {Problem} `conflict` if `expectedCount` is given and the number of selected sessions differs.
 */
function kickSelected(
  server: ControlledServer,
  caller: Caller,
  { filter, sessions, expectedCount, dryRun, ...terms }: z.output<typeof kickSchema>,
): Session[] {
  const ids = sessions && new Set(sessions)
  const matching = kick(server, caller, filter, { ...terms, dryRun: true })
  const selected = ids ? matching.filter((session) => ids.has(session.publicId)) : matching
  if (expectedCount !== undefined && selected.length !== expectedCount) {
    const counts = `sessions that would end now: ${selected.length}, expected: ${expectedCount}`
    throw new Problem('conflict', counts)
  }
  if (dryRun) return selected
  const ending = new Set(selected)
  return kick(server, caller, (session) => ending.has(session), terms)
}

/** Operations that end sessions. */
export const kickOperations: readonly Operation[] = [
  operation({
    id: 'kickSession',
    method: 'post',
    path: '/v1/sessions/{publicId}/kick',
    role: 'operator',
    tag: 'sessions',
    summary: 'Ends a session with the reason kicked',
    params: namedSession,
    body: z.strictObject(kickTerms),
    result: sessionSchema,
    problems: ['conflict'],
    handle: ({ server, caller }, { params, body }) => {
      const session = sessionOf(server, params.publicId)
      kick(server, caller, { publicId: params.publicId }, body)
      return sessionView(session)
    },
  }),
  operation({
    id: 'kickSessions',
    method: 'post',
    path: '/v1/sessions/kick',
    role: 'operator',
    tag: 'sessions',
    summary: 'Ends all sessions that match a filter, or counts them',
    body: kickSchema,
    result: kickResult,
    problems: ['conflict'],
    isChange: ({ dryRun = false }) => !dryRun,
    handle: ({ server, caller }, { body }) => {
      const kicked = kickSelected(server, caller, body)
      const sessions = kicked.slice(0, maxIdsOfKick).map((session) => session.publicId)
      return { count: kicked.length, dryRun: body.dryRun ?? false, sessions }
    },
  }),
]
