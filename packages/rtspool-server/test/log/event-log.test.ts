import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { connectTo, startServer } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { logRefusals } from '../../src/log/event-log.js'
import { RepeatLimit } from '../../src/log/repeat-limit.js'
import { recordedLog } from '../api/api-scene.js'

/** Signature, version and command of a PROXY header of version 2, for IPv4. */
const versionTwo = Buffer.concat([
  Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'),
  Buffer.alloc(12),
])

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
