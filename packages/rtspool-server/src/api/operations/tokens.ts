import { z } from 'zod'
import { roles } from '../../access/roles.js'
import { components } from '../components.js'
import { type Operation, operation } from '../operation.js'
import { nothingNamed, Problem } from '../problem.js'
import { count, pageLimit, pageSize, queryNumber, text, time } from '../values.js'

const tokenSchema = z
  .object({ id: z.string(), name: z.string(), role: z.enum(roles), createdTime: time })
  .register(components, { id: 'Token' })

const auditSchema = z
  .object({
    id: count,
    time,
    requestId: z.string(),
    token: z.object({ id: z.string(), name: z.string(), role: z.enum(roles) }),
    address: z.string(),
    operation: z.string(),
    input: z.record(z.string(), z.unknown()),
    status: count.describe('Status of the response'),
  })
  .register(components, { id: 'AuditEntry' })

const maxNameLength = 100

/** Operations on tokens of the API, and on the audit log. */
export const tokenOperations: readonly Operation[] = [
  operation({
    id: 'listTokens',
    method: 'get',
    path: '/v1/tokens',
    role: 'admin',
    tag: 'tokens',
    summary: 'Lists tokens, without the tokens themselves',
    result: z.object({ tokens: z.array(tokenSchema) }),
    handle: ({ server }) => ({ tokens: server.tokens.list() }),
  }),
  operation({
    id: 'createToken',
    method: 'post',
    path: '/v1/tokens',
    role: 'admin',
    tag: 'tokens',
    summary: 'Creates a token; the response is the only place that ever shows it',
    body: z.strictObject({ name: text.max(maxNameLength), role: z.enum(roles) }),
    result: tokenSchema.extend({ token: z.string() }).register(components, { id: 'NewToken' }),
    problems: ['conflict'],
    handle: async ({ server }, { body: { name, role } }) => {
      const created = await server.tokens.tryCreate(name, role)
      if (created) return created
      throw new Problem('conflict', 'there are 100 tokens already: remove one first')
    },
  }),
  operation({
    id: 'removeToken',
    method: 'delete',
    path: '/v1/tokens/{id}',
    role: 'admin',
    tag: 'tokens',
    summary: 'Removes a token: requests with it are refused from now on',
    params: z.strictObject({ id: text.max(32) }),
    result: z.object({ removed: z.literal(true) }),
    problems: ['conflict'],
    handle: async ({ server }, { params }) => {
      const outcome = await server.tokens.remove(params.id)
      if (outcome === 'removed') return { removed: true as const }
      if (outcome === 'lastAdmin') {
        throw new Problem('conflict', 'the last token with the role admin cannot be removed')
      }
      throw nothingNamed('token', params.id, 'path.id')
    },
  }),
  operation({
    id: 'listAudit',
    method: 'get',
    path: '/v1/audit',
    role: 'admin',
    tag: 'tokens',
    summary: 'Lists the last 1000 changes made through the API, the newest first',
    query: z.strictObject({
      limit: pageLimit,
      cursor: queryNumber(count).optional().describe('`cursor` of the page before'),
    }),
    result: z.object({ entries: z.array(auditSchema), cursor: count.optional() }),
    handle: ({ server }, { query }) => {
      const limit = pageSize(query.limit)
      const entries = server.audit.newest(limit, query.cursor)
      const last = entries.at(-1)
      return { entries, cursor: entries.length === limit ? last?.id : undefined }
    },
  }),
]
