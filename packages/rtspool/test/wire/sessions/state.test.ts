import { describe, expect, it } from 'vitest'
import type { RtspServer, SessionState } from '../../../src/index.js'
import { inSession, mountCamera, readySession, tcp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { connectTo, publish, startServer, testSdp, urlOf } from '../../support/test-server.js'

/** What comes of a method in a state: the status, and the state after it when it changes. */
type Outcome = number | [status: number, next: SessionState | 'gone']

/** RFC 2326 appendix A.2, with our choice where it leaves one. */
const table: Record<string, Record<string, Outcome>> = {
  Init: {
    OPTIONS: 200,
    DESCRIBE: 200,
    ANNOUNCE: 200,
    SETUP: [200, 'Ready'],
    PLAY: 455,
    PAUSE: 455,
    RECORD: 455,
    GET_PARAMETER: 200,
    SET_PARAMETER: 200,
    TEARDOWN: [200, 'gone'],
  },
  'Ready to play': {
    OPTIONS: 200,
    DESCRIBE: 200,
    ANNOUNCE: 455,
    SETUP: 200,
    PLAY: [200, 'Playing'],
    PAUSE: 200,
    RECORD: 405,
    GET_PARAMETER: 200,
    SET_PARAMETER: 200,
    TEARDOWN: [200, 'gone'],
  },
  'Ready to record': {
    OPTIONS: 200,
    DESCRIBE: 404,
    ANNOUNCE: 455,
    SETUP: 200,
    PLAY: 405,
    PAUSE: 200,
    RECORD: [200, 'Recording'],
    GET_PARAMETER: 200,
    SET_PARAMETER: 200,
    TEARDOWN: [200, 'gone'],
  },
  Playing: {
    OPTIONS: 200,
    DESCRIBE: 200,
    ANNOUNCE: 455,
    SETUP: 455,
    PLAY: 200,
    PAUSE: [200, 'Ready'],
    RECORD: 455,
    GET_PARAMETER: 200,
    SET_PARAMETER: 200,
    TEARDOWN: [200, 'gone'],
  },
  Recording: {
    OPTIONS: 200,
    DESCRIBE: 200,
    ANNOUNCE: 455,
    SETUP: 455,
    PLAY: 455,
    PAUSE: [200, 'Ready'],
    RECORD: 200,
    GET_PARAMETER: 200,
    SET_PARAMETER: 200,
    TEARDOWN: [200, 'gone'],
  },
}

/** Brings a new session into a state. */
const reach: Record<
  string,
  (
    server: RtspServer,
    client: RtspTestClient,
  ) => Promise<{ id: string; url: string; track: string }>
> = {
  async Init(server) {
    mountCamera(server, '/live/cam')
    const { id } = server.pool.create({ owner: { address: '127.0.0.1' } })
    return { id, url: urlOf(server, '/live/cam'), track: 'trackID=0' }
  },
  async 'Ready to play'(server, client) {
    mountCamera(server)
    const url = urlOf(server, '/cam')
    return { id: await readySession(client, url), url, track: 'trackID=0' }
  },
  async Playing(server, client) {
    mountCamera(server)
    const url = urlOf(server, '/cam')
    const id = await readySession(client, url)
    await inSession(client, 'PLAY', url, id)
    return { id, url, track: 'trackID=0' }
  },
  async Recording(server, client) {
    const url = urlOf(server, '/live/cam')
    const { session } = await publish(client, url, ['TCP'])
    return { id: session, url, track: 'streamid=0' }
  },
  async 'Ready to record'(server, client) {
    const url = urlOf(server, '/live/cam')
    const headers = { 'Content-Type': 'application/sdp' }
    await client.request('ANNOUNCE', url, { headers, body: testSdp })
    const response = await client.request('SETUP', `${url}/streamid=0`, {
      headers: { Transport: `${tcp};mode=record` },
    })
    const id = response.headers.get('Session')?.split(';')[0] ?? ''
    return { id, url, track: 'streamid=0' }
  },
}

const cases = Object.entries(table).flatMap(([state, methods]) =>
  Object.entries(methods).map(([method, outcome]) => ({ state, method, outcome })),
)

describe('the states of RFC 2326 appendix A.2', { tags: ['A-STA-1', 'A-STA-2'] }, () => {
  it.each(cases)('$method in $state: $outcome', async ({ state, method, outcome }) => {
    const server = await startServer()
    const client = await connectTo(server)
    const { id, url, track } = (await reach[state]?.(server, client)) ?? {
      id: '',
      url: '',
      track: '',
    }
    const before = server.pool.get(id)?.state
    const mode = state.includes('ecord') ? 'record' : 'play'
    const response = await client.request(method, method === 'SETUP' ? `${url}/${track}` : url, {
      headers: {
        Session: id,
        ...(method === 'SETUP' ? { Transport: `${tcp};mode=${mode}` } : {}),
        ...(method === 'ANNOUNCE' ? { 'Content-Type': 'application/sdp' } : {}),
      },
      ...(method === 'ANNOUNCE' ? { body: testSdp } : {}),
    })
    const [status, next] = typeof outcome === 'number' ? [outcome, before] : outcome
    const isRefusal = status === 455 || status === 405
    // In Init the path is taken by the camera that is mounted there.
    const expected = state === 'Init' && method === 'ANNOUNCE' ? 403 : status
    expect(response.statusCode).toBe(expected)
    expect(server.pool.get(id)?.state ?? 'gone').toBe(next)
    expect(response.headers.has('Allow')).toBe(isRefusal)
    if (isRefusal) expect(response.headers.get('Allow')?.split(', ')).not.toContain(method)
  })
})
