import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { digestHa1 } from 'rtspool'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPasswordOfHash } from '../../src/access/password-hash.js'
import { readStoredUsers } from '../../src/config/users/stored-users.js'
import { parseCommandLine } from '../../src/options.js'
import { userCommand } from '../../src/users/user-command.js'
import { CollectedOutput } from '../collected-output.js'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rtspool-user-'))
  file = join(folder, 'users.yml')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs `rtspool user` with a password on its input. */
async function outcomeOf(args: readonly string[], password = 'canary', environment = {}) {
  const output = new CollectedOutput()
  const input = new PassThrough()
  input.end(`${password}\n`)
  const terminal = { input, output: new PassThrough(), logN: 4 }
  const code = await userCommand(args, output, environment, terminal)
  expect(JSON.stringify(output.text)).not.toContain('canary')
  return { code, ...output.text }
}

/** Runs `rtspool user` while another command changes the file, after the question for the password. */
async function outcomeAmid(change: () => void, ...args: readonly string[]) {
  const output = new CollectedOutput()
  const input = new Readable({
    read() {
      change()
      this.push('canary\n')
      this.push(null)
    },
  })
  const terminal = { input, output: new PassThrough(), logN: 4 }
  const code = await userCommand([...args, '--file', file], output, {}, terminal)
  return { code, stderr: output.text.stderr }
}

const rename = (from: string, to: string) => () =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))

const add = (name: string, ...args: string[]) => outcomeOf(['add', name, '--file', file, ...args])

describe('rtspool user add', () => {
  it('stores hashes for Digest and Basic in place of the password', {
    tags: 'B-SECR',
  }, async () => {
    expect(await add('ann', '--role', 'family', '--role', 'viewer')).toEqual({
      code: 0,
      stdout: `ann added to ${file}\n`,
      stderr: '',
    })
    expect(readFileSync(file, 'utf8')).not.toContain('canary')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { realm, users } = readStoredUsers(file)
    expect(realm).toBe('rtspool')
    expect(users.get('ann')).toEqual({
      roles: ['family', 'viewer'],
      sha256: digestHa1('SHA-256', 'ann', 'rtspool', 'canary'),
      md5: digestHa1('MD5', 'ann', 'rtspool', 'canary'),
      scrypt: expect.stringMatching(/^\$scrypt\$ln=4,r=8,p=1\$/),
    })
    expect(await isPasswordOfHash('canary', users.get('ann')?.scrypt ?? '')).toBe(true)
    expect(await isPasswordOfHash('canarx', users.get('ann')?.scrypt ?? '')).toBe(false)
  })

  it('stores no hash for Digest with --tls-only', async () => {
    expect((await add('bob', '--tls-only')).code).toBe(0)
    expect(Object.keys(readStoredUsers(file).users.get('bob') ?? {})).toEqual(['roles', 'scrypt'])
  })

  it('keeps comments, other users and their order', async () => {
    await add('zoe')
    writeFileSync(file, readFileSync(file, 'utf8').replace('  zoe:', '  # the boss\n  zoe:'))
    await add('ann')
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('  # the boss\n  zoe:')
    expect([...readStoredUsers(file).users.keys()]).toEqual(['zoe', 'ann'])
  })

  it('finds file and realm in the configuration', async () => {
    const config = join(folder, 'rtspool.yml')
    writeFileSync(config, 'auth: { usersFile: users.yml, realm: home }\n')
    expect((await outcomeOf(['add', 'ann', '--config', config])).code).toBe(0)
    expect((await outcomeOf(['add', 'bob'], 'p', { RTSPOOL_CONFIG: config })).code).toBe(0)
    const { realm, users } = readStoredUsers(file)
    expect([realm, users.get('ann')?.md5]).toEqual([
      'home',
      digestHa1('MD5', 'ann', 'home', 'canary'),
    ])
  })

  it.each([
    { name: 'a:b', password: 'p', says: 'the name must be a name of at most 255 characters' },
    { name: 'a\nb', password: 'p', says: 'the name must be' },
    { name: '__proto__', password: 'p', says: 'the name must be' },
    { name: 'eve', password: '', says: 'the password is empty' },
    { name: 'eve', password: 'p\u0000', says: 'the password has a control character' },
    { name: 'eve', password: 'p'.repeat(1025), says: 'the password is longer than 1024' },
    { name: 'ann', password: 'p', says: 'rtspool user passwd changes it' },
  ])('refuses $name with 1: $says', async ({ name, password, says }) => {
    await add('ann')
    const before = readFileSync(file, 'utf8')
    const { code, stderr } = await outcomeOf(['add', name, '--file', file], password)
    expect([code, stderr]).toEqual([1, expect.stringContaining(says)])
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it.each([
    [['add', 'ann'], 1, 'name a file: auth.usersFile'],
    [['add', 'ann', '--file', 'users'], 1, 'users holds passwords in clear'],
    [['add', 'ann', '--file', '/nowhere/users.yml'], 1, '/nowhere/users.yml cannot be written'],
    [['list', '--file', '/nowhere/users.yml'], 2, 'cannot be read'],
    [['add', 'ann', '--role', 'Big Boss'], 2, 'Expected small letters'],
    [['add'], 2, "missing required argument 'name'"],
    [['add', 'ann', 'canary'], 2, 'too many arguments'],
    [['fire', 'ann'], 2, 'unknown command'],
    [['list', '--config', '/nowhere/a.yml'], 2, '/nowhere/a.yml cannot be read'],
  ])('%j ends with %i', async (args, code, says) => {
    const outcome = await outcomeOf(args as string[])
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(says as string)])
  })
})

