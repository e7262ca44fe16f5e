import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import type { LivePart } from '../../src/config/reload/live-part.js'
import { ConfigStore } from '../../src/config/save/config-store.js'
import { runningConfig } from './running-config.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-reload-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'rtspool.yml')
const put = (text: string) => writeFileSync(file, text)

const running = (text: string, args: readonly string[] = [], last?: LivePart) =>
  runningConfig(file, text, args, last)

/** A part whose change fails after the others have made theirs. */
const fault: LivePart = {
  prepare: () => ({
    apply: () => {
      throw new Error('no')
    },
    undo: () => undefined,
  }),
}

describe('a reload', () => {
  it('changes the differing keys, and names them', async () => {
    const { reloader, state } = running('limits: { maxSessions: 10 }\n')
    put(
      'limits: { maxSessions: 20, maxLifetime: 5 }\ntestPicture: false\nlog: { level: debug }\n' +
        'publish: { paths: [/live/*] }\npaths: { /live/*: { timeline: continuous } }\n',
    )
    expect(await reloader.reload('test')).toMatchObject({
      ok: true,
      by: 'test',
      changed: [
        'limits.maxSessions',
        'limits.maxLifetime',
        'publish.paths',
        'paths',
        'testPicture',
        'log.level',
      ],
    })
    expect(state()).toMatchObject({
      limits: { maxSessions: 20, maxSessionsPerAddress: 16, maxLifetime: 5 },
      mounts: [],
      live: true,
      timeline: { timeline: 'continuous' },
      level: 'debug',
    })
    put('publish: { paths: [/other] }\n')
    expect((await reloader.reload('test')).ok).toBe(true)
    expect(state()).toMatchObject({ limits: { maxSessions: 1000 }, live: false, level: 'info' })
    expect(state().mounts).toEqual(['/test'])
  })

  it('changes the rules of bans, and the number of sessions that are remembered', async () => {
    const { reloader, server } = running('')
    const { bans, leavers } = server.pool
    expect([bans.options.failedLogins, leavers.max]).toEqual([false, 10_000])
    put('bans: { failedLogins: { enabled: true, attempts: 5 } }\nsessions: { maxLeavers: 7 }\n')
    expect(await reloader.reload('test')).toMatchObject({ ok: true, problems: [] })
    const rule = { attempts: 5, windowSeconds: 600, banSeconds: 3600 }
    expect([bans.options.failedLogins, leavers.max]).toEqual([rule, 7])
    put('')
    expect((await reloader.reload('test')).ok).toBe(true)
    expect([bans.options.failedLogins, leavers.max]).toEqual([false, 10_000])
  })

  it('without a difference changes nothing', async () => {
    const { reloader } = running('limits: { maxSessions: 10 }\n')
    expect(await reloader.reload('test')).toMatchObject({ ok: true, changed: [], problems: [] })
  })

  it('without a difference changes nothing after one that was refused', async () => {
    const hookAt = (path: string) => `auth: { hook: { url: 'http://127.0.0.1:1/${path}' } }\n`
    const { reloader } = running(hookAt('a'))
    put(`${hookAt('b')}rtsp: { port: 1 }\n`)
    expect((await reloader.reload('test')).ok).toBe(false)
    put(hookAt('a'))
    expect(await reloader.reload('test')).toMatchObject({ ok: true, changed: [], problems: [] })
    put(hookAt('b'))
    expect(await reloader.reload('test')).toMatchObject({ ok: true, problems: [] })
  })

  it('leaves keys alone that options of the command line win over, and names them', async () => {
    const { reloader, state } = running('limits: { maxSessions: 10 }\n', ['--max-sessions', '7'])
    put('limits: { maxSessions: 20 }\n')
    const overridden = [{ key: 'limits.maxSessions', by: '--max-sessions' }]
    expect(await reloader.reload('test')).toMatchObject({ ok: true, changed: [], overridden })
    expect(state().limits.maxSessions).toBe(7)
    expect(await reloader.reload('test')).toMatchObject({ ok: true, overridden: [] })
  })

  it.each([
    ['a mistake', 'log: { level: loud }', ':2:15: log.level must be one of'],
    [
      'a key that cannot change',
      'rtsp: { port: 9000 }',
      ':2:15: rtsp.port cannot be changed while the server runs: 8554 stays until a restart',
    ],
    ['a missing file of users', 'auth: { usersFile: nobody }', 'cannot be read'],
    ['no YAML', 'log: [', 'is no YAML'],
  ])('with %s is refused whole', async (_, wrong, message) => {
    const { reloader, state } = running('limits: { maxSessions: 10 }\n')
    const before = state()
    put(`limits: { maxSessions: 20 }\n${wrong}\n`)
    const { ok, changed, problems } = await reloader.reload('test')
    expect({ ok, changed }).toEqual({ ok: false, changed: [] })
    expect(problems.map((problem) => problem.message).join()).toContain(message)
    expect(state()).toEqual(before)
    put('limits: { maxSessions: 20 }\n')
    expect((await reloader.reload('test')).changed).toEqual(['limits.maxSessions'])
  })

  it('names every key that cannot change', async () => {
    const { reloader } = running('')
    put('rtsp: { port: 1, host: 127.0.0.1 }\nsessions: { timeout: 5 }\n')
    expect((await reloader.reload('test')).problems.map(({ path }) => path)).toEqual([
      ['rtsp', 'port'],
      ['rtsp', 'host'],
      ['sessions', 'timeout'],
    ])
  })

  it('that fails in the middle restores everything', async () => {
    const { reloader, state } = running('limits: { maxSessions: 10 }\n', [], fault)
    const before = state()
    writeFileSync(join(folder, 'users'), 'ann:a\n', { mode: 0o600 })
    put(
      'limits: { maxSessions: 20 }\nlog: { level: debug }\ntestPicture: false\n' +
        'auth: { usersFile: users }\n',
    )
    expect(await reloader.reload('test')).toMatchObject({
      ok: false,
      problems: [{ message: 'no' }],
    })
    expect(state()).toEqual(before)
    expect(reloader.current.config.limits.maxSessions).toBe(10)
  })

  it('changes users when their file alone has changed, but cannot remove all', async () => {
    const users = join(folder, 'users')
    writeFileSync(users, 'ann:a\n', { mode: 0o600 })
    const { reloader } = running('auth: { usersFile: users }\n')
    writeFileSync(users, 'ann:a\nbob:b\n')
    expect((await reloader.reload('test')).changed).toEqual(['users and rights'])
    expect(Object.keys(reloader.current.auth?.users ?? {})).toEqual(['ann', 'bob'])
    put('')
    expect((await reloader.reload('test')).problems[0]?.message).toContain('cannot lose all users')
  })

  it('keeps a limit that the API has changed, until its key changes', async () => {
    const { reloader, server } = running('limits: { maxSessions: 10, maxConnections: 50 }\n')
    server.pool.setLimits({ maxSessions: 7 })
    server.update({ maxConnections: 8 })
    put(
      'limits: { maxSessions: 10, maxConnections: 50, maxLifetime: 9, maxConnectionsPerAddress: 5 }\n',
    )
    expect(await reloader.reload('test')).toMatchObject({ ok: true })
    expect(server.pool.limits).toMatchObject({ maxSessions: 7, maxLifetime: 9 })
    expect(server.connectionLimits.maxConnections).toBe(8)
    put('limits: { maxSessions: 20 }\n')
    expect(await reloader.reload('test')).toMatchObject({ ok: false })
    expect(server.pool.limits).toMatchObject({ maxSessions: 7, maxLifetime: 9 })
    put('limits: { maxSessions: 20, maxConnections: 60, maxConnectionsPerAddress: 5 }\n')
    expect(await reloader.reload('test')).toMatchObject({ ok: true })
    expect(server.pool.limits).toMatchObject({ maxSessions: 20, maxLifetime: 0 })
    expect(server.connectionLimits.maxConnections).toBe(60)
  })

  it('that fails in the middle restores limits that the API has changed', async () => {
    const { reloader, server } = running('limits: { maxSessions: 10 }\n', [], fault)
    server.pool.setLimits({ maxSessions: 7 })
    server.update({ maxConnections: 8, maxConnectionsPerAddress: 3 })
    put('limits: { maxSessions: 20, maxConnections: 60, maxConnectionsPerAddress: 5 }\n')
    expect(await reloader.reload('test')).toMatchObject({ ok: false })
    expect(server.pool.limits.maxSessions).toBe(7)
    expect(server.connectionLimits).toMatchObject({
      maxConnections: 8,
      maxConnectionsPerAddress: 3,
    })
  })

  it('cannot return a share of connections to its default', async () => {
    const { reloader } = running('limits: { maxConnectionsPerAddress: 5 }\n')
    put('')
    expect((await reloader.reload('test')).problems[0]?.message).toContain('give a number')
  })
})

