import { expect, it } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { connectTo, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'

it('a shorter timeout holds from the response on that tells it to the client', async () => {
  const clock = new ManualClock()
  const server = await startServer({ clock, udpLiveness: 'client', pool: { maxIdleSetup: 0 } })
  mountCamera(server)
  const url = urlOf(server, '/cam')
  const client = await connectTo(server)
  const ports = await openUdpPorts()
  const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
  const id = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
  const session = server.pool.get(id)
  if (session) session.timeout = 10
  expect(session?.remaining()).toBe(65_000)
  const response = await inSession(client, 'GET_PARAMETER', url, id)
  expect(response.headers.get('Session')).toBe(`${id};timeout=10`)
  expect(session?.remaining()).toBe(15_000)
})