describe('rtspool user', () => {
  it('passwd changes the hashes and keeps the roles', async () => {
    await add('ann', '--role', 'family')
    const args = ['passwd', 'ann', '--file', file]
    expect((await outcomeOf(args, 'new one')).code).toBe(0)
    const user = readStoredUsers(file).users.get('ann')
    expect(user).toMatchObject({
      roles: ['family'],
      md5: digestHa1('MD5', 'ann', 'rtspool', 'new one'),
    })
    expect((await outcomeOf([...args, '--tls-only'], 'third')).code).toBe(0)
    expect(readStoredUsers(file).users.get('ann')?.md5).toBeUndefined()
  })

  it('remove removes one user', async () => {
    await add('ann')
    await add('bob')
    expect((await outcomeOf(['remove', 'ann', '--file', file])).code).toBe(0)
    expect([...readStoredUsers(file).users.keys()]).toEqual(['bob'])
    const again = await outcomeOf(['remove', 'ann', '--file', file])
    expect([again.code, again.stderr]).toEqual([1, `error: ann is not in ${file}\n`])
  })

  it('keeps what another command writes while somebody types the password', async () => {
    await add('ann')
    await add('bob')
    expect((await outcomeAmid(rename('bob:', 'eve:'), 'add', 'zoe')).code).toBe(0)
    expect([...readStoredUsers(file).users.keys()]).toEqual(['ann', 'eve', 'zoe'])
    expect((await outcomeAmid(rename('eve:', 'tom:'), 'passwd', 'ann')).code).toBe(0)
    expect([...readStoredUsers(file).users.keys()]).toEqual(['ann', 'tom', 'zoe'])
  })

  it('checks the name again after the password', async () => {
    await add('ann')
    expect(await outcomeAmid(rename('ann:', 'bob:'), 'add', 'bob')).toEqual({
      code: 1,
      stderr: `error: bob is in ${file} already: rtspool user passwd changes it\n`,
    })
    expect(await outcomeAmid(rename('bob:', 'ann:'), 'passwd', 'bob')).toEqual({
      code: 1,
      stderr: `error: bob is not in ${file}\n`,
    })
    expect([...readStoredUsers(file).users.keys()]).toEqual(['ann'])
  })

  it('finds a name that the file writes as a number', async () => {
    await add('123', '--role', 'family')
    await add('bob')
    rename('"123":', '123:')()
    expect((await outcomeOf(['passwd', '123', '--file', file], 'new one')).code).toBe(0)
    expect(readStoredUsers(file).users.get('123')).toMatchObject({
      roles: ['family'],
      md5: digestHa1('MD5', '123', 'rtspool', 'new one'),
    })
    expect((await outcomeOf(['remove', '123', '--file', file])).code).toBe(0)
    expect([...readStoredUsers(file).users.keys()]).toEqual(['bob'])
  })

  it('list shows roles and kinds of login, and no hash', async () => {
    await add('ann', '--role', 'family')
    await add('bob', '--tls-only')
    const { stdout } = await outcomeOf(['list', '--file', file])
    expect(stdout).toBe('ann\tfamily\tdigest,basic\nbob\t-\tbasic\n')
  })

  it('refuses a file for another realm', async () => {
    await add('ann')
    const { code, stderr } = await outcomeOf(['list', '--file', file], '', {
      RTSPOOL_AUTH_REALM: 'home',
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining("is for the realm 'rtspool'")])
  })
})