describe('a save', () => {
  it('changes the file and the server, and names what wins over the file', async () => {
    const text = '# mine\nlimits:\n  maxSessions: 10 # few\n'
    const { reloader, state } = running(text, ['--log-level', 'warn'])
    const store = new ConfigStore(reloader)
    const changes = [
      { path: ['limits', 'maxSessions'], value: 30 },
      { path: ['log', 'level'], value: 'debug' },
    ]
    expect(await store.save(changes, 'ann')).toMatchObject({
      ok: true,
      by: 'ann',
      changed: ['limits.maxSessions'],
      overridden: [{ key: 'log.level', by: '--log-level' }],
      file,
    })
    expect(state()).toMatchObject({ limits: { maxSessions: 30 }, level: 'warn' })
    expect(await reloader.reload('test')).toMatchObject({ ok: true, changed: [] })
    const { text: saved } = reloader.current.file ?? {}
    expect(saved).toBe('# mine\nlimits:\n  maxSessions: 30 # few\nlog:\n  level: debug\n')
  })

  it.each([
    ['a wrong value', ['limits', 'maxSessions'], 'many', 'must be a number'],
    ['an unknown key', ['limits', 'maxSesions'], 5, 'did you mean maxSessions'],
    ['a key that cannot change', ['rtsp', 'port'], 9000, 'cannot be changed'],
  ])('of %s is refused, and leaves the file', async (_, path, value, message) => {
    const { reloader, state } = running('limits: { maxSessions: 10 }\n')
    const before = state()
    const save = new ConfigStore(reloader).save([{ path, value }], 'ann')
    await expect(save).rejects.toThrow(message)
    expect(state()).toEqual(before)
    expect(await reloader.reload('test')).toMatchObject({ ok: true, changed: [] })
  })

  it('keeps what another program changes in the file at the same time', async () => {
    const { reloader, state } = running('limits: { maxSessions: 10 } # mine\n')
    const save = new ConfigStore(reloader).save(
      [{ path: ['limits', 'maxSessions'], value: 30 }],
      'ann',
    )
    // The first attempt has read the file by now, and has not replaced it yet.
    await nextTurn()
    put('limits: { maxSessions: 10 } # mine\nlog: { level: debug }\n')
    expect((await save).changed).toEqual(['limits.maxSessions', 'log.level'])
    expect(state()).toMatchObject({ limits: { maxSessions: 30 }, level: 'debug' })
    const { text } = reloader.current.file ?? {}
    expect(text).toBe('limits: { maxSessions: 30 } # mine\nlog: { level: debug }\n')
  })

  it('that fails in the middle restores the file', async () => {
    const text = 'limits: { maxSessions: 10 } # mine\n'
    const { reloader, state } = running(text, [], fault)
    const save = new ConfigStore(reloader).save(
      [{ path: ['limits', 'maxSessions'], value: 30 }],
      'ann',
    )
    await expect(save).rejects.toThrow('no')
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(state().limits.maxSessions).toBe(10)
  })
})
