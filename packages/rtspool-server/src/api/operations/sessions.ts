import { removalReasons, type Session, type StreamStats, streamStatsOf } from 'rtspool'
import { z } from 'zod'
import { components } from '../components.js'
import { type Operation, operation } from '../operation.js'
import { listed } from '../page.js'
import { nothingNamed, Problem } from '../problem.js'
import { sessionQuery } from '../session-filters.js'
import {
  count,
  cursor,
  groups,
  isoTime,
  nextCursor,
  pageLimit,
  pageSize,
  publicId,
  sessionState,
  time,
} from '../values.js'

/** Members of a session that the API returns while the session lives, and after its end. */
export const sessionFacts = {
  publicId,
  state: sessionState,
  paths: z.array(z.string()),
  address: z.string().optional(),
  user: z.string().optional(),
  userAgent: z.string().optional(),
  transport: z.string().optional().describe('TCP, UDP or multicast'),
  groups: groups.optional(),
  createdTime: time,
}

/** Schema of a session, as the API returns it. */
export const sessionSchema = z
  .object({
    ...sessionFacts,
    action: z.enum(['read', 'publish']).optional(),
    tunnel: z.string().optional(),
    isSecure: z.boolean().optional(),
    connectionId: z.string().optional(),
    lastAccessTime: time,
    timeoutSeconds: z.number().describe('0 = never'),
    maxLifetimeSeconds: z.number().describe('Longest life since the creation; 0 = unlimited'),
    expiresAt: z.number().optional().describe('Seconds since 1970; absent = never'),
    removalReason: z.enum(removalReasons).optional().describe('Present after the end'),
    removalNote: z.string().optional().describe('Free text of who ended the session'),
    stats: z.object({
      ...{ packetsIn: count, bytesIn: count, packetsOut: count, bytesOut: count },
      ...{ packetsLost: count, packetsDropped: count },
    }),
    queuedBytes: count.describe('Bytes that wait in the server for the client to read'),
  })
  .register(components, { id: 'Session' })

/** Schema of the last RTCP reception report that a client has sent about one track of its session. */
export const receptionSchema = z.object({
  fractionLost: z.number(),
  cumulativeLost: z.number(),
  jitterMs: z.number(),
  roundTripMs: z.number().optional(),
})

const streamSchema = z
  .object({
    path: z.string(),
    track: count,
    mode: z.enum(['play', 'record']),
    lowerTransport: z.string(),
    ssrc: count.optional(),
    reception: receptionSchema.optional().describe('Last reception report'),
    malformedRtcp: count,
    invalidPackets: count,
    rejectedPackets: count,
  })
  .register(components, { id: 'Stream' })

const detailsSchema = sessionSchema
  .extend({ streams: z.array(streamSchema) })
  .register(components, { id: 'SessionDetails' })

/**
 * Converts a session to the form in which the API returns it. The result is a plain literal,
 * because rest and spread took three fifths of the time of a list.
 */
export function sessionView(session: Session): z.output<typeof sessionSchema> {
  const facts = session.toJSON()
  const { owner, stats } = facts
  return {
    publicId: facts.publicId,
    state: facts.state,
    action: facts.action,
    paths: facts.paths.slice(),
    address: owner?.address,
    user: owner?.user,
    userAgent: facts.userAgent,
    transport: facts.transport,
    tunnel: facts.tunnel,
    isSecure: facts.isSecure,
    connectionId: facts.connectionId,
    groups: facts.groups && { ...facts.groups },
    createdTime: isoTime(facts.createdTime),
    lastAccessTime: isoTime(facts.lastAccessTime),
    timeoutSeconds: facts.timeout,
    maxLifetimeSeconds: session.maxLifetime,
    expiresAt: facts.expiresAt,
    removalReason: facts.removalReason,
    removalNote: session.removalNote,
    stats: {
      packetsIn: stats.packetsIn,
      bytesIn: stats.bytesIn,
      packetsOut: stats.packetsOut,
      bytesOut: stats.bytesOut,
      packetsLost: stats.packetsLost,
      packetsDropped: stats.packetsDropped,
    },
    queuedBytes: session.queuedBytes,
  }
}

function streamView({ index, reception, ...stream }: StreamStats): z.output<typeof streamSchema> {
  return {
    ...{ path: stream.path, track: index, mode: stream.mode, ssrc: stream.ssrc },
    lowerTransport: stream.lowerTransport,
    reception: reception && {
      fractionLost: reception.fractionLost,
      cumulativeLost: reception.cumulativeLost,
      jitterMs: reception.jitterMs,
      roundTripMs: reception.roundTripMs,
    },
    malformedRtcp: stream.malformedRtcp,
    invalidPackets: stream.invalidPackets,
    rejectedPackets: stream.rejectedPackets,
  }
}

const detailsView = (session: Session): z.output<typeof detailsSchema> => ({
  ...sessionView(session),
  streams: streamStatsOf(session).map(streamView),
})

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
      sort: z.enum(['age', 'idle', 'bytes', 'loss', 'queue']).optional(),
      order: z.enum(['descending', 'ascending']).optional(),
      cursor,
      limit: pageLimit,
    }),
    result: z.object({ sessions: z.array(sessionSchema), cursor: nextCursor }),
    handle: async ({ server }, { query }) => {
      const { pool } = server.rtsp
      const limit = pageSize(query.limit)
      const page = await listed(query.cursor, () => pool.listInTurns({ ...query, limit }))
      return { sessions: page.sessions.map(sessionView), cursor: page.cursor }
    },
  }),
  operation({
    id: 'getSession',
    method: 'get',
    path: '/v1/sessions/{publicId}',
    role: 'viewer',
    tag: 'sessions',
    summary: 'Reads a live session with its streams and their last reception reports',
    params: namedSession,
    result: detailsSchema,
    handle: ({ server }, { params }) => detailsView(sessionOf(server, params.publicId)),
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
