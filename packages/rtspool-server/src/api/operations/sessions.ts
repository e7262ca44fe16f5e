import type { Session } from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import { z } from 'zod'
import { unheardNodes, unheardText, unheardView } from '../cluster-answers.js'
import { type Operation, operation } from '../operation.js'
import { listed } from '../page.js'
import { nothingNamed, Problem } from '../problem.js'
import { clusterCursor, nextCursor, pageLimit, pageSize, publicId } from '../values.js'
import { sessionQuery } from './sessions/session-filters.js'
import {
  clusterSessionView,
  detailsSchema,
  detailsView,
  sessionSchema,
  sessionView,
} from './sessions/session-view.js'

/** Schema of the path parameters of an operation on one session. */
export const namedSession = z.strictObject({ publicId })

/**
 * Finds a live session by its public id.
 *
 * @throws {Problem} `not-found`
 */
export function sessionOf(
  server: { readonly rtsp: { readonly pool: PoolOfIds } },
  id: string,
): Session {
  const session = server.rtsp.pool.findByPublicId(id)
  if (session) return session
  throw nothingNamed('live session', id)
}

/**
 * Reads a live session of another server of the cluster.
 *
 * @throws {Problem} `not-found`, with the names of the servers that were not heard
 */
async function sessionElsewhere(cluster: ClusterNode, id: string) {
  // A page of a list would end after the first thousands of sessions of a node; a kick finds the one by its id.
  const found = await cluster.sessions.kick({ publicId: id }, { dryRun: true })
  const [session] = found.sessions
  if (session !== undefined) return { ...clusterSessionView(session), streams: [] }
  throw new Problem('not-found', `no live session has the id${unheardText(found)}`, {
    wrong: nothingNamed('live session', id).wrong,
  })
}

interface PoolOfIds {
  findByPublicId(publicId: string): Session | undefined
}

const seconds = z
  .number()
  .min(0)
  .max(2 ** 31 - 1)

const changeSchema = z.strictObject({
  timeoutSeconds: seconds.int().optional().describe('0 = never'),
  maxLifetimeSeconds: seconds
    .optional()
    .describe('Since the creation; 0 = unlimited; a time that has passed ends the session'),
  expiresAt: z
    .number()
    .nullable()
    .optional()
    .describe('Seconds since 1970; null = never; a time in the past ends the session'),
})

/**
 * Changes the timeout, maximum lifetime and end of a session, as far as a request gives them: all or none.
 *
 * @throws {Problem} `invalid-request` for a value that the library refuses.
 */
function changeTerms(
  session: Session,
  { timeoutSeconds, maxLifetimeSeconds, expiresAt }: z.output<typeof changeSchema>,
): void {
  const { timeout } = session
  try {
    if (timeoutSeconds !== undefined) session.timeout = timeoutSeconds
    // The library knows times that cannot be meant, such as milliseconds.
    if (expiresAt !== undefined) session.expiresAt = expiresAt ?? undefined
  } catch (error) {
    session.timeout = timeout
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    throw new Problem('invalid-request', error.message, {
      wrong: [{ where: 'body.expiresAt', expected: error.message, got: JSON.stringify(expiresAt) }],
    })
  }
  // Last, because the session may end, and the schema accepts no value that the library refuses.
  if (maxLifetimeSeconds !== undefined) session.maxLifetime = maxLifetimeSeconds
}

/** Operations that list, read and change sessions. */
export const sessionOperations: readonly Operation[] = [
  operation({
    id: 'listSessions',
    method: 'get',
    path: '/v1/sessions',
    role: 'viewer',
    tag: 'sessions',
    summary: 'Lists live sessions, the oldest first unless another order is asked for',
    query: z.strictObject({
      ...sessionQuery,
      scope: z
        .enum(['cluster', 'server'])
        .optional()
        .describe('Sessions of all servers of the cluster, or of this one. Default: cluster'),
      sort: z.enum(['age', 'idle', 'bytes', 'loss', 'queue']).optional(),
      order: z.enum(['descending', 'ascending']).optional(),
      cursor: clusterCursor,
      limit: pageLimit,
    }),
    result: z.object({
      sessions: z.array(sessionSchema),
      cursor: nextCursor,
      unheard: unheardNodes,
    }),
    handle: async ({ server: { rtsp, cluster } }, { query: { scope, ...query } }) => {
      const limit = pageSize(query.limit)
      if (cluster === undefined || scope === 'server') {
        const page = await listed(query.cursor, () => rtsp.pool.listInTurns({ ...query, limit }))
        return { sessions: page.sessions.map(sessionView), cursor: page.cursor }
      }
      const page = await listed(query.cursor, () => cluster.sessions.list({ ...query, limit }))
      const sessions = page.sessions.map(clusterSessionView)
      return { sessions, cursor: page.cursor, unheard: unheardView(page) }
    },
  }),
  operation({
    id: 'getSession',
    method: 'get',
    path: '/v1/sessions/{publicId}',
    role: 'viewer',
    tag: 'sessions',
    summary:
      'Reads a live session with its streams and their last reception reports; without streams from another server of the cluster',
    params: namedSession,
    result: detailsSchema,
    handle: async ({ server }, { params: { publicId: id } }) => {
      const { rtsp, cluster } = server
      const isElsewhere = rtsp.pool.findByPublicId(id) === undefined
      if (isElsewhere && cluster !== undefined) return await sessionElsewhere(cluster, id)
      return detailsView(sessionOf(server, id))
    },
  }),
  operation({
    id: 'changeSession',
    method: 'patch',
    path: '/v1/sessions/{publicId}',
    role: 'operator',
    tag: 'sessions',
    summary: 'Changes the timeout, the lifetime or the end of the authorization of a live session',
    params: namedSession,
    body: changeSchema,
    result: detailsSchema,
    handle: ({ server }, { params, body }) => {
      const session = sessionOf(server, params.publicId)
      changeTerms(session, body)
      return detailsView(session)
    },
  }),
]
