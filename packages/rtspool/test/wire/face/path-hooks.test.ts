import { describe, expect, it } from 'vitest'
import {
  type PathHookContext,
  RequestError,
  RtspServer,
  type RtspServerOptions,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { mountCamera, setUp } from '../../support/dialogue.js'
import { connectTo, publish, startServer, testSdp, urlOf } from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

async function started(options: RtspServerOptions) {
  const server = await startServer(options)
  return { server, client: await connectTo(server), url: urlOf(server, '/cam') }
}

const announce = { headers: { 'Content-Type': 'application/sdp' }, body: testSdp }

describe('onUnknownPath', () => {
  it.each(['DESCRIBE', 'SETUP'])('mounts a media for a %s, once', async (method) => {
    const asked: PathHookContext[] = []
    const { server, client, url } = await started({
      onUnknownPath: async (context) => {
        asked.push(context)
        await nextTurn()
        mountCamera(server)
      },
    })
    const ask = () =>
      method === 'SETUP' ? setUp(client, `${url}/trackID=0`) : client.request('DESCRIBE', url)
    expect((await ask()).statusCode).toBe(200)
    const other = await connectTo(server)
    expect((await other.request('DESCRIBE', url)).statusCode).toBe(200)
    expect(asked.map(({ path, address, user }) => [path, address, user])).toEqual([
      ['/cam', '127.0.0.1', undefined],
    ])
  })

  it('leaves 404 to a path at which it mounts nothing, and may refuse by itself', async () => {
    const { client, url } = await started({
      onUnknownPath: ({ path }) => {
        if (path === '/cam') throw new RequestError('ERR_FORBIDDEN', 'not today')
      },
    })
    const statuses = []
    for (const uri of [url, `${url}2`]) {
      statuses.push((await client.request('DESCRIBE', uri)).statusCode)
      statuses.push((await setUp(client, uri)).statusCode)
    }
    expect(statuses).toEqual([403, 403, 404, 404])
  })

  it('is told when the client has gone, for whom nothing is made then', async () => {
    let left: AbortSignal | undefined
    const { server, client, url } = await started({
      onUnknownPath: async ({ signal }) => {
        left = signal
        await until(() => signal.aborted)
        mountCamera(server)
      },
    })
    client.request('DESCRIBE', url).catch(() => {})
    await until(() => left !== undefined)
    client.socket.resetAndDestroy()
    await until(() => server.mounts.get('/cam') !== undefined)
    await nextTurn(3)
    expect(server.media.size).toBe(0)
  })
})

describe('onAnnounce', () => {
  it('may refuse a publisher, or let it wait', async () => {
    let isAllowed = false
    const asked: string[] = []
    const { server, client, url } = await started({
      onAnnounce: async ({ path }) => {
        asked.push(path)
        await nextTurn()
        if (!isAllowed) throw new RequestError('ERR_FORBIDDEN', 'in use elsewhere')
      },
    })
    expect((await client.request('ANNOUNCE', url, announce)).statusCode).toBe(405)
    server.mounts.allowPublish('/*')
    expect((await client.request('ANNOUNCE', url, announce)).statusCode).toBe(403)
    expect(server.mounts.get('/cam')).toBeUndefined()
    isAllowed = true
    expect((await client.request('ANNOUNCE', url, announce)).statusCode).toBe(200)
    expect([asked, server.mounts.get('/cam') !== undefined]).toEqual([['/cam', '/cam'], true])
  })

  it('learns by an event when what it has let pass comes to nothing', async () => {
    const clock = new ManualClock()
    const pool = { maxSessions: 1, maxIdleSetup: 30 }
    const { server, client, url } = await started({ ...{ clock, pool }, onAnnounce: () => {} })
    const ended: string[] = []
    server.on('announceEnded', (path) => ended.push(path))
    server.mounts.allowPublish('/*')
    expect((await client.request('ANNOUNCE', url, announce)).statusCode).toBe(200)
    const other = await connectTo(server)
    expect((await other.request('ANNOUNCE', `${url}2`, announce)).statusCode).toBe(503)
    expect(ended).toEqual(['/cam2'])
    // A connection has one announcement at a time.
    expect((await client.request('ANNOUNCE', `${url}3`, announce)).statusCode).toBe(200)
    expect(ended).toEqual(['/cam2', '/cam'])
    clock.advance(30_000)
    expect(ended).toEqual(['/cam2', '/cam', '/cam3'])
    await publish(other, url)
    await other.close()
    await until(() => server.pool.size === 0)
    expect(ended).toHaveLength(3)
  })

  it('is not asked about an ANNOUNCE that has no usable description', async () => {
    let asked = 0
    const { server, client, url } = await started({ onAnnounce: () => void asked++ })
    server.mounts.allowPublish('/*')
    const broken = { ...announce, body: 'v=0' }
    expect((await client.request('ANNOUNCE', url, broken)).statusCode).toBe(400)
    expect(asked).toBe(0)
  })

  it('occupies no path for a client that has gone meanwhile', async () => {
    let left: AbortSignal | undefined
    const { server, client, url } = await started({
      onAnnounce: async ({ signal }) => {
        left = signal
        await until(() => signal.aborted)
      },
    })
    server.mounts.allowPublish('/*')
    client.request('ANNOUNCE', url, announce).catch(() => {})
    await until(() => left !== undefined)
    client.socket.resetAndDestroy()
    await until(() => left?.aborted === true)
    await nextTurn(3)
    expect(server.mounts.get('/cam')).toBeUndefined()
  })
})

describe('isPeer', () => {
  it('lets requests of other servers in without login', async () => {
    const { server, client, url } = await started({
      auth: { users: { ann: 'secret' } },
      isPeer: ({ headers }) => headers.get('X-Peer') === 'yes',
    })
    mountCamera(server)
    const peer = await client.request('DESCRIBE', url, { headers: { 'X-Peer': 'yes' } })
    const other = await client.request('DESCRIBE', url, { headers: { 'X-Peer': 'no' } })
    expect([peer.statusCode, other.statusCode]).toEqual([200, 401])
  })
})

it.each(['onUnknownPath', 'onAnnounce', 'isPeer'])('%s must be a function', (name) => {
  expect(() => new RtspServer({ [name]: true })).toThrow(new RegExp(name))
})
