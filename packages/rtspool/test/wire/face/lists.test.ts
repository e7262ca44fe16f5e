import { once } from 'node:events'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { MediaFactory, type RtspServer } from '../../../src/index.js'
import { openTunnel, openWebSocket, rtspOver, rtspThrough } from '../../support/http-client.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  testCertificate,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const agent = { headers: { 'User-Agent': 'camera-wall/2' } }

const [http, webSocket] = [
  async (server: RtspServer) => rtspThrough(await openTunnel(server)),
  async (server: RtspServer) => rtspOver(await openWebSocket(server)),
]

describe('connections of a server', () => {
  it.each<[string, (server: RtspServer) => Promise<RtspTestClient>, object]>([
    ['TCP', connectTo, { isSecure: false, tunnel: undefined }],
    ['TLS', connectTlsTo, { isSecure: true, tunnel: undefined }],
    ['HTTP', http, { isSecure: false, tunnel: 'http' }],
    ['WebSocket', webSocket, { isSecure: false, tunnel: 'webSocket' }],
  ])(
    '%s: say since when, from where and how, and what they carry',
    { tags: 'U-17' },
    async (_, connect, facts) => {
      const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
      server.mounts.add('/cam', new MediaFactory(() => new TestSource()))
      const before = Date.now()
      const client = await connect(server)
      await expectOk(client, 'OPTIONS', '*', agent)
      const { session: id } = await play(client, urlOf(server, '/cam'), ['TCP'])
      const [connection] = server.connections
      if (!connection) throw new Error('there is no connection')
      const session = server.pool.get(id)
      expect(server.connections.size).toBe(1)
      expect(server.connections.get(connection.publicId)).toBe(connection)
      expect(server.connections.get('unknown')).toBeUndefined()
      const shown = JSON.parse(JSON.stringify(connection))
      expect(shown).toMatchObject({
        publicId: expect.stringMatching(/^[\w-]{22}$/),
        ...JSON.parse(JSON.stringify(facts)),
        ...{ remoteAddress: '127.0.0.1', userAgent: 'camera-wall/2' },
        sessions: [session?.publicId],
      })
      expect(connection.openedTime.getTime()).toBeGreaterThanOrEqual(before - 1)
      expect(session?.use).toMatchObject({
        ...facts,
        ...{ action: 'read', transport: 'TCP', userAgent: 'camera-wall/2' },
        connectionId: connection.publicId,
      })
      for (const text of [JSON.stringify([connection, session]), inspect([connection, session])]) {
        expect(text).toContain(connection.publicId)
        expect(text).not.toContain(id)
      }
      const closed = once(server, 'connectionClosed')
      connection.close()
      expect((await closed)[0]).toBe(connection)
      expect([connection.isClosed, server.connections.size]).toEqual([true, 0])
    },
  )

  it('a long User-Agent is cut, and each connection has an id of its own', async () => {
    const server = await startServer()
    const clients = [await connectTo(server), await connectTo(server)]
    for (const client of clients) {
      await expectOk(client, 'OPTIONS', '*', { headers: { 'User-Agent': 'a'.repeat(3000) } })
    }
    const connections = [...server.connections]
    expect(new Set(connections.map(({ publicId }) => publicId)).size).toBe(2)
    expect(connections.map(({ userAgent }) => userAgent?.length)).toEqual([256, 256])
  })
})

describe('media of a server', () => {
  it('a publication is listed without a viewer, with its tracks and their figures', {
    tags: 'U-17',
  }, async () => {
    const { server, publisher } = await scene().publisher().start()
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 7, payload: Buffer.alloc(10) }))
    const [media] = server.media
    if (!media) throw new Error('there is no media')
    await until(() => media.tracks[0]?.packetCount === 1)
    expect(server.media.get(media.publicId)).toBe(media)
    const shown = JSON.parse(JSON.stringify(media))
    expect(shown).toMatchObject({ path: '/live/cam', state: 'playing', participantCount: 2 })
    expect(shown.tracks).toMatchObject([
      { index: 0, kind: 'video', encoding: 'X-foo', packetCount: 1, octetCount: 10 },
      { index: 1, kind: 'audio', encoding: 'opus', clockRate: 48_000, packetCount: 0 },
    ])
    expect(inspect(media)).toContain(`publicId: '${media.publicId}'`)
    expect(media.startedTime?.getTime()).toBeGreaterThanOrEqual(media.createdTime.getTime())
    await media.end()
    await until(() => server.media.size === 0)
    expect(server.pool.size).toBe(0)
  })

  it('media of a factory are listed from the first DESCRIBE on, and start with PLAY', {
    tags: 'U-17',
  }, async () => {
    const server = await startServer()
    server.mounts.add('/cam', new MediaFactory(() => new TestSource()))
    const client = await connectTo(server)
    await expectOk(client, 'DESCRIBE', urlOf(server, '/cam'))
    const [media] = server.media
    expect([media?.state, media?.startedTime]).toEqual(['idle', undefined])
    await play(client, urlOf(server, '/cam'), ['TCP'])
    expect(media?.state).toBe('playing')
    expect(media?.tracks[0]?.readerCount).toBe(1)
  })
})

describe('the use of a session', () => {
  it('tells a publisher from a viewer, and UDP from TCP; it stays after the end', async () => {
    const server = await startServer()
    const [publisher, viewer] = [await connectTo(server), await connectTo(server)]
    const url = urlOf(server, '/live/cam')
    const { session: published } = await publish(publisher, url, ['TCP'])
    const { session: played } = await play(viewer, url, [await openUdpPorts()])
    const [source, sink] = [server.pool.get(published), server.pool.get(played)]
    expect(source?.toJSON()).toMatchObject({ action: 'publish', transport: 'TCP' })
    expect(sink?.toJSON()).toMatchObject({ action: 'read', transport: 'UDP', paths: ['/live/cam'] })
    sink?.end('kicked')
    expect(sink?.toJSON()).toMatchObject({ transport: 'UDP', removalReason: 'kicked' })
  })
})
