import { type Leaver, removalReasons } from 'rtspool'
import { z } from 'zod'
import { components } from '../components.js'
import { type Operation, operation } from '../operation.js'
import { listed } from '../page.js'
import {
  count,
  cursor,
  isoTime,
  nextCursor,
  pageLimit,
  pageSize,
  sessionState,
  time,
} from '../values.js'
import { sessionQuery } from './sessions/session-filters.js'
import { receptionSchema, sessionFacts } from './sessions/session-view.js'

const leaverSchema = z
  .object({
    ...sessionFacts,
    state: sessionState.describe('State at the end'),
    endedTime: time,
    durationSeconds: z.number().min(0),
    reason: z.enum(removalReasons),
    note: z.string().optional().describe('Free text of who ended the session'),
    stats: z.record(z.string(), z.number()),
    receptions: z
      .array(receptionSchema.extend({ track: count }))
      .describe('Last reception reports'),
  })
  .register(components, { id: 'Leaver' })

const leaverView = (leaver: Leaver): z.output<typeof leaverSchema> => ({
  publicId: leaver.publicId,
  state: leaver.state,
  paths: [...leaver.paths],
  address: leaver.owner?.address,
  user: leaver.owner?.user,
  userAgent: leaver.use?.userAgent,
  transport: leaver.use?.transport,
  groups: leaver.groups && { ...leaver.groups },
  createdTime: isoTime(leaver.createdTime),
  endedTime: isoTime(leaver.endedTime),
  durationSeconds: leaver.durationMs / 1000,
  reason: leaver.reason,
  note: leaver.note,
  stats: { ...leaver.stats },
  receptions: leaver.receptions.map(({ index, ...reception }) => ({ track: index, ...reception })),
})

/** Operation that lists the records of removed sessions, with the reasons for the removals. */
export const leaverOperations: readonly Operation[] = [
  operation({
    id: 'listLeavers',
    method: 'get',
    path: '/v1/leavers',
    role: 'viewer',
    tag: 'sessions',
    summary: 'Lists the last sessions that have left with their reasons, the latest first',
    query: z.strictObject({
      ...sessionQuery,
      reason: z.enum(removalReasons).optional(),
      cursor,
      limit: pageLimit,
    }),
    result: z.object({ leavers: z.array(leaverSchema), cursor: nextCursor }),
    handle: async ({ server }, { query }) => {
      const { leavers } = server.rtsp.pool
      const page = await listed(query.cursor, () =>
        leavers.list({ ...query, limit: pageSize(query.limit) }),
      )
      return { leavers: page.leavers.map(leaverView), cursor: page.cursor }
    },
  }),
]
