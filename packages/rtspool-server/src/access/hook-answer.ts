import type { LoginAnswer, LoginGrant } from 'rtspool'
import { z } from 'zod'
import type { HttpAnswer } from './http-exchange.js'
import { sessionGroups } from './session-groups.js'

const maxReasonLength = 256
const latestSeconds = 1e11
const maxRecheckSeconds = 7 * 24 * 3600
const name = z.string().min(1).max(255)

/** Schema of the body of a login hook's response, if it is JSON. Unknown members are ignored. */
const bodySchema = z.object({
  user: name.optional(),
  expiresAt: z.number().min(0).max(latestSeconds).optional(),
  groups: sessionGroups.optional(),
  recheckSeconds: z.number().gt(0).max(maxRecheckSeconds).optional(),
  reason: z.string().optional(),
})

/**
 * Converts the HTTP response of a login hook to an answer for the library: 2xx accepts the client, 401 and 403 refuse
 * the client. Any other status, or an invalid body, means that the hook is unavailable.
 *
 * @param user - User name in the credentials, for a response that names none.
 * @param unixSeconds - Present time, in seconds since 1970.
 */
export function loginAnswerOf(
  answer: HttpAnswer,
  user: string | undefined,
  unixSeconds: number,
): LoginAnswer {
  const { status } = answer
  const isYes = status >= 200 && status < 300
  if (!isYes && status !== 401 && status !== 403) {
    return { refuse: 'unavailable', why: `the hook answered with status ${status}` }
  }
  const body = readBody(answer)
  if (typeof body === 'string') return { refuse: 'unavailable', why: body }
  const { reason, ...facts } = body
  if (!isYes) {
    const why = reason?.slice(0, maxReasonLength) ?? `the hook answered with status ${status}`
    return { refuse: status === 401 ? 'wrong' : 'forbidden', why }
  }
  if (facts.expiresAt !== undefined && facts.expiresAt <= unixSeconds) {
    return { refuse: 'wrong', why: 'expiresAt in the answer of the hook has passed' }
  }
  return { user, ...facts } as LoginGrant
}

/**
 * Parses the JSON body of a login hook's response. An empty body, or one of another content type, counts as `{}`.
 *
 * @returns The members, or a sentence about the problem if the body is no JSON or has wrong members.
 */
function readBody({ contentType, body }: HttpAnswer): z.output<typeof bodySchema> | string {
  if (!/\bjson\b/i.test(contentType) || body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    return 'the answer of the hook is no JSON'
  }
  const { data, error } = bodySchema.safeParse(value)
  if (data) return data
  const where = error.issues.map(({ path }) => path.join('.') || 'the body').join(', ')
  return `the answer of the hook has a wrong ${where}`
}
