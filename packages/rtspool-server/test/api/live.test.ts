import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { connectTo, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { LiveBrowser } from '../live/support/live-server.js'
import { startApi } from './api-scene.js'

describe('tickets for live pictures', () => {
  it('let a browser watch once, as a session that the list shows', async () => {
    const { api, server, tokenOf } = await startApi({}, {}, { hasLive: true })
    await publish(await connectTo(server), urlOf(server, '/live/door'))
    const token = await tokenOf('viewer')
    const { body } = await api.call('createLiveTicket', { token, body: { path: '/live/door' } })
    expect(body).toMatchObject({ isSecure: false, lifetimeSeconds: 30 })
    const watch = () => {
      const socket = new WebSocket(`ws://127.0.0.1:${body.port}/`, body.protocols)
      onTestFinished(() => socket.terminate())
      return new LiveBrowser(socket)
    }
    const first = watch()
    await until(() => server.pool.size === 2)
    const { body: list } = await api.call('listSessions', { query: { state: 'Playing' } })
    expect(list.sessions).toMatchObject([{ transport: 'websocket-fmp4', paths: ['/live/door'] }])
    const second = watch()
    await until(() => second.end !== undefined)
    expect(second.end).toBe('HTTP 401')
    const { publicId } = list.sessions[0]
    await api.call('kickSession', { params: { publicId }, body: { reason: 'enough' } })
    await until(() => first.end !== undefined)
    expect(first.end).toBe('4403 kicked')
  })

  it('end with the token that asked for them, and so do the sessions of browsers', {
    tags: 'B-AUTH0',
  }, async () => {
    const { api, server, tokenOf } = await startApi({}, {}, { hasLive: true })
    await publish(await connectTo(server), urlOf(server, '/live/door'))
    const watch = async (token: string) => {
      const { body } = await api.call('createLiveTicket', { token, body: { path: '/live/door' } })
      const socket = new WebSocket(`ws://127.0.0.1:${body.port}/`, body.protocols)
      onTestFinished(() => socket.terminate())
      return new LiveBrowser(socket)
    }
    const removed = await watch(await tokenOf('viewer'))
    const other = await watch(await tokenOf('operator'))
    await until(() => server.pool.size === 3)
    const { body: list } = await api.call('listTokens')
    const { id } = list.tokens.find(({ name }: { name: string }) => name === 'viewer')
    await api.call('removeToken', { params: { id } })
    await until(() => removed.end !== undefined)
    expect(removed.end).toBe('4401 authorizationExpired')
    expect([other.end, server.pool.size]).toEqual([undefined, 2])
  })

  it('are of no use after the removal of the token that asked for them', async () => {
    const { api, server, tokenOf } = await startApi({}, {}, { hasLive: true })
    await publish(await connectTo(server), urlOf(server, '/live/door'))
    const token = await tokenOf('viewer')
    const { body } = await api.call('createLiveTicket', { token, body: { path: '/live/door' } })
    const { body: list } = await api.call('listTokens')
    const { id } = list.tokens.find(({ name }: { name: string }) => name === 'viewer')
    await api.call('removeToken', { params: { id } })
    const socket = new WebSocket(`ws://127.0.0.1:${body.port}/`, body.protocols)
    onTestFinished(() => socket.terminate())
    const browser = new LiveBrowser(socket)
    await until(() => browser.end !== undefined)
    expect(browser.end).toBe('HTTP 401')
  })

  it('need a path', async () => {
    const { api } = await startApi({}, {}, { hasLive: true })
    const { status, body } = await api.call('createLiveTicket', { body: { path: 'door' } })
    expect([status, body.errors[0].where]).toEqual([400, 'body.path'])
  })
})
