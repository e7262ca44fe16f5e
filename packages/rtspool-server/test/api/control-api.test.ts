import { connect } from 'node:net'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { until } from '../../../rtspool/test/support/until.js'
import { ControlApi } from '../../src/api/control-api.js'
import type { ControlledServer } from '../../src/api/controlled-server.js'
import { RepeatLimit } from '../../src/log/repeat-limit.js'

describe('the port of the API', () => {
  it('ends a connection that sends requests and reads no responses', async () => {
    const log = pino({ level: 'silent' })
    const api = new ControlApi({
      // Requests without a token use nothing of the server.
      ...{ server: {} as ControlledServer, log, repeats: new RepeatLimit(log), port: 0 },
      ...{ host: '127.0.0.1', allowedHosts: [], trustedProxies: [] },
      ...{ page: undefined, certificate: undefined },
      idleTimeoutMs: 100,
    })
    await api.listen()
    closeAfterTest(api)
    const socket = connect(api.address().port, '127.0.0.1')
    closeAfterTest({ close: async () => socket.destroy() })
    let isClosed = false
    socket
      .on('error', () => undefined)
      .on('close', () => {
        isClosed = true
      })
    // More than the buffers of both sockets hold.
    socket.write('GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(300_000))
    await until(() => isClosed)
    expect(isClosed).toBe(true)
  })
})
