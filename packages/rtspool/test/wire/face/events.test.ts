import { describe, expect, it } from 'vitest'
import { MediaFactory, type RtspServer } from '../../../src/index.js'
import { scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

/** Events of a server as lines, in their order. */
function record(server: RtspServer): string[] {
  const lines: string[] = []
  server.pool.on('sessionStateChanged', ({ use }, state, previous) =>
    lines.push(`${use?.action} ${previous} ${state}`),
  )
  server.on('mediaStarted', ({ path, state }) => lines.push(`${path} started ${state}`))
  server.on('mediaEnded', ({ path, state }) => lines.push(`${path} ended ${state}`))
  return lines
}

describe('events of sessions and media', () => {
  it('tell each state of a session, and the beginning and the end of a media', async () => {
    const server = await startServer()
    const lines = record(server)
    server.mounts.add('/cam', new MediaFactory(() => new TestSource(), { lingerSeconds: 0 }))
    const client = await connectTo(server)
    const url = urlOf(server, '/cam')
    const { session } = await play(client, url, ['TCP'])
    const headers = { headers: { Session: session } }
    await expectOk(client, 'PAUSE', url, headers)
    await expectOk(client, 'PLAY', url, headers)
    await expectOk(client, 'TEARDOWN', url, headers)
    await until(() => server.media.size === 0)
    expect(lines).toEqual([
      ...['read Init Ready', '/cam started playing', 'read Ready Playing'],
      ...['read Playing Ready', 'read Ready Playing', '/cam ended ended'],
    ])
    server.removeAllListeners()
    server.pool.removeAllListeners()
  })

  it('tell nothing of a media that nobody has played', async () => {
    const server = await startServer()
    const lines = record(server)
    server.mounts.add('/cam', new MediaFactory(() => new TestSource()))
    await expectOk(await connectTo(server), 'DESCRIBE', urlOf(server, '/cam'))
    await server.close()
    expect(lines).toEqual([])
    server.removeAllListeners()
  })

  it('tell a publication with its path, session, description and media', async () => {
    const server = await startServer()
    const lines = record(server)
    const told: unknown[] = []
    server.on('publishStarted', (path, { session, description, media }) =>
      told.push(path, session.publicId, description.media.length, media.path),
    )
    server.on('publishEnded', (path, { session, media }) =>
      told.push(path, session.removalReason, media.state),
    )
    const publisher = await connectTo(server)
    const { session } = await publish(publisher, urlOf(server, '/live/cam'), ['TCP'])
    const publicId = server.pool.get(session)?.publicId
    expect(told).toEqual(['/live/cam', publicId, 2, '/live/cam'])
    await publisher.close()
    await until(() => told.length === 7)
    expect(told.slice(4)).toEqual(['/live/cam', 'connectionClosed', 'playing'])
    await until(() => lines.includes('/live/cam ended ended'))
    expect(lines.slice(0, 3)).toEqual([
      ...['publish Init Ready', '/live/cam started playing', 'publish Ready Recording'],
    ])
    server.removeAllListeners()
    server.pool.removeAllListeners()
  })

  it('a listener may end the session that begins to play', async () => {
    const server = await startServer()
    server.pool.on('sessionStateChanged', (session, state) => {
      if (state === 'Playing') session.end('kicked')
    })
    const source = new TestSource()
    server.mounts.add('/cam', new MediaFactory(() => source, { lingerSeconds: 0 }))
    const client = await connectTo(server)
    const url = urlOf(server, '/cam')
    await client.request('DESCRIBE', url)
    const set = await expectOk(client, 'SETUP', `${url}/trackID=0`, {
      headers: { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' },
    })
    const session = (set.headers.get('Session') ?? '').split(';')[0] ?? ''
    await client.request('PLAY', url, { headers: { Session: session } })
    expect(server.pool.size).toBe(0)
    await until(() => server.media.size === 0)
    server.pool.removeAllListeners()
  })
})

describe('totals of unicast sessions', () => {
  it('count live sessions and those that have left, each once', async () => {
    const { server, url, publisher } = await scene().publisher(['TCP']).start()
    const [first, second] = [await connectTo(server), await connectTo(server)]
    const { session } = await play(first, url, ['TCP'])
    await play(second, url, [await openUdpPorts()])
    const send = (sequenceNumber: number) =>
      publisher.sendFrame(0, rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(88) }))
    for (let n = 0; n < 5; n++) send(n)
    await until(() => server.stats().unicast.packetsOut === 10)
    await expectOk(first, 'TEARDOWN', url, { headers: { Session: session } })
    send(5)
    await until(() => server.stats().unicast.packetsOut === 11)
    const expected = { packetsIn: 6, bytesIn: 600, packetsOut: 11, bytesOut: 1100 }
    expect(server.stats().unicast).toEqual({ ...expected, packetsLost: 0, packetsDropped: 0 })
    await publisher.close()
    await until(() => server.pool.size === 0)
    expect(server.stats().unicast).toMatchObject(expected)
  })
})
