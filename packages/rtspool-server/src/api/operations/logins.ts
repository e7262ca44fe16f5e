import { z } from 'zod'
import { roles } from '../../access/roles.js'
import type { RefusedLogin } from '../access/logins.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Caller, type Operation, operation } from '../operation.js'
import { Problem } from '../problem.js'

const maxPasswordLength = 1024
const maxUserLength = 255

/**
 * Refuses a login by password on a connection on which the configuration key `auth.basic` forbids passwords.
 *
 * @throws {Problem} `login-refused`
 */
function checkWay({ configuration }: ControlledServer, { isPrivate }: Caller): void {
  const { basic } = configuration.reloader.current.config.auth
  if (basic === 'always' || (basic === 'overTls' && isPrivate)) return
  throw new Problem(
    'login-refused',
    basic === 'never'
      ? 'auth.basic is never: log in with a token'
      : 'the password would cross the network in clear: set api.tls or, behind a proxy with TLS, api.trustedProxies',
  )
}

/** Returns the error response for a refused login. */
function refused(refusal: RefusedLogin['refusal']): Problem {
  if (refusal === 'wrong') return wrongLogin()
  if (refusal === 'forbidden') {
    return new Problem('login-refused', 'nothing gives the user a role at this address')
  }
  if (typeof refusal === 'object') return new Problem('login-unavailable', refusal.unavailable)
  return new Problem('too-many', `too many attempts: try again in ${refusal} s`, {
    headers: { 'Retry-After': String(refusal) },
  })
}

const wrongLogin = (): Problem =>
  new Problem('wrong-login', 'user or password is wrong', {
    headers: { 'WWW-Authenticate': 'Bearer realm="rtspool"' },
  })

/** Operations that log users in by password, and out. */
export const loginOperations: readonly Operation[] = [
  operation({
    id: 'login',
    method: 'post',
    path: '/v1/login',
    isOpen: true,
    role: 'metrics',
    tag: 'tokens',
    summary:
      'Gives a user of auth.api, of the login hook or of a JWT a token for some hours, for the password',
    body: z.strictObject({
      user: z.string().min(1).max(maxUserLength),
      password: z.string().min(1).max(maxPasswordLength),
    }),
    result: z.object({
      token: z.string(),
      name: z.string(),
      role: z.enum(roles),
      expiresAt: z.number().describe('Seconds since 1970'),
    }),
    problems: ['wrong-login', 'login-refused', 'too-many', 'login-unavailable'],
    auditBody: ({ user }) => ({ user }),
    handle: async ({ server, caller }, { body: { user, password } }) => {
      checkWay(server, caller)
      const { address, isPrivate } = caller
      const login = await server.logins.logIn(user, password, address, isPrivate)
      if ('refusal' in login) throw refused(login.refusal)
      const { token, name, role, expiresAt } = login
      return { token, name, role, expiresAt }
    },
  }),
  operation({
    id: 'logout',
    method: 'post',
    path: '/v1/logout',
    role: 'metrics',
    tag: 'tokens',
    summary: 'Ends the login of the caller; a token that no login has made stays valid',
    result: z.object({ ended: z.boolean().describe('false for a token of no login') }),
    // Otherwise the lowest role could push all other entries out of the audit log.
    isChange: () => false,
    handle: ({ server, caller }) => ({ ended: server.logins.logOut(caller.token.id) }),
  }),
]
