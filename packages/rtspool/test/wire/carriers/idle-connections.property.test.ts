import { expect, it } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, mountSlow, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { connectTo, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'
import { until } from '../../support/until.js'

// The idle time of a connection is that of its socket: these wait for it.

/** Seconds. A busy machine may need some of them between a connection and its first request. */
const idleTimeout = 0.4

/** A client whose session over UDP has been set up for longer than the idle time. */
async function longSetUp() {
  const server = await startServer({ idleTimeout })
  mountCamera(server)
  const client = await connectTo(server)
  const url = urlOf(server, '/cam')
  const { clientPort } = await openUdpPorts()
  const transport = `RTP/AVP;unicast;client_port=${clientPort}`
  const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
  await (await connectTo(server)).closed()
  return { server, url, client, session }
}

it('a connection is closed when it has been idle, with no session, for the idle time', async () => {
  const { server, client, session } = await longSetUp()
  // The session has kept this one; when it is gone, idle time begins.
  expect(client.socket.closed).toBe(false)
  server.pool.get(session)?.end('kicked')
  await client.closed()
})

it('a connection is closed when it has been idle since its session moved to another connection', async () => {
  const { server, url, client, session } = await longSetUp()
  const next = await connectTo(server)
  await inSession(next, 'OPTIONS', url, session)
  await client.closed()
  expect(next.socket.closed).toBe(false)
})

it('a connection is not idle while a request is under way', async () => {
  const server = await startServer({ idleTimeout })
  const { come } = mountSlow(server)
  const client = await connectTo(server)
  const described = client.request('DESCRIBE', urlOf(server, '/slow'))
  await (await connectTo(server)).closed()
  await (await connectTo(server)).closed()
  come()
  expect((await described).statusCode).toBe(200)
  await client.closed()
})

it('answers a request that arrived while the process was stalled for the idle time', async () => {
  const server = await startServer({ idleTimeout })
  const client = await connectTo(server)
  await client.request('OPTIONS', '*')
  const answered = client.request('OPTIONS', '*')
  const stalledUntil = performance.now() + 2 * idleTimeout * 1000
  while (performance.now() < stalledUntil);
  expect((await answered).statusCode).toBe(200)
  await client.closed()
})

it('closes a connection whose request has had no response for twice the idle time', async () => {
  const clock = new ManualClock()
  const server = await startServer({ idleTimeout, clock })
  mountSlow(server, { startTimeoutSeconds: 0 })
  const client = await connectTo(server)
  client.send(`DESCRIBE ${urlOf(server, '/slow')} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
  await until(() => {
    // The end of the second that it has to say goodbye.
    clock.advance(1000)
    return server.stats().connections === 0
  })
  await client.closed()
})

it('closes an idle half-closed connection whose request gets no response', async () => {
  const server = await startServer({ idleTimeout })
  mountSlow(server)
  const client = await connectTo(server)
  client.socket.end(`DESCRIBE ${urlOf(server, '/slow')} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
  await client.closed()
})
