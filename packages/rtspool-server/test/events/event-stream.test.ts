import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { connectTo, play, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import type { ApiCall } from '../api/api-client.js'
import { type ApiScene, startApi } from '../api/api-scene.js'
import { EventReader } from './event-reader.js'

async function openEvents({ api }: ApiScene, call?: ApiCall): Promise<EventReader> {
  const reader = await EventReader.open(api, call)
  closeAfterTest(reader)
  return reader
}

describe('the stream of events', () => {
  it('tells the course of a publication and its viewer', async () => {
    const scene = await startApi()
    const { server, api } = scene
    const reader = await openEvents(scene)
    const url = urlOf(server, '/live/door')
    const publisher = await connectTo(server)
    await publish(publisher, url)
    await play(await connectTo(server), url)
    const viewer = server.pool.list({ state: 'Playing' }).sessions[0]?.publicId
    await publisher.close()
    await reader.next('mediaEnded')
    await until(() => server.pool.size === 0)
    await api.call('changeLimits', { body: { maxSessions: 9 } })
    await reader.next('limitsChanged')
    expect(new Set(reader.types)).toEqual(
      new Set([
        ...['sessionCreated', 'sessionStateChanged', 'publishStarted', 'mediaStarted'],
        ...['sessionRemoved', 'publishEnded', 'mediaEnded', 'limitsChanged'],
      ]),
    )
    const removed = reader.events.filter(
      ({ type, data }) => type === 'sessionRemoved' && data.session === viewer,
    )
    expect(removed).toMatchObject([
      { data: { reason: 'mediaEnded', path: '/live/door', address: '127.0.0.1' } },
    ])
    expect(removed[0]?.data.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  })

  it('tells a refusal, and 80 % of a limit before it', async () => {
    const scene = await startApi({ pool: { maxSessions: 5 } })
    const { server } = scene
    const reader = await openEvents(scene)
    mountCamera(server)
    const url = urlOf(server, '/cam')
    for (let n = 0; n < 5; n++) await play(await connectTo(server), url)
    const headers = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }
    await (await connectTo(server)).request('SETUP', `${url}/trackID=0`, { headers })
    const { data } = await reader.next('sessionRefused')
    expect(data).toMatchObject({ limit: 'maxSessions', path: '/cam', address: '127.0.0.1' })
    const near = reader.events.filter(({ type }) => type === 'limitNear')
    expect(near).toMatchObject([{ data: { limit: 'maxSessions', count: 4, max: 5 } }])
  })

  it('goes on after a break, behind the last id', async () => {
    const scene = await startApi()
    const { server } = scene
    mountCamera(server)
    const first = await openEvents(scene)
    await play(await connectTo(server), urlOf(server, '/cam'))
    const { id } = await first.next('mediaStarted')
    await first.close()
    await play(await connectTo(server), urlOf(server, '/cam'))
    const byHeader = await openEvents(scene, { headers: { 'last-event-id': id } })
    const byQuery = await openEvents(scene, { query: { after: id } })
    await byHeader.next('sessionCreated')
    await byQuery.next('sessionCreated')
    const missed = (reader: EventReader) => reader.events.map((event) => event.id)
    await until(() => missed(byHeader).length === missed(byQuery).length)
    const known = first.events.map((event) => event.id)
    expect(missed(byHeader).filter((missedId) => known.includes(missedId))).toEqual(
      known.slice(known.indexOf(id) + 1),
    )
  })

  it('begins with everything that is kept for an id of an earlier process', async () => {
    const scene = await startApi()
    mountCamera(scene.server)
    await play(await connectTo(scene.server), urlOf(scene.server, '/cam'))
    const reader = await openEvents(scene, { headers: { 'last-event-id': 'AAAAAAAA.7' } })
    await reader.next('sessionCreated')
  })

  it('ends with the removal of its token, and others go on', async () => {
    const scene = await startApi()
    const { api, tokenOf } = scene
    const token = await tokenOf('viewer')
    const removed = await openEvents(scene, { token })
    const other = await openEvents(scene)
    const { body } = await api.call('listTokens')
    const { id } = body.tokens.find(({ name }: { name: string }) => name === 'viewer')
    await api.call('removeToken', { params: { id } })
    await removed.ended
    await api.call('changeLimits', { body: { maxSessions: 9 } })
    await other.next('limitsChanged')
  })

  it('sends the wanted types only', async () => {
    const scene = await startApi()
    const reader = await openEvents(scene, { query: { types: 'limitsChanged,sessionRefused' } })
    mountCamera(scene.server)
    await play(await connectTo(scene.server), urlOf(scene.server, '/cam'))
    await scene.api.call('changeLimits', { body: { maxSessions: 9 } })
    await reader.next('limitsChanged')
    expect(reader.types).toEqual(['limitsChanged'])
    const wrong = await scene.api.call('streamEvents', { query: { types: 'nothing' } })
    expect(wrong.status).toBe(400)
    const badId = await scene.api.call('streamEvents', { query: { after: 'x' } })
    expect(badId.status).toBe(400)
  })

  it('costs nothing for a client that does not read: it learns how much it lost', async () => {
    const scene = await startApi()
    const { hostname, port } = new URL(scene.url)
    const socket = connect(Number(port), hostname)
    closeAfterTest({ close: async () => socket.destroy() })
    socket.write(
      `GET /v1/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${scene.adminToken}\r\n\r\n`,
    )
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    await until(() => text.includes('retry: '))
    socket.pause()
    const { feed } = scene.control
    const filler = 'x'.repeat(1000)
    // More than the ring and the buffers of both sockets hold.
    for (let n = 0; n < 30_000; n++) {
      feed.publish('limitsChanged', { filler })
      if (n % 100 === 0) await nextTurn()
    }
    socket.resume()
    await until(() => text.includes('event: eventsLost'))
    const lost = /event: eventsLost\ndata: (.*)/.exec(text)?.[1] ?? '{}'
    expect(JSON.parse(lost).count).toBeGreaterThan(1000)
  })
})
