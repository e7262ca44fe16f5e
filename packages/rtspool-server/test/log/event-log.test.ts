import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import {
  connectTo,
  publish,
  startServer,
  urlOf,
} from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { logComings, logRefusals } from '../../src/log/event-log.js'
import { RepeatLimit } from '../../src/log/repeat-limit.js'
import { recordedLog } from '../api/api-scene.js'

/** Signature, version and command of a PROXY header of version 2, for IPv4. */
const versionTwo = Buffer.concat([
  Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'),
  Buffer.alloc(12),
])

describe('lines about one client', { tags: 'B-LOG' }, () => {
  it('have the ids of its connection and its session, and the CSeq of its request', async () => {
    const server = await startServer({
      auth: { users: { u: 'p' }, rules: [{ path: '/live/*', publish: 'anyone', read: 'anyone' }] },
    })
    const { log, logged } = recordedLog()
    const repeats = new RepeatLimit(log, new ManualClock())
    logComings(server, repeats)
    logRefusals(server, repeats)
    const client = await connectTo(server)
    await client.request('DESCRIBE', urlOf(server, '/cam'))
    await publish(client, urlOf(server, '/live/a'))
    const [publisher] = server.pool.list().sessions
    await client.request('DESCRIBE', urlOf(server, '/live/none'))
    client.socket.destroy()
    for (const end of ['connection closed', 'session removed']) {
      await until(() => logged.some((line) => line.includes(end)))
    }
    repeats.close()
    server.removeAllListeners('connectionClosed')
    const lines = logged.map((line) => JSON.parse(line))
    const named = (text: string) => lines.find(({ msg }) => msg === text)
    const { connection } = named('connection opened')
    expect(connection).toEqual(expect.any(String))
    const ids = { connection, session: publisher?.publicId }
    expect(named('access refused')).toMatchObject({ connection, method: 'DESCRIBE' })
    expect(named('session created')).toMatchObject({ session: ids.session })
    expect(named('publishing started')).toMatchObject({ ...ids, path: '/live/a' })
    expect(named('request refused')).toMatchObject({ connection, cseq: expect.any(String) })
    expect(named('session removed')).toMatchObject(ids)
    expect(named('connection closed')).toMatchObject({ connection })
  })
})

describe('a PROXY header of a proxy that nobody has named', { tags: 'B-PROXY' }, () => {
  async function loggedAfter(...sent: readonly (string | Buffer)[]) {
    const server = await startServer()
    const { log, logged } = recordedLog()
    const repeats = new RepeatLimit(log, new ManualClock())
    logRefusals(server, repeats)
    for (const [index, bytes] of sent.entries()) {
      const client = await connectTo(server)
      client.socket.write(bytes)
      await until(() => logged.filter((line) => line.includes('message refused')).length > index)
    }
    repeats.close()
    return logged.map((line) => JSON.parse(line)).filter(({ level }) => level === 40)
  }

  it.each([
    ['1', 'PROXY TCP4 192.0.2.1 127.0.0.1 4000 8554\r\n'],
    ['2', versionTwo],
  ])('is warned of once: version %s', async (_, header) => {
    expect(await loggedAfter(header, header)).toMatchObject([
      {
        address: '127.0.0.1',
        msg: 'bytes from 127.0.0.1 look like a PROXY header, but rtsp.trustedProxies does not name this proxy',
      },
    ])
  })

  it('is not suspected in other bytes', async () => {
    expect(await loggedAfter('PROXIES TCP4\r\n\r\n', 'hello\r\n\r\n')).toEqual([])
  })
})
