import { describe, expect, it } from 'vitest'
import { parseCommandLine } from '../src/options.js'

function authOf(args: readonly string[], environment: Record<string, string> = {}) {
  const invocation = parseCommandLine(args, '1.2.3', environment)
  if (invocation.kind !== 'serve') throw new Error(JSON.stringify(invocation))
  return invocation.options.auth
}

describe('users of the command', () => {
  it('without any everybody may do everything', () => {
    expect(authOf([])).toBeUndefined()
    expect(authOf([], { RTSPOOL_USERS: ' ' })).toBeUndefined()
  })

  it('come from --user, repeated, and from the environment', () => {
    const auth = authOf(['--user', 'ann:a:b', '--user', 'bob:c d'], {
      RTSPOOL_USERS: 'eve:e\nbob:x',
    })
    expect({ ...auth?.users }).toEqual({ ann: 'a:b', bob: 'c d', eve: 'e' })
    expect(auth).toMatchObject({
      basic: 'overTls',
      rules: [{ path: '/*', read: 'authenticated', publish: 'authenticated' }],
    })
  })

  it('may be needed to publish only, and only some may publish', () => {
    const users = ['--user', 'ann:a', '--user', 'cam:c']
    expect(authOf([...users, '--public-read', '--publish-user', 'cam'])?.rules).toEqual([
      { path: '/*', read: 'anyone', publish: ['cam'] },
    ])
  })

  it('A-DIG-7 B-DOWN send their passwords in clear only where that was asked for', () => {
    expect(authOf(['--user', 'ann:a', '--basic-in-clear'])?.basic).toBe('always')
  })

  it.each([
    { args: ['--user', 'canary'], message: '--user must be name:password, got no such pair' },
    { args: ['--user', ':canary'], message: '--user must be name:password, got no such pair' },
    { args: ['--user', 'canary:'], message: '--user must be name:password, got no such pair' },
    {
      args: ['--user', 'a\tb:canary'],
      message: '--user must have a name without control characters',
    },
    { args: ['--publish-user', 'ann'], message: "--publish-user must name a user, got 'ann'" },
    {
      args: ['--user', 'ann:canary', '--user', 'ann:other'],
      message: "--user must name a user once, got 'ann' twice",
    },
    {
      args: ['--user', 'ann:canary', '--publish-user', 'ann', '--no-publish'],
      message: '--publish-user and --no-publish exclude each other',
    },
    { args: ['--public-read'], message: '--public-read needs --user' },
    { args: ['--basic-in-clear'], message: '--basic-in-clear needs --user' },
  ])('B-SECR $args is refused without the password', ({ args, message }) => {
    expect(parseCommandLine(args, '1.2.3')).toEqual({
      kind: 'refuse',
      stderr: `error: ${message}\n`,
      exitCode: 2,
    })
  })
})
