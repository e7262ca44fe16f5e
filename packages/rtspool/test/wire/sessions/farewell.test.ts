import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MediaFactory, type RemovalReason } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, readySession, tcp } from '../../support/dialogue.js'
import { openTunnel, openWebSocket, rtspOver, rtspThrough } from '../../support/http-client.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { fakeTime, scene } from '../../support/scene.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

async function camera() {
  const clock = new ManualClock()
  const server = await startServer(fakeTime(clock))
  const sources = mountCamera(server)
  const url = urlOf(server, '/cam')
  /** Whether all connections stay open when a turn has passed, in which those that are told to close begin to. */
  const stayOpen = async (client: RtspTestClient) => {
    await nextTurn(2)
    return !client.socket.destroyed && !client.socket.readableEnded
  }
  return { clock, server, sources, url, stayOpen }
}

const transportOver = async (over: 'TCP' | 'UDP') =>
  over === 'TCP' ? tcp : `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`

/** Ends of a viewer's session, and after how long its connection is closed. */
const farewells: readonly (readonly [RemovalReason, number])[] = [
  ['mediaEnded', 10_000],
  ['mediaFailed', 10_000],
  ['unreachable', 10_000],
  ['timeout', 10_000],
  ['idleSetup', 2_000],
  ['lifetime', 2_000],
  ['authorizationExpired', 2_000],
  ['slowReader', 2_000],
  ['sendThreadFailed', 2_000],
  ['silent', 2_000],
  ['kicked', 2_000],
  ['evicted', 2_000],
  ['overload', 2_000],
  ['drained', 2_000],
  ['filtered', 2_000],
  ['poolClosed', 2_000],
  ['removed', 2_000],
]

describe.each(['TCP', 'UDP'] as const)('the connection of a viewer over %s', (over) => {
  it.each(farewells)(
    'after %s is closed %i ms later',
    { tags: ['P-4', 'A-REC-8'] },
    async (reason, afterMs) => {
      const { clock, server, url, stayOpen } = await camera()
      const client = await connectTo(server)
      const id = await readySession(client, url, await transportOver(over))
      await inSession(client, 'PLAY', url, id)
      server.pool.get(id)?.end(reason)
      clock.advance(afterMs - 1)
      expect(await stayOpen(client)).toBe(true)
      clock.advance(1)
      await client.closed()
    },
  )

  it('stays when the client asks for something, or has another session', {
    tags: ['P-4', 'A-REC-8'],
  }, async () => {
    const { clock, server, sources, url, stayOpen } = await camera()
    const [asking, watching] = [await connectTo(server), await connectTo(server)]
    for (const client of [asking, watching]) {
      const id = await readySession(client, url, await transportOver(over))
      await inSession(client, 'PLAY', url, id)
    }
    sources[0]?.output?.end()
    expect(server.pool.size).toBe(0)
    clock.advance(9_000)
    await expectOk(asking, 'DESCRIBE', url)
    await readySession(watching, url)
    clock.advance(20_000)
    expect([await stayOpen(asking), await stayOpen(watching)]).toEqual([true, true])
    expect(server.pool.size).toBe(1)
  })

  it('is not kept by requests in the session that has ended', {
    tags: ['P-4', 'A-REC-8'],
  }, async () => {
    const { clock, server, sources, url } = await camera()
    const client = await connectTo(server)
    const id = await readySession(client, url, await transportOver(over))
    await inSession(client, 'PLAY', url, id)
    sources[0]?.output?.end()
    for (let n = 0; n < 4; n++) {
      clock.advance(2_000)
      expect((await inSession(client, 'GET_PARAMETER', url, id)).statusCode).toBe(454)
    }
    clock.advance(2_000)
    await client.closed()
  })

  it('a client that sends TEARDOWN is not cut off', { tags: ['P-4', 'A-REC-8'] }, async () => {
    const { clock, server, sources, url, stayOpen } = await camera()
    const client = await connectTo(server)
    const id = await readySession(client, url, await transportOver(over))
    await inSession(client, 'PLAY', url, id)
    sources[0]?.output?.end()
    for (const method of ['PAUSE', 'TEARDOWN']) {
      expect((await inSession(client, method, url, id)).statusCode).toBe(200)
    }
    clock.advance(20_000)
    expect(await stayOpen(client)).toBe(true)
  })
})

