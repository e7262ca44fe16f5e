import { describe, expect, it } from 'vitest'
import { type AuthOptions, digestHa1, RtspServer } from '../../../src/index.js'
import { resolveAuthOptions } from '../../../src/server/auth/auth-options.js'

const md5 = digestHa1('MD5', 'ann', 'rtspool', 'secret')
const sha256 = digestHa1('SHA-256', 'ann', 'rtspool', 'secret')

describe('options of authentication', () => {
  it('passwords are not kept', { tags: 'B-SECR' }, () => {
    const resolved = resolveAuthOptions({ users: { ann: 'secret' } })
    expect(resolved.users.get('ann')).toEqual({ ha1: { 'SHA-256': sha256, MD5: md5 } })
  })

  it('HA1 in capitals is the same, and one algorithm is enough where one is offered', () => {
    const users = { ann: { ha1: { MD5: md5.toUpperCase() } } }
    const resolved = resolveAuthOptions({ users, algorithms: ['MD5'] })
    expect(resolved.users.get('ann')).toEqual({ ha1: { MD5: md5 } })
  })

  it('SHA-256 is first in whatever order they are given', { tags: 'B-DOWN' }, () => {
    const resolve = (algorithms: AuthOptions['algorithms']) =>
      resolveAuthOptions({ users: {}, algorithms, basic: 'always' }).algorithms
    expect(resolve(['MD5', 'SHA-256'])).toEqual(['SHA-256', 'MD5'])
    expect(resolve(['SHA-256'])).toEqual(['SHA-256'])
    expect(resolve([])).toEqual([])
    expect(resolve(undefined)).toEqual(['SHA-256', 'MD5'])
  })

  it.each([
    { name: 'no users', auth: {}, message: 'auth must have users, verify or login' },
    { name: 'a name', auth: 'ann', message: 'auth must be an object' },
    {
      name: 'nothing',
      auth: null,
      message: 'auth must be an object with users, verify or login, or false, got null',
    },
    {
      name: 'users in a Map',
      auth: { users: new Map([['ann', 'canary']]) },
      message: /^auth.users must be an object of secrets by name, got Map$/,
    },
    {
      name: 'users in a list',
      auth: { users: ['ann:canary'] },
      message: /^auth.users must be an object of secrets by name, got Array$/,
    },
    {
      name: 'an option that does not exist',
      auth: { users: {}, rule: [] },
      message: "auth has no option 'rule': did you mean 'rules'?",
    },
    {
      name: 'an action that does not exist',
      auth: { users: {}, rules: [{ path: '/cam', raed: 'anyone' }] },
      message: "auth.rules[0] has no option 'raed': did you mean 'read'?",
    },
    { name: 'an empty realm', auth: { users: {}, realm: '' }, message: 'auth.realm must be text' },
    { name: 'a realm of two lines', auth: { users: {}, realm: 'a\nb' }, message: 'auth.realm' },
    {
      name: 'an unknown algorithm',
      auth: { users: {}, algorithms: ['SHA-1'] },
      message: "auth.algorithms must be some of SHA-256, MD5, got 'SHA-1'",
    },
    {
      name: 'no way to log in',
      auth: { users: {}, algorithms: [], basic: 'never' },
      message: 'auth.algorithms must not be empty when basic is never',
    },
    {
      name: 'an unknown policy',
      auth: { users: {}, basic: 'yes' },
      message: "auth.basic must be 'overTls', 'always' or 'never', got 'yes'",
    },
    {
      name: 'a hook that is none',
      auth: { verify: true },
      message: 'auth.verify must be a function',
    },
    { name: 'a name with a colon', auth: { users: { 'a:b': 'p' } }, message: 'no colon' },
    {
      name: 'a user without a password',
      auth: { users: { ann: '' } },
      message: "'ann' must have a password or { ha1 }",
    },
    {
      name: 'a user of null',
      auth: { users: { ann: null } },
      message: "'ann' must have a password or { ha1 }",
    },
    {
      name: 'HA1 without an algorithm on offer',
      auth: { users: { ann: { ha1: { MD5: md5 } } } },
      message: "'ann' must have ha1 of SHA-256, or leave it out of algorithms",
    },
    {
      name: 'HA1 of another length',
      auth: { users: { ann: { ha1: { MD5: sha256, 'SHA-256': sha256 } } } },
      message: "'ann' must have 32 hexadecimal digits as ha1 of MD5",
    },
    {
      name: 'rules that are no list',
      auth: { users: {}, rules: {} },
      message: 'auth.rules must be a list',
    },
    {
      name: 'a rule without a path',
      auth: { users: {}, rules: [{ path: 'cam' }] },
      message: "auth.rules[0].path must be an absolute path such as '/cam', got 'cam'",
    },
    {
      name: 'a rule that could not match',
      auth: { users: {}, rules: [{ path: '/cam/' }] },
      message: 'auth.rules[0].path must not end in a slash',
    },
    ...['/cams/*/private', '/cams/*x', '/*/cam', '/a*/*'].map((path) => ({
      name: `the pattern ${path}, which matches nothing`,
      auth: { users: {}, rules: [{ path: '/*', read: 'anyone' }, { path }] },
      message: `auth.rules[1].path must have no '*' but in '/*' at the end of a pattern, got '${path}'`,
    })),
    ...['/a//b', '/a/../b/*', '/cam?x=1', '/c%61m'].map((path) => ({
      name: `the path ${path}, which no request has`,
      auth: { users: {}, rules: [{ path }] },
      message: 'auth.rules[0].path must ',
    })),
    {
      name: 'two rules of a path',
      auth: { users: {}, rules: [{ path: '/cam' }, { path: '/cam' }] },
      message: 'auth.rules: /cam has two rules, and the first is for all addresses',
    },
    {
      name: 'a rule after one for all addresses',
      auth: { users: {}, rules: [{ path: '/cam' }, { path: '/cam', from: ['10.0.0.0/8'] }] },
      message: 'auth.rules: /cam has two rules, and the first is for all addresses',
    },
    ...['10.0.0.0/33', 'home', ''].map((range) => ({
      name: `the range '${range}'`,
      auth: { users: {}, rules: [{ path: '/cam', from: ['::1', range] }] },
      message: `auth.rules[0].from[1] must be an address or a network such as '10.0.0.0/8', got '${range}'`,
    })),
    {
      name: 'a rule for no address',
      auth: { users: {}, rules: [{ path: '/cam', from: [] }] },
      message: 'auth.rules[0].from must name an address or a network, got an empty list',
    },
    {
      name: 'a rule for an unknown user',
      auth: { users: { ann: 'p' }, rules: [{ path: '/cam', read: ['amm'] }] },
      message: "auth.rules[0].read: 'amm' is not in auth.users",
    },
    {
      name: 'a rule for one that is neither',
      auth: { users: {}, rules: [{ path: '/cam', publish: 'all' }] },
      message:
        "auth.rules[0].publish must be 'anyone', 'authenticated', names or a function, got string",
    },
  ])('$name is a TypeError that says so', ({ auth, message }) => {
    const make = () => new RtspServer({ auth: auth as AuthOptions })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9, '300' as never])(
    'a nonce lifetime of %s is a RangeError',
    (nonceLifetime) => {
      expect(() => new RtspServer({ auth: { users: {}, nonceLifetime } })).toThrow(RangeError)
    },
  )

  it('no message has a password', { tags: 'B-SECR' }, () => {
    for (const secret of ['canary\n', { ha1: { MD5: 'canary' } }]) {
      try {
        resolveAuthOptions({ users: { ann: secret }, rules: [{ path: 'x' }] })
        expect.unreachable()
      } catch (error) {
        expect(String(error)).not.toContain('canary')
      }
    }
  })
})
