import { authDefaults, type BasicPolicy } from 'rtspool'
import { z } from 'zod'
import { roles } from '../../../access/roles.js'
import type { RuleWithReplay } from '../../../replay/replay-rules.js'
import { file, fileText, key, network, networkText, pattern, patternText } from '../../key-meta.js'
import { authHookSection } from './auth-hook.js'
import { authJwtSection } from './auth-jwt.js'

const policies = ['overTls', 'always', 'never'] as const satisfies readonly BasicPolicy[]
const algorithms = ['SHA-256', 'MD5'] as const
const maxNonceLifetime = 7 * 24 * 3600

const subjectText =
  'anyone, authenticated, or a list of users and roles, such as [ann, role:family]'
const subject = () =>
  z.union([z.enum(['anyone', 'authenticated']), z.array(z.string().min(1))]).optional()

const rule = z.strictObject({
  path: key(pattern(), { description: 'path, or path that ends in /*', expected: patternText }),
  read: key(subject(), { description: 'who may play', expected: subjectText }),
  publish: key(subject(), { description: 'who may publish', expected: subjectText }),
  talk: key(subject(), {
    description: 'who of those may speak over a back channel',
    expected: subjectText,
  }),
  replay: key(subject(), {
    description: 'who may play recordings of the path; without it, who may play',
    expected: subjectText,
  }),
  from: key(z.array(network()).optional(), {
    description: 'addresses of the clients that the rule is for',
    expected: `a list: each ${networkText}`,
  }),
}) satisfies z.ZodType<RuleWithReplay>

const apiRule = z.strictObject({
  role: key(z.enum(roles), { description: 'role in the API' }),
  users: key(z.array(z.string().min(1)).min(1), {
    description: 'users and roles of users, such as [ann, role:family]',
    expected: 'a list of users and roles, such as [ann, role:family]',
  }),
  from: key(z.array(network()).optional(), {
    description: 'addresses of the clients that the rule is for',
    expected: `a list: each ${networkText}`,
  }),
})

/** Section `auth` of the configuration: users and their rights. */
export const authSection = z.strictObject({
  usersFile: key(file().optional(), {
    description:
      'file of users: name.yml, which rtspool user writes, or name:password on each line, # begins a comment',
    flag: '--users-file <file>',
    flagText:
      'file of users: name.yml, which rtspool user writes, or name:password on each line; RTSPOOL_USERS in the environment holds users separated by spaces',
    defaultText: 'everybody may do everything',
    isFile: true,
    live: true,
    expected: fileText,
    examples: ['users.yml'],
  }),
  publishers: key(z.array(z.string().min(1)).optional(), {
    description: 'users who may publish',
    flag: '--publish-user <name>',
    flagText: 'a user who may publish; may be repeated',
    flagRepeats: true,
    defaultText: 'all users',
    live: true,
    examples: [['camera']],
  }),
  publicRead: key(z.boolean().default(false), {
    description: 'let everybody play; only users may publish',
    flag: '--public-read',
    flagValue: true,
    live: true,
  }),
  rules: key(z.array(rule).optional(), {
    description:
      'rights by path, in place of publishers and publicRead; the most specific path decides, and of its rules the first for the address',
    defaultText: 'users may do everything',
    live: true,
    expected: 'a list of rules, such as { path: /*, read: anyone }',
    examples: [[{ path: '/*', read: 'authenticated', publish: ['camera'] }]],
  }),
  api: key(z.array(apiRule).optional(), {
    description:
      'users who may log in to the control API and its page; the first rule for user and address gives the role',
    defaultText: 'nobody: the API takes tokens alone',
    live: true,
    expected: 'a list of rules, such as { role: viewer, users: [ann] }',
    examples: [[{ role: 'viewer', users: ['ann'] }]],
  }),
  basic: key(z.enum(policies).default(authDefaults.basic), {
    description: 'connections on which a password in clear (Basic, logins of the API) is accepted',
    flag: '--basic-in-clear',
    flagText: 'accept passwords without TLS, for clients without Digest',
    flagValue: 'always',
    live: true,
  }),
  realm: key(
    z
      .string()
      .min(1)
      .regex(/^[^"\\\p{Cc}]+$/u)
      .default(authDefaults.realm),
    {
      description: 'name of the protected area, as shown to users',
      live: true,
      expected: 'text without quotes, backslashes and control characters',
    },
  ),
  algorithms: key(z.array(z.enum(algorithms)).default([...authDefaults.algorithms]), {
    description:
      'hash algorithms of Digest; FFmpeg, GStreamer and VLC know MD5 only; none = Basic alone',
    live: true,
    expected: 'a list of SHA-256, MD5 or both, or none',
  }),
  tokens: key(z.enum(policies).default(authDefaults.tokens), {
    description:
      'connections on which tokens (Bearer, or in the query) are accepted; needs hook or jwt',
    flag: '--tokens-in-clear',
    flagText: 'accept tokens without TLS: whoever listens on the way can use them',
    flagValue: 'always',
    live: true,
  }),
  tokenParameters: key(z.array(z.string().regex(/^[\w-]+$/)).default(['token', 'jwt']), {
    description:
      'parameters in the query of a URL whose value is a token; none = tokens in headers only',
    live: true,
    expected: 'a list of names of letters, digits, _ and -',
  }),
  hook: authHookSection.prefault({}),
  jwt: authJwtSection.prefault({}),
  nonceLifetime: key(z.number().gt(0).max(maxNonceLifetime).default(authDefaults.nonceLifetime), {
    description: 'time for which a nonce is valid',
    unit: 'seconds',
    live: true,
  }),
})
