import { type Ban, type BanTerms, SessionPoolError } from 'rtspool'
import { z } from 'zod'
import { components } from '../components.js'
import { type Operation, operation } from '../operation.js'
import { listed } from '../page.js'
import { nothingNamed, Problem } from '../problem.js'
import {
  count,
  cursor,
  isoTime,
  nextCursor,
  pageLimit,
  pageSize,
  publicId,
  text,
  time,
} from '../values.js'

const causes = ['added', 'kicked', 'failedLogins', 'flapping'] as const
/** Schema of the free text that is stored with a ban, or with the record of a removed session. */
export const note = z.string().min(1).max(256)

const banSchema = z
  .object({
    publicId,
    address: z.string().optional(),
    user: z.string().optional(),
    path: z.string().optional(),
    until: z.number().optional().describe('Seconds since 1970; absent = never ends'),
    reason: z.string().optional(),
    author: z.string().optional().describe('Name of the token'),
    cause: z.enum(causes),
    createdTime: time,
    hits: count.describe('Connections and requests that were kept out'),
    lastHitTime: time.optional(),
  })
  .register(components, { id: 'Ban' })

/** Schemas of the properties that a request gives for a new ban: the end and the reason. */
export const banTerms = {
  seconds: z.number().min(0).optional().describe('Seconds from now; 0 = never ends'),
  until: z.number().optional().describe('End in seconds since 1970, instead of `seconds`'),
  reason: note.optional(),
}

const banView = (ban: Ban): z.output<typeof banSchema> => ({
  publicId: ban.publicId,
  address: ban.address,
  user: ban.user,
  path: ban.path,
  until: ban.until,
  reason: ban.reason,
  author: ban.author,
  cause: ban.cause,
  createdTime: isoTime(ban.createdTime),
  hits: ban.hits,
  lastHitTime: ban.lastHitTime && isoTime(ban.lastHitTime),
})

/**
 * Calls a function of the library that adds bans. Converts an error of the library, which checks
 * more than the schema, to an error response.
 *
 * @throws {Problem} `invalid-request` with the reason, or `conflict` for a full list of bans.
 */
export function adding<Result>(terms: BanTerms, add: () => Result): Result {
  try {
    return add()
  } catch (error) {
    if (error instanceof SessionPoolError && error.code === 'ERR_BAN_LIST_FULL') {
      throw new Problem('conflict', error.message)
    }
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    throw new Problem('invalid-request', error.message, {
      wrong: [{ where: 'body', expected: error.message, got: JSON.stringify(terms) }],
    })
  }
}

const named = z.strictObject({ publicId })

/** Operations that list, add and remove bans. */
export const banOperations: readonly Operation[] = [
  operation({
    id: 'listBans',
    method: 'get',
    path: '/v1/bans',
    role: 'viewer',
    tag: 'bans',
    summary: 'Lists bans in the order of their addition',
    query: z.strictObject({
      cause: z.enum(causes).optional(),
      like: text.optional().describe('Text within address, user, path, reason or author'),
      cursor,
      limit: pageLimit,
    }),
    result: z.object({ bans: z.array(banSchema), cursor: nextCursor }),
    handle: async ({ server }, { query }) => {
      const { bans } = server.rtsp.pool
      const page = await listed(query.cursor, () =>
        bans.list({ ...query, limit: pageSize(query.limit) }),
      )
      return { bans: page.bans.map(banView), cursor: page.cursor }
    },
  }),
  operation({
    id: 'addBan',
    method: 'post',
    path: '/v1/bans',
    role: 'operator',
    tag: 'bans',
    summary: 'Keeps out the clients that match each given part; present sessions stay',
    body: z.strictObject({
      address: text.optional().describe('Address or network; IPv6 counts by /64'),
      user: text.optional(),
      path: text.optional().describe('Path, or a path that ends in /*'),
      ...banTerms,
    }),
    result: banSchema,
    problems: ['conflict'],
    handle: ({ server, caller }, { body }) =>
      banView(
        adding(body, () => server.rtsp.pool.bans.add({ ...body, author: caller.token.name })),
      ),
  }),
  operation({
    id: 'getBan',
    method: 'get',
    path: '/v1/bans/{publicId}',
    role: 'viewer',
    tag: 'bans',
    summary: 'Reads a ban',
    params: named,
    result: banSchema,
    handle: ({ server }, { params }) => {
      const ban = server.rtsp.pool.bans.get(params.publicId)
      if (!ban) throw nothingNamed('ban', params.publicId)
      return banView(ban)
    },
  }),
  operation({
    id: 'removeBan',
    method: 'delete',
    path: '/v1/bans/{publicId}',
    role: 'operator',
    tag: 'bans',
    summary: 'Lets the clients in again',
    params: named,
    result: banSchema,
    handle: ({ server }, { params }) => {
      const { bans } = server.rtsp.pool
      const ban = bans.get(params.publicId)
      if (!ban) throw nothingNamed('ban', params.publicId)
      const view = banView(ban)
      bans.remove(params.publicId)
      return view
    },
  }),
]
