import { describe, expect, it } from 'vitest'
import { challengesOf, startProtectedServer } from '../../support/credentials.js'
import { inSession, readySession, say, setUp, tcp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { connectTo, expectOk, openUdpPorts, urlOf } from '../../support/test-server.js'

async function camera() {
  const { server, client } = await scene().camera().client().start()
  return { server, client, url: urlOf(server, '/cam') }
}

const unknown = 'nobodynobodynobodynobody'

async function statusOf(client: RtspTestClient, ...lines: string[]): Promise<number> {
  return (await say(client, ...lines)).statusCode
}

/** PLAY with a range, in a session of its own. */
async function playStatus(client: RtspTestClient, url: string, range: string): Promise<number> {
  const session = await readySession(client, url)
  const headers = { Session: session, Range: range }
  const { statusCode } = await client.request('PLAY', url, { headers })
  await inSession(client, 'TEARDOWN', url, session)
  return statusCode
}

describe('conflicting sources', () => {
  it('SETUP with an unknown session is 454, and its id is not adopted', {
    tags: 'Q1',
  }, async () => {
    const { server, client, url } = await camera()
    const response = await setUp(client, `${url}/trackID=0`, tcp, unknown)
    expect([response.statusCode, server.pool.size]).toEqual([454, 0])
  })

  it('an interleaved session is found on its own connection only', { tags: 'Q2' }, async () => {
    const { server, client, url } = await camera()
    const session = await readySession(client, url)
    const other = await connectTo(server)
    expect((await inSession(other, 'PLAY', url, session)).statusCode).toBe(454)
    expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(200)
  })

  it('a session by UDP moves to another connection of its address, to no other address', {
    tags: 'Q2',
  }, async () => {
    const { server, client, url } = await camera()
    const ports = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = await readySession(client, url, udp)
    const stranger = await connectTo(server, '127.0.0.2')
    expect((await inSession(stranger, 'PLAY', url, session)).statusCode).toBe(454)
    const moved = await connectTo(server)
    expect((await inSession(moved, 'PLAY', url, session)).statusCode).toBe(200)
  })

  it.each([
    ['bytes=0-', 501],
    ['npt=7-5', 457],
    ['npt=x-', 400],
  ])('PLAY with Range: %s is %i', { tags: 'Q3' }, async (range, statusCode) => {
    const { client, url } = await camera()
    expect(await playStatus(client, url, range)).toBe(statusCode)
  })

  it('an unknown method is 501, a known one that is not allowed here 405 with Allow', {
    tags: 'Q6',
  }, async () => {
    const { client, url } = await camera()
    expect(await statusOf(client, `FOO ${url} RTSP/1.0`, 'CSeq: 1')).toBe(501)
    const headers = { 'Content-Type': 'application/sdp' }
    const response = await client.request('ANNOUNCE', url, { headers, body: 'v=0\r\n' })
    expect(response.statusCode).toBe(405)
    expect(response.headers.get('Allow')).toContain('PLAY')
  })

  it('Digest is offered with SHA-256 first and MD5 last', { tags: 'Q7' }, async () => {
    const { server } = await startProtectedServer({ auth: { users: { u: 'p' } } })
    const client = await connectTo(server)
    const response = await client.request('DESCRIBE', urlOf(server, '/cam'))
    const algorithms = challengesOf(response).map((each) => 'algorithm' in each && each.algorithm)
    expect(algorithms).toEqual(['SHA-256', 'MD5'])
  })

  it('a client that offers only UDP to a server without it gets 461, not TCP', {
    tags: 'Q8',
  }, async () => {
    const { server, client } = await scene({ udpPorts: false }).camera().client().start()
    const udp = 'RTP/AVP;unicast;client_port=40000-40001'
    const response = await setUp(client, `${urlOf(server, '/cam')}/trackID=0`, udp)
    expect(response.statusCode).toBe(461)
  })

  it('LF alone ends a line', { tags: 'Q9' }, async () => {
    const { client } = await camera()
    client.send('OPTIONS * RTSP/1.0\nCSeq: 1\n\n')
    expect((await client.response()).statusCode).toBe(200)
  })

  it.each([
    ['a bare CR', 'CSeq: 1\rX: 2\r\n'],
    ['a NUL', 'CSeq: 1\r\nX: a\0b\r\n'],
    ['a folded line', 'CSeq: 1\r\nX: a\r\n b\r\n'],
  ])('%s is 400, and the connection ends', { tags: 'Q9' }, async (_name, lines) => {
    const { client } = await camera()
    client.send(`OPTIONS * RTSP/1.0\r\n${lines}\r\n`)
    const response = await client.response()
    expect([response.statusCode, response.headers.get('Connection')]).toEqual([400, 'close'])
    await client.closed()
  })

  it('RTSP/2.0 is 505 in RTSP/1.0, and the connection stays open', { tags: 'Q10' }, async () => {
    const { client } = await camera()
    const response = await say(client, 'OPTIONS * RTSP/2.0', 'CSeq: 1')
    expect([response.version, response.statusCode]).toEqual(['1.0', 505])
    await expectOk(client, 'OPTIONS', '*')
  })

  it.each([
    ['127.0.0.1', 200],
    ['192.0.2.1', 461],
  ])('destination=%s is %i', { tags: 'Q11' }, async (destination, statusCode) => {
    const { client, url } = await camera()
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;destination=${destination};client_port=${ports.clientPort}`
    const response = await setUp(client, `${url}/trackID=0`, transport)
    expect(response.statusCode).toBe(statusCode)
  })

  it.each([
    ['OPTIONS', 454],
    ['GET_PARAMETER', 454],
    ['DESCRIBE', 200],
  ])('%s with an unknown session is %i', { tags: 'Q12' }, async (method, statusCode) => {
    const { client, url } = await camera()
    expect((await inSession(client, method, url, unknown)).statusCode).toBe(statusCode)
  })
})
