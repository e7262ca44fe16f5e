import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MediaFactory, type RtspServer, type RtspServerEvents } from '../../../src/index.js'
import { failuresDuring } from '../../../src/testing/pool-suite/suite.js'
import { inSession, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { connectTo, expectOk, startServer, testSdp, urlOf } from '../../support/test-server.js'

const announcement = { headers: { 'Content-Type': 'application/sdp' }, body: testSdp }

/** Publishes, is refused, fails, and goes. @returns The status codes of the answers. */
async function visit(server: RtspServer): Promise<number[]> {
  const client = await connectTo(server)
  const url = urlOf(server, '/live/cam')
  const announced = await client.request('ANNOUNCE', url, announcement)
  const set = await setUp(client, `${url}/streamid=0`, 'RTP/AVP/TCP;unicast;mode=record')
  const session = sessionIdOf(set)
  const answers = [
    announced,
    set,
    await inSession(client, 'RECORD', url, session),
    await client.request('DESCRIBE', urlOf(server, '/nothing')),
    await client.request('DESCRIBE', urlOf(server, '/broken')),
    await inSession(client, 'TEARDOWN', url, session),
  ]
  await client.close()
  return answers.map((answer) => answer.statusCode)
}

describe('a listener of a server that throws', () => {
  it.each<keyof RtspServerEvents>([
    'connectionOpened',
    'connectionClosed',
    'publishStarted',
    'publishEnded',
    'requestAnswered',
    'requestFailed',
    'requestRefused',
  ])('%s: no client notices', async (event) => {
    const server = await startServer()
    const broken = (): never => {
      throw new Error('no camera')
    }
    server.mounts.add('/broken', new MediaFactory(broken))
    const error = new Error('of a listener')
    server.on(event, () => {
      throw error
    })
    let statuses: number[] = []
    const failures = await failuresDuring(async () => {
      statuses = await visit(server)
      await server.close()
    })
    expect(statuses).toEqual([200, 200, 200, 404, 503, 200])
    expect(failures).toEqual(event === 'requestAnswered' ? statuses.map(() => error) : [error])
    server.removeAllListeners()
  })

  it('accessRefused: clients are asked for their password all the same', async () => {
    const users = { ann: 'secret' }
    const server = await startServer({ auth: { users, rules: [{ path: '/*' }] } })
    server.on('accessRefused', () => {
      throw new Error('of a listener')
    })
    const failures = await failuresDuring(async () => {
      const client = await connectTo(server)
      const answer = await client.request('DESCRIBE', urlOf(server, '/cam'))
      expect([answer.statusCode, answer.headers.has('WWW-Authenticate')]).toEqual([401, true])
    })
    expect(failures.length).toBe(1)
  })
})

describe('requestAnswered', () => {
  it('tells the status and the time of each response', async () => {
    const server = await startServer()
    const client = await connectTo(server)
    const answered: unknown[] = []
    server.on('requestAnswered', ({ method }, { statusCode, milliseconds }, { publicId }) => {
      answered.push([method, statusCode, publicId, milliseconds >= 0 && milliseconds < 10_000])
    })
    await client.request('OPTIONS', '*')
    await client.request('DESCRIBE', urlOf(server, '/nothing'))
    const [connection] = [...server.connections]
    expect(answered).toEqual([
      ['OPTIONS', 200, connection?.publicId, true],
      ['DESCRIBE', 404, connection?.publicId, true],
    ])
    server.removeAllListeners('requestAnswered')
  })
})

describe('events about a request with an error response', () => {
  it('requestRefused: the request and the reason', async () => {
    const server = await startServer()
    const publisher = await connectTo(server)
    const url = urlOf(server, '/live/cam')
    await expectOk(publisher, 'ANNOUNCE', url, announcement)
    const refused = once(server, 'requestRefused')
    const client = await connectTo(server)
    expect((await client.request('ANNOUNCE', url, announcement)).statusCode).toBe(403)
    const [error, request] = await refused
    expect(error).toMatchObject({ code: 'ERR_FORBIDDEN', message: '/live/cam is in use' })
    expect(request.method).toBe('ANNOUNCE')
  })

  it.each([
    ['an answer of onAdmit that is no refusal', { statusCode: 200 }, 503, 'requestFailed'],
    ['a refusal of onAdmit', { statusCode: 402 }, 402, 'requestRefused'],
  ] as const)('%s', async (_name, answer, statusCode, event) => {
    const server = await startServer({ pool: { onAdmit: () => answer } })
    server.mounts.add('/cam', new MediaFactory(() => Promise.reject(new Error('unused'))))
    const told = once(server, event)
    const client = await connectTo(server)
    const response = await setUp(client, urlOf(server, '/cam/trackID=0'))
    expect(response.statusCode).toBe(statusCode)
    expect((await told)[0]).toMatchObject({ code: 'ERR_SESSION_NOT_ADMITTED' })
  })
})
