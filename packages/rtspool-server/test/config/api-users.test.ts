import { digestHa1 } from 'rtspool'
import { beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/access/password-hash.js'
import { ApiUsers, type LoginSecret } from '../../src/config/users/api-users.js'
import { parseCommandLine } from '../../src/options.js'

const realm = 'rtspool'
let secrets: Map<string, LoginSecret>
beforeAll(async () => {
  const hash = digestHa1('SHA-256', 'ha1', realm, 'right')
  secrets = new Map<string, LoginSecret>([
    ['scrypt', { scrypt: await hashPassword('right', 4) }],
    ['ha1', { ha1: { algorithm: 'SHA-256', hash } }],
    ['md5', { ha1: { algorithm: 'MD5', hash: digestHa1('MD5', 'md5', realm, 'right') } }],
    ['clear', { clear: 'right' }],
  ])
})

describe('a user of the API', { tags: 'B-AUTH0' }, () => {
  const users = () => new ApiUsers({ rules: [], secrets, realm, logN: 4 })

  it.each(['scrypt', 'ha1', 'md5', 'clear'])('with a secret of the kind %s', async (name) => {
    expect(await users().isRight(name, 'right')).toBe(true)
    expect(await users().isRight(name, 'wrong')).toBe(false)
    expect(await users().isRight(name, '')).toBe(false)
    expect(await users().isRight('nobody', 'right')).toBe(false)
  })

  it('has the role of the first rule for name and address', () => {
    const rules = [
      { role: 'admin', users: ['ann'], from: ['10.0.0.0/8', 'fd00::/8'] },
      { role: 'viewer', users: ['ann', 'bob'] },
    ] as const
    const some = new ApiUsers({ rules, secrets, realm })
    expect(some.roleOf('ann', '10.1.2.3')).toBe('admin')
    expect(some.roleOf('ann', '::ffff:10.1.2.3')).toBe('admin')
    expect(some.roleOf('ann', 'fd00::1%eth0')).toBe('admin')
    expect(some.roleOf('ann', '11.0.0.1')).toBe('viewer')
    expect(some.roleOf('bob', '10.1.2.3')).toBe('viewer')
    expect(some.roleOf('eve', '10.1.2.3')).toBeUndefined()
  })

  it('has a mark that changes with the password alone', () => {
    const other = new ApiUsers({ rules: [], secrets: new Map([['clear', { clear: 'x' }]]), realm })
    expect(users().markOf('clear')).toBe(users().markOf('clear'))
    expect(users().markOf('clear')).not.toBe(other.markOf('clear'))
    expect(users().markOf('nobody')).toBeUndefined()
  })
})

describe('auth.api', () => {
  const parse = (api: string, users = 'ann:a') =>
    parseCommandLine(['--set', `auth.api=${api}`], '1.2.3', { RTSPOOL_USERS: users })
  const refusalOf = (...args: Parameters<typeof parse>) => {
    const invocation = parse(...args)
    return invocation.kind === 'refuse' ? invocation.stderr : invocation.kind
  }

  it('names users of the server', () => {
    const invocation = parse('[{ role: viewer, users: [ann] }]')
    if (invocation.kind !== 'serve') throw new Error(JSON.stringify(invocation))
    const { apiUsers } = invocation.options.settings
    expect(apiUsers.roleOf('ann', '127.0.0.1')).toBe('viewer')
  })

  it.each([
    ['[{ role: viewer, users: [eve] }]', 'ann:a', "must name users, got 'eve'"],
    ['[{ role: root, users: [ann] }]', 'ann:a', 'must be one of metrics, viewer, operator, admin'],
    ['[{ role: viewer, users: [ann], from: [ten] }]', 'ann:a', 'must be an address or a network'],
    ['[{ role: viewer, users: [ann] }]', '', 'needs users'],
  ])('%s with the users %j is refused', (api, users, message) => {
    expect(refusalOf(api, users)).toContain(message)
  })
})
