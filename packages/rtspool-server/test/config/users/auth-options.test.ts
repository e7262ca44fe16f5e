import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseCommandLine } from '../../../src/options.js'

function authOf(args: readonly string[], environment: Record<string, string> = {}) {
  const invocation = parseCommandLine(args, '1.2.3', environment)
  if (invocation.kind !== 'serve') throw new Error(JSON.stringify(invocation))
  return invocation.options.settings.auth
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

  it('may send passwords in the clear only with the option for it', {
    tags: ['A-DIG-7', 'B-DOWN'],
  }, () => {
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
    { args: ['--public-read'], message: '--public-read needs users: --users-file' },
    { args: ['--basic-in-clear'], message: '--basic-in-clear needs users: --users-file' },
  ])('$args is refused without the password', { tags: 'B-SECR' }, ({ args, message }) => {
    expect(parseCommandLine(args, '1.2.3')).toEqual({
      kind: 'refuse',
      stderr: `error: ${message}\n`,
      exitCode: 2,
    })
  })
})

const folder = mkdtempSync(join(tmpdir(), 'rtspool-users-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(text: string, mode = 0o600): string {
  const file = join(folder, 'users')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

function warningsOf(args: readonly string[], environment: Record<string, string> = {}) {
  const invocation = parseCommandLine(args, '1.2.3', environment)
  if (invocation.kind !== 'serve') throw new Error(JSON.stringify(invocation))
  return invocation.options.settings.warnings
}

describe('users of a file', { tags: 'U-9' }, () => {
  it.each([
    ['lines', 'ann:a\nbob:b\n', { ann: 'a', bob: 'b' }],
    ['lines of Windows', '\ufeffann:a\r\nbob:b\r\n', { ann: 'a', bob: 'b' }],
    ['comments and empty lines', '# cameras\n\nann:a\n  \n#bob:b\n', { ann: 'a' }],
    ['passwords with spaces, colons and a #', 'ann: a b:c#d \n', { ann: ' a b:c#d ' }],
    ['no line break at the end', 'ann:a', { ann: 'a' }],
  ])('may have %s', (_, text, users) => {
    expect({ ...authOf(['--users-file', fileOf(text)])?.users }).toEqual(users)
  })

  it('are nearer than the environment, and those of the command line are nearer still', () => {
    const args = ['--users-file', fileOf('ann:file\nbob:file\n'), '--user', 'bob:line']
    const users = authOf(args, { RTSPOOL_USERS: 'ann:environment eve:environment' })?.users
    expect({ ...users }).toEqual({ ann: 'file', bob: 'line', eve: 'environment' })
  })

  it.each([0o644, 0o640, 0o604, 0o660, 0o777])('in a file of mode %o are warned of', (mode) => {
    const file = fileOf('ann:canary', mode)
    const octal = mode.toString(8).padStart(4, '0')
    expect(warningsOf(['--users-file', file])).toEqual([
      expect.stringContaining(`--users-file ${file} has mode ${octal}`),
    ])
  })

  it.each([0o600, 0o400])('in a file of mode %o are not', (mode) => {
    expect(warningsOf(['--users-file', fileOf('ann:a', mode)])).toEqual([])
  })

  it('on the command line are warned of, those of the environment are not', {
    tags: 'B-SECR',
  }, () => {
    const warnings = warningsOf(['--user', 'ann:canary'])
    expect(warnings).toEqual([expect.stringMatching(/--user shows .*--users-file.*RTSPOOL_USERS/)])
    expect(warnings.join()).not.toContain('canary')
    expect(warningsOf([], { RTSPOOL_USERS: 'ann:canary' })).toEqual([])
  })

  it.each([
    ['a line without a colon', 'canary\n', 'must be name:password, got no such pair'],
    ['a name twice', 'ann:canary\nann:canary2\n', "must name a user once, got 'ann' twice"],
    ['nobody', '# nobody yet\n', 'must name a user'],
    ['too much', 'ann:a\n'.repeat(200_000), 'cannot be read: expected at most 1048576 bytes'],
  ])('with %s are refused without a password', { tags: 'B-SECR' }, (_, text, message) => {
    const file = fileOf(text)
    const invocation = parseCommandLine(['--users-file', file], '1.2.3')
    expect(invocation).toMatchObject({ kind: 'refuse', exitCode: 2 })
    const { stderr = '' } = invocation as { stderr?: string }
    expect(stderr).toContain(`--users-file ${file} ${message}`)
    expect(stderr).not.toContain('canary')
  })

  it.each(['/nowhere/users', '/nowhere/users.yml', tmpdir()])(
    'of %s, which is no such file, are refused',
    (file) => {
      const { stderr } = parseCommandLine(['--users-file', file], '1.2.3') as { stderr?: string }
      expect(stderr).toMatch(/^error: --users-file \S+ cannot be read: E[A-Z]+[^\n]*\n$/)
    },
  )
})
