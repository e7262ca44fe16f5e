import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { connectTo } from '../../../rtspool/test/support/test-server.js'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import { EventReader } from '../events/event-reader.js'
import { startApi } from './api-scene.js'

describe('terms of a live session', () => {
  it('change its lifetime: 0 is none, and one that has passed ends the session', async () => {
    const clock = new ManualClock()
    const { api, server } = await startApi({ clock })
    const session = server.pool.create({ path: '/cam' })
    const params = { publicId: session.publicId }
    const change = (maxLifetimeSeconds: unknown) =>
      api.call('changeSession', { params, body: { maxLifetimeSeconds } })
    expect((await change(60)).body).toMatchObject({ maxLifetimeSeconds: 60 })
    expect((await change(0)).body).toMatchObject({ maxLifetimeSeconds: 0 })
    expect((await change(-1)).body.errors[0].where).toBe('body.maxLifetimeSeconds')
    clock.advance(10_000)
    await change(5)
    await until(() => server.pool.size === 0, advancing(clock, 100))
    expect(server.pool.stats().removed.lifetime).toBe(1)
  })

  it('change all that are given, or none', async () => {
    const { api, server } = await startApi()
    const session = server.pool.create({ timeout: 50, maxLifetime: 70 })
    const params = { publicId: session.publicId }
    const body = { timeoutSeconds: 90, maxLifetimeSeconds: 80, expiresAt: Date.now() }
    const { status, body: answer } = await api.call('changeSession', { params, body })
    expect(status).toBe(400)
    expect(answer.errors).toMatchObject([{ where: 'body.expiresAt' }])
    const { timeout, maxLifetime, expiresAt } = session
    expect({ timeout, maxLifetime, expiresAt }).toEqual({ timeout: 50, maxLifetime: 70 })
    const fraction = await api.call('changeSession', { params, body: { timeoutSeconds: 1.5 } })
    expect(fraction.body.errors[0].where).toBe('body.timeoutSeconds')
  })
})

describe('the limit on connections of one address', () => {
  it('is reported at 80 % of it, once, and not for trusted addresses', async () => {
    const limits = { maxConnections: 100, maxConnectionsPerAddress: 5 }
    const { api, server } = await startApi({ ...limits, trustedAddresses: ['127.0.0.1'] })
    const reader = await EventReader.open(api, { query: { types: 'limitNear,configChanged' } })
    closeAfterTest(reader)
    const connect = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const client = await connectTo(server)
        await client.request('OPTIONS', '*')
      }
    }
    await connect(4)
    for (const connection of server.connections) connection.destroy()
    await until(() => server.connections.size === 0)
    server.update({ trustedAddresses: [] })
    await connect(5)
    expect((await reader.next('limitNear')).data).toMatchObject({
      ...{ limit: 'maxConnectionsPerAddress', address: '127.0.0.1', count: 4, max: 5 },
    })
    expect(reader.types).toEqual(['limitNear'])
  })
})

describe('limits of groups', () => {
  it('hold at once, and are named in events', async () => {
    const { api, server } = await startApi()
    const reader = await EventReader.open(api, { query: { types: 'limitNear,sessionRefused' } })
    closeAfterTest(reader)
    const plan = { free: 2 }
    const { body } = await api.call('changeLimits', { body: { maxSessionsPerGroup: { plan } } })
    expect(body.maxSessionsPerGroup).toEqual({ plan })
    const create = () => server.pool.create({ groups: { plan: 'free' } })
    create()
    create()
    expect(create).toThrow()
    expect((await reader.next('limitNear')).data).toMatchObject({
      ...{ limit: 'maxSessionsPerGroup', group: 'plan=free', count: 2, max: 2 },
    })
    expect((await reader.next('sessionRefused')).data).toMatchObject({
      ...{ limit: 'maxSessionsPerGroup', group: { plan: 'free' } },
    })
    const none = await api.call('changeLimits', { body: { maxSessionsPerGroup: {} } })
    expect(none.body.maxSessionsPerGroup).toEqual({})
    create()
  })

  it.each([
    { maxSessionsPerGroup: { plan: { free: -1 } } },
    { maxSessionsPerGroup: { plan: 5 } },
    { maxSessionsPerGroup: { 'a b': { free: 1 } } },
    { maxSessions: 5, maxConnections: 5, maxSessionsPerGroup: { '': { free: 1 } } },
  ])('refuse %j whole', async (body) => {
    const { api } = await startApi()
    const before = (await api.call('getLimits')).body
    expect((await api.call('changeLimits', { body })).status).toBe(400)
    expect((await api.call('getLimits')).body).toEqual(before)
  })
})
