import { z } from 'zod'
import { file, fileText, key, seconds } from '../../key-meta.js'
import { httpUrl, httpUrlText } from '../http-url.js'

/** Algorithms of signatures that tokens may have (RFC 7518 section 3.1, RFC 8037). */
const algorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'HS256', 'HS384', 'HS512'] as const),
] as const
const usual = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
const maxTolerance = 600

const claim = (initial: string, description: string) =>
  key(z.string().min(1).default(initial), { description, live: true })

/** Section `auth.jwt` of the configuration: logins by tokens that another server has signed. */
export const authJwtSection = z.strictObject({
  jwksUrl: key(httpUrl().optional(), {
    description: 'URL of the public keys (JWKS) of the signer',
    flag: '--jwks-url <url>',
    // A URL may contain a password.
    isSecret: true,
    live: true,
    expected: httpUrlText,
    examples: ['https://login.example/.well-known/jwks.json'],
  }),
  keyFile: key(file().optional(), {
    description:
      'file with the key, in place of jwksUrl: a public key in PEM, a JWKS, or the shared secret of HS256',
    isFile: true,
    live: true,
    expected: fileText,
    examples: ['signer.pem'],
  }),
  caFile: key(file().optional(), {
    description: 'file with the certificates of the authorities of jwksUrl, in PEM',
    defaultText: 'the well-known authorities',
    isFile: true,
    live: true,
    expected: fileText,
    examples: ['ca.pem'],
  }),
  issuer: key(z.string().min(1).optional(), {
    description: 'claim iss that tokens must have',
    defaultText: 'any',
    live: true,
    examples: ['https://login.example'],
  }),
  audience: key(z.string().min(1).optional(), {
    description: 'claim aud that tokens must have, so that those for other services are refused',
    defaultText: 'any',
    live: true,
    examples: ['rtspool'],
  }),
  algorithms: key(
    z
      .array(key(z.enum(algorithms), { description: 'an algorithm' }))
      .min(1)
      .default([...usual]),
    {
      description: 'algorithms of signatures that are accepted; HS256 needs a shared secret',
      live: true,
    },
  ),
  userClaim: claim('sub', 'claim with the name of the user'),
  pathsClaim: claim(
    'paths',
    'claim with the paths that the user may use, each like the path of a rule; without it, the rules decide',
  ),
  actionsClaim: claim(
    'actions',
    'claim with the actions on these paths: read, publish, talk; without it, read',
  ),
  groupsClaim: key(z.string().min(1).optional(), {
    description: 'claim with the groups of the session, such as {"plan": "free"}',
    defaultText: 'no groups',
    live: true,
    examples: ['groups'],
  }),
  roleClaim: key(z.string().min(1).optional(), {
    description:
      'claim with the role in the control API and its page: admin, operator, viewer or metrics, or a list with one of them',
    defaultText: 'tokens do not open the API',
    live: true,
    examples: ['rtspool_role'],
  }),
  clockTolerance: key(seconds().max(maxTolerance).default(5), {
    description: 'difference of clocks that the times in a token may have',
    unit: 'seconds',
    live: true,
  }),
})