describe('media that end', { tags: ['P-4', 'A-REC-8'] }, () => {
  it.each(['HTTP', 'WebSocket'] as const)(
    'leave the tunnel of their viewer open for 10 s: %s',
    async (tunnel) => {
      const { clock, server, sources, url } = await camera()
      const client =
        tunnel === 'HTTP'
          ? rtspThrough(await openTunnel(server))
          : rtspOver(await openWebSocket(server))
      const id = await readySession(client, url)
      await inSession(client, 'PLAY', url, id)
      sources[0]?.output?.end()
      expect((await inSession(client, 'GET_PARAMETER', url, id)).statusCode).toBe(454)
      clock.advance(9_999)
      expect(server.stats().connections).toBe(1)
      clock.advance(1)
      await until(() => server.stats().connections === 0)
    },
  )

  it('end the viewers of a shared file, which may still send TEARDOWN', async () => {
    const clock = new ManualClock()
    const server = await startServer(fakeTime(clock))
    const source = new StoredTestSource()
    const { description } = source
    let end = (): void => {}
    const shared = {
      description,
      start: (output: { end(): void }) => {
        end = () => output.end()
      },
      close: () => {},
    }
    server.mounts.add('/film', new MediaFactory(() => shared))
    const url = urlOf(server, '/film')
    const client = await connectTo(server)
    const { session } = await play(client, url)
    end()
    expect(server.pool.stats().removed).toMatchObject({ mediaEnded: 1 })
    expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
  })
})

/** Ends of a publisher's session by the server. */
const dismissals = farewells.map(([reason]) => reason)

describe.each(['TCP', 'UDP'] as const)('a publisher over %s', (over) => {
  it.each(dismissals)(
    'loses its connection at once when it leaves: %s',
    { tags: 'R-2' },
    async (reason) => {
      const clock = new ManualClock()
      const server = await startServer(fakeTime(clock))
      const url = urlOf(server, '/live/cam')
      const publisher = await connectTo(server)
      const { session } = await publish(publisher, url, [
        over === 'TCP' ? 'TCP' : await openUdpPorts(),
      ])
      server.pool.get(session)?.end(reason)
      await publisher.closed()
      expect(server.mounts.size).toBe(0)
    },
  )

  it('keeps its connection while it publishes to another path, and after TEARDOWN', {
    tags: 'R-2',
  }, async () => {
    const clock = new ManualClock()
    const server = await startServer(fakeTime(clock))
    const publisher = await connectTo(server)
    const [one, two] = [urlOf(server, '/live/one'), urlOf(server, '/live/two')]
    const carrier = over === 'TCP' ? ('TCP' as const) : await openUdpPorts()
    const first = await publish(publisher, one, [carrier])
    const second = await publish(publisher, two, ['TCP'])
    server.pool.get(first.session)?.end('kicked')
    await expectOk(publisher, 'OPTIONS', '*')
    await expectOk(publisher, 'TEARDOWN', two, { headers: { Session: second.session } })
    clock.advance(20_000)
    await expectOk(publisher, 'OPTIONS', '*')
  })
})

it('a UDP publisher whose packets stop ends with its session, and its viewers are notified', {
  tags: 'R-2',
}, async () => {
  const { server, clock, publisher } = await scene({ pool: { timeout: 10 } })
    .publisher([await openUdpPorts()])
    .viewer(['TCP'])
    .start()
  const closed = once(server, 'connectionClosed')
  clock.advance(14_999)
  expect(server.pool.size).toBe(2)
  clock.advance(251)
  await publisher.closed()
  await closed
  await until(() => server.pool.size === 0)
  expect(server.pool.stats().removed).toMatchObject({ timeout: 1, mediaEnded: 1 })
})
