import { z } from 'zod'
import { type ShareFacts, ShareStore } from '../access/shares.js'
import { components } from '../components.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Operation, operation } from '../operation.js'
import { nothingNamed, Problem } from '../problem.js'
import { count, text, time } from '../values.js'

const maxNameLength = 100
const defaultMaxViewers = 10
const maxViewersLimit = 100_000
const untilText = 'End in seconds since 1970; absent = never'

const facts = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  until: z.number().optional().describe(untilText),
  maxViewers: count.describe('Sessions at a time; 0 = unlimited'),
  author: z.string().describe('Name of the token or user who made the link'),
  createdTime: time,
})

const shareSchema = facts
  .extend({
    user: z.string().describe('User of its sessions'),
    sessions: count.describe('Sessions that it has now'),
  })
  .register(components, { id: 'Share' })

const newShareSchema = facts
  .extend({
    user: z.string(),
    page: z.string().describe('Path and fragment of the page, with the secret'),
    port: count.describe('Port of the page, that of the live picture'),
    isSecure: z.boolean().describe('true for `https`'),
  })
  .register(components, { id: 'NewShare' })

const nameText = 'letters, digits, spaces, and . _ -'
const name = text
  .max(maxNameLength)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u)
  .describe(`${nameText}; default: the id`)

const viewOf = (share: ShareFacts, { rtsp }: ControlledServer): z.output<typeof shareSchema> => {
  const user = ShareStore.userOf(share)
  return { ...share, user, sessions: rtsp.pool.count({ user }) }
}

/** Maximum end of a session in seconds since 1970, as the session pool accepts it. */
const maxUnixSeconds = 1e11

/**
 * Returns the end of a share link in seconds since 1970, from such a time or a number of seconds
 * from now.
 *
 * @returns `undefined` for a link that never ends.
 * @throws {Problem} `invalid-request` for both at once, a time that has passed, or one too far
 * away.
 */
function endOf({
  seconds,
  until,
}: {
  readonly seconds?: number | undefined
  readonly until?: number | undefined
}): number | undefined {
  if (seconds !== undefined && until !== undefined) {
    throw wrongUntil('seconds or until, not both', `${seconds} and ${until}`)
  }
  const now = Date.now() / 1000
  const end = seconds === undefined || seconds === 0 ? until : now + seconds
  if (end !== undefined && end <= now) throw wrongUntil('a time in the future', String(until))
  if (end !== undefined && end > maxUnixSeconds) {
    throw wrongUntil(`seconds since 1970, at most ${maxUnixSeconds}`, String(end))
  }
  return end
}

const wrongUntil = (expected: string, got: string): Problem =>
  new Problem('invalid-request', `body.until: expected ${expected}, got ${got}`, {
    wrong: [{ where: 'body.until', expected, got }],
  })

/** Operations on share links, with which anybody can watch one path. */
export const shareOperations: readonly Operation[] = [
  operation({
    id: 'listShares',
    method: 'get',
    path: '/v1/shares',
    role: 'operator',
    tag: 'shares',
    summary: 'Lists share links, without their secrets',
    result: z.object({ shares: z.array(shareSchema) }),
    handle: ({ server }) => ({
      shares: server.shares.list().map((share) => viewOf(share, server)),
    }),
  }),
  operation({
    id: 'createShare',
    method: 'post',
    path: '/v1/shares',
    role: 'operator',
    tag: 'shares',
    summary:
      'Creates a link with which others watch one path in a browser; the response alone ever shows it',
    body: z.strictObject({
      path: text.startsWith('/').describe('Decoded path of a media'),
      name: name.optional(),
      seconds: z.number().min(0).optional().describe('Seconds from now; 0 = never ends'),
      until: z.number().optional().describe('End in seconds since 1970, instead of `seconds`'),
      maxViewers: count
        .max(maxViewersLimit)
        .default(defaultMaxViewers)
        .describe('Sessions at a time; 0 = unlimited'),
    }),
    result: newShareSchema,
    problems: ['conflict'],
    handle: async ({ server: { live, shares }, caller }, { body }) => {
      if (!live) throw new Problem('conflict', 'the server has no live picture: set live.port')
      const { path, maxViewers } = body
      const terms = { path, maxViewers, name: body.name, until: endOf(body) }
      const created = await shares.create({ ...terms, author: caller.token.name })
      if (created === 'full') {
        throw new Problem('conflict', 'there are 1000 share links already: revoke one first')
      }
      if (created === 'nameTaken') {
        throw new Problem('conflict', `another share link has the name ${body.name}`)
      }
      const { secret, ...share } = created
      const { port } = live.address()
      const page = `/share#${secret}`
      return { ...share, user: ShareStore.userOf(share), page, port, isSecure: live.isSecure }
    },
  }),
  operation({
    id: 'revokeShare',
    method: 'delete',
    path: '/v1/shares/{id}',
    role: 'operator',
    tag: 'shares',
    summary: 'Revokes a share link: its sessions end with the reason kicked',
    params: z.strictObject({ id: text.max(32) }),
    result: z.object({ sessions: count.describe('Sessions that were ended') }),
    handle: async ({ server }, { params }) => {
      const share = server.shares.list().find(({ id }) => id === params.id)
      const sessions = share ? server.rtsp.pool.count({ user: ShareStore.userOf(share) }) : 0
      if (share && (await server.shares.remove(params.id))) return { sessions }
      throw nothingNamed('share link', params.id, 'path.id')
    },
  }),
]
