import type { BanTerms, Session, SessionKickFilter, SessionKickQuery } from 'rtspool'
import type { ClusterKick, ClusterNode } from 'rtspool/cluster'
import { z } from 'zod'
import { unheardNodes, unheardText, unheardView } from '../cluster-answers.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Caller, type Operation, operation } from '../operation.js'
import { nothingNamed, Problem } from '../problem.js'
import { count, publicId } from '../values.js'
import { adding, banTerms, note } from './bans.js'
import { sessionFilters } from './sessions/session-filters.js'
import { clusterSessionView, sessionSchema, sessionView } from './sessions/session-view.js'
import { namedSession } from './sessions.js'

const kickResult = z.object({
  count: count.describe('Sessions that were ended, or would be'),
  dryRun: z.boolean(),
  sessions: z.array(z.string()).describe('Public ids, at most 1000'),
  unheard: unheardNodes,
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
    .describe(
      'Sessions that should end. If their number is another one now, or a server of the cluster is not heard, all stay: status 409',
    ),
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
  checkCount(selected.length, expectedCount)
  if (dryRun) return selected
  const ending = new Set(selected)
  return kick(server, caller, (session) => ending.has(session), terms)
}

/** Ends sessions of all servers of a cluster, and waits for their answers. */
async function kickOnAll(
  cluster: ClusterNode,
  { token }: Caller,
  filter: SessionKickQuery,
  { ban, ...options }: KickTerms & { readonly only?: readonly string[] | undefined },
): Promise<ClusterKick> {
  const terms = ban && { ...ban, author: token.name }
  try {
    return await cluster.sessions.kick(filter, { ...options, ban: terms })
  } catch (error) {
    return adding({ ...ban }, () => {
      throw error
    })
  }
}

/**
 * Ends the sessions of all servers of a cluster that a request body selects, unless `dryRun` asks only for them.
 *
 * With `expectedCount`, up to 1000 sessions are counted first, and none that has come since then ends. Of more sessions,
 * those that come after the count end as well.
 *
 * @throws {Problem} `conflict` if `expectedCount` is given, and the number of selected sessions differs or a server was not heard.
 */
async function kickSelectedOnAll(
  cluster: ClusterNode,
  caller: Caller,
  { filter, sessions, expectedCount, dryRun, ...terms }: z.output<typeof kickSchema>,
): Promise<z.output<typeof kickResult>> {
  const kickThem = (
    only: readonly string[] | undefined,
    options: KickTerms,
  ): Promise<ClusterKick> => kickOnAll(cluster, caller, filter, { only, ...options })
  const isCounted = expectedCount !== undefined || dryRun
  const counted = isCounted ? await kickThem(sessions, { dryRun: true }) : undefined
  if (counted) checkCount(counted.count, expectedCount, unheardText(counted))
  const kick = counted && dryRun ? counted : await kickThem(idsOf(counted) ?? sessions, terms)
  const ids = kick.sessions.slice(0, maxIdsOfKick).map(({ publicId }) => publicId)
  return { count: kick.count, dryRun: dryRun ?? false, sessions: ids, unheard: unheardView(kick) }
}

/** Returns the ids of all sessions that were counted; `undefined` without a count, or if there are too many. */
const idsOf = (counted: ClusterKick | undefined): string[] | undefined =>
  counted && counted.count <= maxIdsOfKick
    ? counted.sessions.map(({ publicId }) => publicId)
    : undefined

/**
 * @param unheard - End of a sentence that names the servers of a cluster that were not heard; empty if all were.
 * @throws {Problem} `conflict` if a number of sessions is expected, and there is another one, or nobody knows.
 */
function checkCount(count: number, expected: number | undefined, unheard = ''): void {
  if (expected === undefined || (count === expected && unheard === '')) return
  const found = `sessions that would end now: ${count}, expected: ${expected}${unheard}`
  throw new Problem('conflict', found)
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
    handle: async ({ server, caller }, { params: { publicId: id }, body }) => {
      const { rtsp, cluster } = server
      const session = rtsp.pool.findByPublicId(id)
      if (session === undefined && cluster !== undefined) {
        const ended = await kickOnAll(cluster, caller, { publicId: id }, body)
        const [other] = ended.sessions
        if (other !== undefined) return clusterSessionView(other)
        if (ended.unheard.length > 0) {
          const why = `no server that was heard has the session${unheardText(ended)}`
          throw new Problem('conflict', why)
        }
      }
      if (session === undefined) throw nothingNamed('live session', id)
      kick(server, caller, { publicId: id }, body)
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
    handle: async ({ server, caller }, { body }) => {
      if (server.cluster) return await kickSelectedOnAll(server.cluster, caller, body)
      const kicked = kickSelected(server, caller, body)
      const sessions = kicked.slice(0, maxIdsOfKick).map((session) => session.publicId)
      return { count: kicked.length, dryRun: body.dryRun ?? false, sessions }
    },
  }),
]
