import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { EventReader } from '../events/event-reader.js'
import { startApi } from './api-scene.js'

const text = '# Of the office.\nlimits:\n  maxSessions: 20 # as many as the uplink carries\n'

describe('the configuration', () => {
  it('is read with the sources of its values', async () => {
    const { api, configFile } = await startApi({}, {}, { config: text })
    const { body } = await api.call('getConfig')
    expect(body.file).toBe(configFile)
    const keyOf = (name: string) => body.keys.find(({ key }: { key: string }) => key === name)
    expect(keyOf('limits.maxSessions')).toMatchObject({
      ...{ value: 20, default: 1000, isLive: true },
      source: `${configFile}:3:16: limits.maxSessions`,
    })
    expect(keyOf('limits.maxSessionsPerUser')).toMatchObject({
      ...{ value: 4, overriddenBy: 'RTSPOOL_LIMITS_MAX_SESSIONS_PER_USER' },
    })
    expect(keyOf('rtsp.port')).toMatchObject({ isLive: false, source: 'rtsp.port' })
  })

  it('tells values from those that hold now, which changes of limits have made others', async () => {
    const limits = { maxSessions: 20, maxSessionsPerUser: 4 }
    const { api } = await startApi(
      { pool: { ...limits, maxSessionsPerPath: 7 } },
      {},
      { config: text },
    )
    const keyOf = async (name: string) => {
      const { body } = await api.call('getConfig')
      return body.keys.find(({ key }: { key: string }) => key === name)
    }
    expect(await keyOf('limits.maxSessions')).not.toHaveProperty('valueInUse')
    expect(await keyOf('limits.maxSessionsPerPath')).toMatchObject({ value: 0, valueInUse: 7 })
    expect(await keyOf('limits.maxSessionsPerGroup')).not.toHaveProperty('valueInUse')
    await api.call('changeLimits', { body: { maxSessions: 30 } })
    expect(await keyOf('limits.maxSessions')).toMatchObject({ value: 20, valueInUse: 30 })
    await api.call('changeConfig', { body: { changes: { 'limits.maxSessions': 40 } } })
    const changed = await keyOf('limits.maxSessions')
    expect([changed.value, changed.valueInUse]).toEqual([40, undefined])
  })

  it('changes in the file, comments included, and in the running server', async () => {
    const { api, server, configFile } = await startApi({}, {}, { config: text })
    const reader = await EventReader.open(api, { query: { types: 'configChanged' } })
    closeAfterTest(reader)
    const changes = { 'limits.maxSessions': 0, 'sessions.idleTimeout': 12 }
    const { body } = await api.call('changeConfig', { body: { changes } })
    expect(body).toEqual({
      ...{ file: configFile, overridden: [] },
      changed: expect.arrayContaining(['limits.maxSessions', 'sessions.idleTimeout']),
    })
    expect(server.pool.limits.maxSessions).toBe(0)
    const saved = readFileSync(configFile, 'utf8')
    expect(saved).toContain('# Of the office.')
    expect(saved).toContain('maxSessions: 0 # as many as the uplink carries')
    expect((await reader.next('configChanged')).data).toMatchObject({ by: 'API token first' })
    await api.call('changeConfig', { body: { changes: { 'sessions.idleTimeout': null } } })
    expect(readFileSync(configFile, 'utf8')).not.toContain('idleTimeout')
  })

  it('says when an option or a variable wins over a changed key', async () => {
    const { api, server } = await startApi({}, {}, { config: text })
    const changes = { 'limits.maxSessionsPerUser': 9 }
    const { body } = await api.call('changeConfig', { body: { changes } })
    expect(body).toMatchObject({
      changed: [],
      overridden: [
        { key: 'limits.maxSessionsPerUser', by: 'RTSPOOL_LIMITS_MAX_SESSIONS_PER_USER' },
      ],
    })
    expect(server.pool.limits.maxSessionsPerUser).not.toBe(9)
  })

  it('says the same of a key that a reload finds changed in the file', async () => {
    const { api, server, configFile } = await startApi({}, {}, { config: text })
    writeFileSync(configFile, 'limits: { maxSessions: 30, maxSessionsPerUser: 9 }\n')
    const by = 'RTSPOOL_LIMITS_MAX_SESSIONS_PER_USER'
    expect((await api.call('reloadConfig')).body).toEqual({
      changed: ['limits.maxSessions'],
      overridden: [{ key: 'limits.maxSessionsPerUser', by }],
    })
    expect(server.pool.limits.maxSessionsPerUser).not.toBe(9)
  })

  it.each([
    [{ 'limits.maxSession': 5 }, 400, { where: 'body.changes.limits.maxSession' }],
    [
      { 'limits.maxSessions': -1, 'sessions.idleTimeout': 5 },
      400,
      { where: 'body.changes.limits.maxSessions', got: '-1' },
    ],
    [{ 'log.level': 'loud' }, 400, { where: 'body.changes.log.level', got: '"loud"' }],
    [{ 'limits.maxSessions': 5, 'rtsp.port': 1 }, 409, { where: 'body.changes.rtsp.port' }],
    // Whoever changes this chooses programs that the machine runs.
    [
      { sources: { '/a': { exec: { command: ['reboot'] } } } },
      409,
      { where: 'body.changes.sources' },
    ],
    [
      { 'auth.publishers': ['nobody'] },
      400,
      { where: 'body.changes', expected: expect.stringContaining('must name a user') },
    ],
    [{}, 400, { where: 'body.changes', expected: 'at least one key' }],
  ])('refuses %j whole', async (changes, status, error) => {
    const { api, configFile, server } = await startApi({}, {}, { config: text })
    const before = server.pool.limits
    const answer = await api.call('changeConfig', { body: { changes } })
    expect(answer.status).toBe(status)
    expect(answer.body.errors[0]).toMatchObject(error)
    expect(readFileSync(configFile, 'utf8')).toBe(text)
    expect(server.pool.limits).toEqual(before)
  })

  it('tells a refused change as an event', async () => {
    const { api } = await startApi({}, {}, { config: text })
    const reader = await EventReader.open(api, { query: { types: 'configRefused' } })
    closeAfterTest(reader)
    const changes = { 'limits.maxSessions': -1 }
    await api.call('changeConfig', { body: { changes } })
    expect((await reader.next('configRefused')).data).toMatchObject({
      by: 'API token first',
      problems: [expect.stringContaining('limits.maxSessions')],
    })
  })

  it('is read again from its file', async () => {
    const { api, configFile, server } = await startApi({}, {}, { config: text })
    writeFileSync(configFile, text.replace('20', '30'))
    expect((await api.call('reloadConfig')).body.changed).toEqual(['limits.maxSessions'])
    expect(server.pool.limits.maxSessions).toBe(30)
    writeFileSync(configFile, 'limits: { maxSessions: many }')
    const { status, body } = await api.call('reloadConfig')
    expect(status).toBe(400)
    expect(body.errors).toMatchObject([{ where: `${configFile}:1:24`, got: 'limits.maxSessions' }])
    expect(server.pool.limits.maxSessions).toBe(30)
  })

  it('shows no value that may contain a password', { tags: 'B-SECR' }, async () => {
    const scene = await startApi(
      {},
      {},
      { config: "webhooks: { urls: ['http://a/canary'] }\napi: { port: 0 }" },
    )
    const { api, logged } = scene
    const { body } = await api.call('getConfig')
    const key = body.keys.find(({ key }: { key: string }) => key === 'webhooks.urls')
    expect(key).toMatchObject({ isSecret: true })
    const changes = { 'webhooks.urls': ['http://b/canary'], 'webhooks.url': 'canary' }
    const refused = [
      await api.call('changeConfig', { body: { changes } }),
      await api.call('changeConfig', { body: { changes: { 'webhooks.urls': 'canary' } } }),
    ]
    const audit = await api.call('listAudit')
    const all = [body, ...refused, audit.body].map((each) => JSON.stringify(each))
    expect([...all, ...logged].join('\n')).not.toContain('canary')
  })
})
