import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { connectTlsTo, expectOk, startServer, testCertificate } from '../../support/test-server.js'
import { until } from '../../support/until.js'

it('500 silent connections are closed at the deadline, an honest client gets in meanwhile', {
  tags: 'B-TLS',
}, async () => {
  const handshakeTimeout = 4
  const server = await startServer({
    tls: { port: 0, ...testCertificate('first'), handshakeTimeout },
  })
  const { port } = server.tlsAddress()
  const startedAt = performance.now()
  const silent = Array.from({ length: 500 }, () => connect(port, '127.0.0.1').resume())
  for (const socket of silent) socket.on('error', () => {})
  const closed = Promise.all(silent.map((socket) => once(socket, 'close')))
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
  expect(silent.filter((socket) => socket.closed)).toEqual([])
  await closed
  const tookMs = performance.now() - startedAt
  expect(tookMs).toBeGreaterThan(handshakeTimeout * 1000 - 1)
  expect(tookMs).toBeLessThan(handshakeTimeout * 1000 + 10_000)
  // Its own side of the last connections closes some turns later.
  await until(() => server.stats().tls?.pendingHandshakes === 0)
  expect(server.stats().connections).toBe(1)
})
