import type { DigestAlgorithm, Ha1s, LoginAnswer, LoginGrant } from 'rtspool'
import { z } from 'zod'
import type { HttpAnswer } from '../http-exchange.js'
import type { RoleAnswer } from '../role-answer.js'
import { roles } from '../roles.js'
import { sessionGroups } from '../session-groups.js'

const maxReasonLength = 256
const latestSeconds = 1e11
const maxRecheckSeconds = 7 * 24 * 3600
const name = z.string().min(1).max(255)

/** Lengths of HA1 in hexadecimal digits. */
const digits = { 'SHA-256': 64, MD5: 32 } as const satisfies Record<DigestAlgorithm, number>
const ha1Of = (algorithm: DigestAlgorithm) =>
  z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits[algorithm]}}$`))

/** Schema of HA1 in the body: a hash whose length tells its algorithm, or one hash for each algorithm. */
const ha1 = z.union([
  ha1Of('MD5').transform((hash): Ha1s => ({ MD5: hash })),
  ha1Of('SHA-256').transform((hash): Ha1s => ({ 'SHA-256': hash })),
  z.object({ md5: ha1Of('MD5').optional(), sha256: ha1Of('SHA-256').optional() }).transform(
    ({ md5, sha256 }): Ha1s => ({
      ...(md5 === undefined ? {} : { MD5: md5 }),
      ...(sha256 === undefined ? {} : { 'SHA-256': sha256 }),
    }),
  ),
])

/** Schema of the body of a login hook's response, if it is JSON. Unknown members are ignored. */
const bodySchema = z.object({
  user: name.optional(),
  ha1: ha1.optional(),
  expiresAt: z.number().min(0).max(latestSeconds).optional(),
  groups: sessionGroups.optional(),
  recheckSeconds: z.number().gt(0).max(maxRecheckSeconds).optional(),
  reason: z.string().optional(),
  // Checked in answers about the API alone: hooks may have had a member of this name before.
  role: z.unknown().optional(),
})
const roleName = z.enum(roles).optional()

/** Facts of a request to the login hook on which the meaning of its answer depends. */
export interface AskedLogin {
  /** User name in the credentials, for an answer that names none. */
  readonly user: string | undefined
  /** Algorithm of Digest credentials, of which the answer must have HA1; `undefined` with other credentials. */
  readonly algorithm: DigestAlgorithm | undefined
  /** True if the hook is asked again about a session, so that the answer needs no HA1. */
  readonly isRecheck: boolean
}

/**
 * Converts the HTTP response of a login hook to an answer for the library: 2xx accepts the client, 401 and 403 refuse
 * the client. Any other status, or an invalid body, means that the hook is unavailable.
 *
 * @param unixSeconds - Present time, in seconds since 1970.
 */
export function loginAnswerOf(
  answer: HttpAnswer,
  { user, algorithm, isRecheck }: AskedLogin,
  unixSeconds: number,
): LoginAnswer {
  const { status } = answer
  const isYes = status >= 200 && status < 300
  if (!isYes && status !== 401 && status !== 403) {
    return { refuse: 'unavailable', why: `the hook answered with status ${status}` }
  }
  const body = readBody(answer)
  if (typeof body === 'string') return { refuse: 'unavailable', why: body }
  const { reason, ha1, role: _, ...facts } = body
  if (!isYes) {
    const why = reason?.slice(0, maxReasonLength) ?? `the hook answered with status ${status}`
    return { refuse: status === 401 ? 'wrong' : 'forbidden', why }
  }
  if (facts.expiresAt !== undefined && facts.expiresAt <= unixSeconds) {
    return { refuse: 'wrong', why: 'expiresAt in the answer of the hook has passed' }
  }
  if (algorithm === undefined) return { user, ...facts } as LoginGrant
  if (ha1?.[algorithm] === undefined && !isRecheck) {
    return { refuse: 'unavailable', why: `the answer of the hook has no ha1 of ${algorithm}` }
  }
  return { user, ...facts, ...(ha1 && { secret: { ha1 } }) } as LoginGrant
}

/**
 * Converts the HTTP response of a login hook that was asked about the control API. A response that accepts the client
 * must have a role.
 *
 * @param user - User name that was sent, for a response that names none.
 * @param unixSeconds - Present time, in seconds since 1970.
 */
export function roleAnswerOf(answer: HttpAnswer, user: string, unixSeconds: number): RoleAnswer {
  const asked = { user, algorithm: undefined, isRecheck: false }
  const login = loginAnswerOf(answer, asked, unixSeconds)
  if (login === undefined) return { refuse: 'wrong' }
  if ('refuse' in login) return login
  const body = readBody(answer)
  const { success, data: role } = roleName.safeParse(typeof body === 'string' ? body : body.role)
  if (!success) return { refuse: 'unavailable', why: 'the answer of the hook has a wrong role' }
  if (role === undefined) return { refuse: 'forbidden', why: 'the answer of the hook has no role' }
  const { expiresAt, recheckSeconds } = login
  return { user: login.user ?? user, role, expiresAt, recheckSeconds }
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
