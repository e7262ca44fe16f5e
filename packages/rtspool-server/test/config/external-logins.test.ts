import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { poolLimitsOf } from '../../src/config/server-options.js'
import { parseCommandLine } from '../../src/options.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-external-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const { publicKey } = generateKeyPairSync('ed25519')
const pem = fileOf('key.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString())

function parse(args: readonly string[], environment: Record<string, string> = {}) {
  const invocation = parseCommandLine(args, '1.2.3', environment)
  if (invocation.kind === 'serve') return invocation.options.settings
  throw new Error('stderr' in invocation ? invocation.stderr : invocation.kind)
}

const hook = ['--auth-hook', 'http://127.0.0.1:1/login']

describe('logins by others, as configured', () => {
  it('need no users, and offer no Digest without any', () => {
    const { auth } = parse(hook)
    expect(auth).toMatchObject({ algorithms: [], tokens: 'overTls', users: {} })
    expect(auth).toMatchObject({ tokenParameters: ['token', 'jwt'], login: expect.any(Function) })
    const both = parse([...hook, '--users-file', fileOf('users', 'ann:a\n')]).auth
    expect(both?.algorithms).toEqual(['SHA-256', 'MD5'])
  })

  it('offer Digest where the hook answers with HA1', () => {
    const { auth } = parse([...hook, '--set', 'auth.hook.digest=true'])
    expect(auth?.algorithms).toEqual(['SHA-256', 'MD5'])
  })

  it('open the API where hook or tokens may name roles', () => {
    const opens = (...args: string[]) => parse(args).apiUsers.external !== undefined
    expect(opens(...hook)).toBe(false)
    expect(opens(...hook, '--set', 'auth.hook.actions=api')).toBe(true)
    const keys = ['--jwks-url', 'http://127.0.0.1:1/keys']
    expect(opens(...keys)).toBe(false)
    expect(opens(...keys, '--set', 'auth.jwt.roleClaim=role')).toBe(true)
  })

  it('are absent without a hook and a key', () => {
    const { auth } = parse(['--users-file', fileOf('users', 'ann:a\n')])
    expect(auth).toMatchObject({ login: undefined, tokenParameters: [] })
    expect(parse([]).auth).toBeUndefined()
  })

  it('are those of share links on a server with users, an API and a live picture', () => {
    const users = ['--users-file', fileOf('users', 'ann:a\n')]
    const ports = ['--api-port', '0', '--live-port', '0']
    expect(parse([...users, ...ports]).auth).toMatchObject({
      ...{ login: expect.any(Function), tokenParameters: ['share'], tokens: 'overTls' },
    })
    expect(parse([...users, '--api-port', '0']).auth?.login).toBeUndefined()
    expect(parse([...hook, ...ports]).auth?.tokenParameters).toEqual(['token', 'jwt', 'share'])
  })

  it('have the same function after a reload without changes, and another one after changes', () => {
    const login = () => parse(hook).auth?.login
    expect(login()).toBe(login())
    const before = login()
    expect(parse(['--jwks-url', 'http://127.0.0.1:1/keys']).auth?.login).not.toBe(before)
    // Settings that were only read, such as those of a refused reload, replace nothing.
    expect(login()).toBe(before)
  })

  it('may have users that no file names', () => {
    const rules = '[{path: /*, publish: [robot]}]'
    expect(parse([...hook, '--set', `auth.rules=${rules}`]).auth?.rules).toEqual([
      { path: '/*', publish: ['robot'] },
    ])
  })

  it('warn of tokens in clear, and of a hook elsewhere without TLS', { tags: 'B-DOWN' }, () => {
    expect(parse([...hook, '--tokens-in-clear']).warnings).toEqual([
      expect.stringMatching(/tokens are taken in clear \(--tokens-in-clear\)/),
    ])
    expect(parse(['--auth-hook', 'http://login.example/?key=canary']).warnings).toEqual([
      expect.stringMatching(/^--auth-hook without https: credentials cross the network in clear$/),
    ])
    expect(parse(['--auth-hook', 'https://login.example/']).warnings).toEqual([])
  })

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['tokens in clear of nobody', ['--tokens-in-clear'], {}, /--tokens-in-clear needs --jwks-url/],
    [
      'two sources of keys',
      ['--jwks-url', 'http://127.0.0.1:1/keys'],
      { RTSPOOL_AUTH_JWT_KEY_FILE: pem },
      /RTSPOOL_AUTH_JWT_KEY_FILE and auth\.jwt\.jwksUrl exclude each other/,
    ],
    [
      'a key that is not there',
      [],
      { RTSPOOL_AUTH_JWT_KEY_FILE: '/nowhere/key' },
      /RTSPOOL_AUTH_JWT_KEY_FILE \/nowhere\/key cannot be read: ENOENT/,
    ],
    [
      'an empty key',
      [],
      { RTSPOOL_AUTH_JWT_KEY_FILE: fileOf('empty', '\n') },
      /must have a key, got an empty file/,
    ],
    [
      'a broken key',
      [],
      { RTSPOOL_AUTH_JWT_KEY_FILE: fileOf('broken', '-----BEGIN PUBLIC KEY-----\ncanary\n') },
      /must be a public key in PEM, a JWKS, or a secret/,
    ],
    [
      'a secret without an algorithm for it',
      [],
      { RTSPOOL_AUTH_JWT_KEY_FILE: fileOf('secret', 'canary') },
      /must be a public key in PEM or a JWKS, or auth\.jwt\.algorithms must have HS256/,
    ],
    [
      'Digest without a hook',
      ['--set', 'auth.hook.digest=true'],
      {},
      /needs a hook: --auth-hook or auth\.hook\.url/,
    ],
    [
      'Digest of nobody',
      [...hook, '--set', 'auth.hook.digest=true', '--set', 'auth.hook.credentials=token'],
      {},
      /needs user in auth\.hook\.credentials/,
    ],
    [
      'Digest without an algorithm',
      [...hook, '--set', 'auth.hook.digest=true', '--set', 'auth.algorithms=none'],
      {},
      /needs SHA-256 or MD5 in auth\.algorithms/,
    ],
    ['a hook that is no URL', ['--auth-hook', 'canary'], {}, /--auth-hook must be a URL with http/],
  ])('are refused: %s', { tags: 'B-SECR' }, (_name, args, environment, message) => {
    const parsed = () => parse(args, environment)
    expect(parsed).toThrow(message)
    expect(parsed).not.toThrow(/canary/)
  })
})

describe('limits of groups', () => {
  it('are set by name and value', () => {
    const { config } = parse(['--set', 'limits.maxSessionsPerGroup={plan: {free: 2}}'])
    expect(poolLimitsOf(config).maxSessionsPerGroup).toEqual({ plan: { free: 2 } })
    expect(() => parse(['--set', 'limits.maxSessionsPerGroup={1: {free: 2}}'])).toThrow(/must be/)
  })
})