describe('a file of users in the command', () => {
  function settingsOf(...args: string[]) {
    const invocation = parseCommandLine(['--users-file', file, ...args], '1.2.3')
    if (invocation.kind !== 'serve') throw new Error(JSON.stringify(invocation))
    return invocation.options.settings
  }

  it('gives secrets of Digest, and a hook for the users of Basic alone', async () => {
    await add('ann')
    await add('bob', '--tls-only')
    const { auth, warnings } = settingsOf('--user', 'zoe:z')
    expect({ ...auth?.users }).toEqual({
      ann: { ha1: { 'SHA-256': expect.any(String), MD5: expect.any(String) } },
      zoe: 'z',
    })
    expect(auth?.verify).toBeTypeOf('function')
    expect(warnings).toHaveLength(1)
    // A reload of the same file is no change.
    expect(settingsOf().auth?.verify).toBe(auth?.verify)
  })

  it('replaces roles in rules with their users', async () => {
    await add('ann', '--role', 'family')
    await add('bob', '--role', 'family', '--role', 'staff')
    const rules =
      '[{ path: /*, read: [role:family] }, { path: /a, from: [::1], read: [role:staff, ann], publish: [role:none] }]'
    const { auth, warnings } = settingsOf('--set', `auth.rules=${rules}`)
    expect(auth?.rules).toEqual([
      { path: '/*', read: ['ann', 'bob'] },
      { path: '/a', from: ['::1'], read: ['bob', 'ann'], publish: [] },
    ])
    expect(warnings).toEqual([expect.stringMatching(/no user has the role none$/)])
  })

  it.each([
    ['users: { ann: { md5: canary } }', /users\.yml:1:\d+: users\.ann\.md5 must be 32 hexadecimal/],
    ['users: { ann: { scrypt: canary } }', /users\.ann\.scrypt must be made by rtspool user/],
    ['users: { ann: { roles: [family] } }', /users\.ann has no password/],
    ['users: { ann: { pasword: canary } }', /users\.ann\.pasword is unknown/],
    ['users: { "a:b": { md5: "00000000000000000000000000000000" } }', /must be a name of at most/],
    ['realm: home\nusers: {}', /is for the realm 'home', and auth\.realm is 'rtspool'/],
    ['realm: rtspool\n', /must name a user/],
    ['users: [canary', /is no YAML/],
  ])('of %j is refused without a hash', { tags: 'B-SECR' }, (text, message) => {
    writeFileSync(file, text)
    const invocation = parseCommandLine(['--users-file', file], '1.2.3')
    expect(invocation).toMatchObject({ kind: 'refuse', stderr: expect.stringMatching(message) })
    expect(JSON.stringify(invocation)).not.toContain('canary')
  })

  it('must name the users of a rule', async () => {
    await add('ann')
    const args = ['--users-file', file, '--set', 'auth.rules=[{ path: /*, read: [amm] }]']
    expect(parseCommandLine(args, '1.2.3')).toMatchObject({
      kind: 'refuse',
      stderr: expect.stringContaining("must name users, got 'amm'"),
    })
  })
})
