import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  MediaFactory,
  RtspServer,
  type RtspServerOptions,
  type TlsOptions,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { byteContainers, notBytes } from '../../support/byte-containers.js'
import { mountCamera, readySession } from '../../support/dialogue.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  expectRelayed,
  play,
  publish,
  rtpPacket,
  startServer,
  testCertificate,
} from '../../support/test-server.js'
import { pushTo, TestSource } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

const tls = { port: 0, ...testCertificate('first') }

const startSecure = (options: RtspServerOptions = {}, more: Partial<TlsOptions> = {}) =>
  startServer({ tls: { ...tls, ...more }, ...options })

const secureUrl = (server: RtspServer, path: string) =>
  `rtsps://127.0.0.1:${server.tlsAddress().port}${path}`

async function rawConnection(server: RtspServer): Promise<Socket> {
  const socket = connect(server.tlsAddress().port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket.resume()
}

async function handshake(server: RtspServer, options = {}): Promise<TLSSocket> {
  const { port } = server.tlsAddress()
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  await once(socket, 'secureConnect')
  return socket
}

describe('RTSP over TLS', () => {
  it.each([true, false])(
    'plays and publishes as without TLS (nativeSockets: %s)',
    { tags: 'A-TLS-1' },
    async (nativeSockets) => {
      const server = await startSecure({ nativeSockets })
      const publisher = await connectTlsTo(server)
      const viewer = await connectTlsTo(server)
      await expectRelayed(publisher, viewer, secureUrl(server, '/live/cam'))
    },
  )

  it('plain viewers and TLS viewers share a publication', { tags: 'A-TLS-1' }, async () => {
    const server = await startSecure()
    const publisher = await connectTlsTo(server)
    await publish(publisher, secureUrl(server, '/live/cam'), ['TCP'])
    const viewers = [await connectTo(server), await connectTlsTo(server)]
    for (const viewer of viewers) await play(viewer, secureUrl(server, '/live/cam'), ['TCP'])
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, marker: true }))
    for (const viewer of viewers) {
      await until(() => viewer.frames.some(({ channel }) => channel === 0))
    }
  })

  it('a path alone is answered with the scheme and address of the connection', {
    tags: 'A-DES-9',
  }, async () => {
    const server = await startSecure()
    mountCamera(server)
    const { headers } = await expectOk(await connectTlsTo(server), 'DESCRIBE', '/cam')
    expect(headers.get('Content-Base')).toBe(secureUrl(server, '/cam/'))
  })

  it('connections know that they are secure', async () => {
    const server = await startSecure()
    const facts: boolean[] = []
    server.on('connectionOpened', ({ isSecure }) => facts.push(isSecure))
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect(facts).toEqual([true, false])
  })

  it('can be served alone', async () => {
    const server = await startSecure({ port: false, host: '127.0.0.1' })
    expect(() => server.address()).toThrow(TypeError)
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
  })

  it('one limit holds for the connections of both ports', async () => {
    const server = await startSecure({ maxConnections: 2 })
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
    for (const client of [await rawConnection(server), (await connectTo(server)).socket]) {
      if (!client.closed) await once(client, 'close')
    }
    expect(server.stats().connections).toBe(2)
  })
})

describe('the handshake', () => {
  it('a client that is silent is cut off after ten seconds, one that is in is not', {
    tags: 'A-TLS-2',
  }, async () => {
    const clock = new ManualClock()
    const server = await startSecure({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
    mountCamera(server)
    const honest = await connectTlsTo(server)
    await readySession(honest, secureUrl(server, '/cam'))
    const silent = await rawConnection(server)
    await until(() => server.stats().tls?.pendingHandshakes === 1)
    clock.advance(9_999)
    expect(silent.closed).toBe(false)
    clock.advance(1)
    if (!silent.closed) await once(silent, 'close')
    expect(server.stats().tls?.pendingHandshakes).toBe(0)
    await expectOk(honest, 'OPTIONS', '*')
  })

  it('plain RTSP on the TLS port is cut off', { tags: 'A-TLS-2' }, async () => {
    const server = await startSecure()
    const socket = await rawConnection(server)
    const closed = once(socket, 'close')
    socket.write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n')
    await closed
    expect(server.stats()).toMatchObject({ connections: 0, tls: { pendingHandshakes: 0 } })
  })

  it('over the limit the oldest handshake gives way', { tags: 'A-TLS-2' }, async () => {
    const server = await startSecure({}, { maxPendingHandshakes: 2 })
    const [first, second] = [await rawConnection(server), await rawConnection(server)]
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
    if (!first.closed) await once(first, 'close')
    expect(second.closed).toBe(false)
    expect(server.stats().tls?.pendingHandshakes).toBe(1)
  })

  it('a client that leaves amid it is gone at once, one that half closes later is answered', {
    tags: 'A-TLS-2',
  }, async () => {
    const server = await startSecure()
    const leaving = await rawConnection(server)
    await until(() => server.stats().tls?.pendingHandshakes === 1)
    leaving.end()
    if (!leaving.closed) await once(leaving, 'close')
    await until(() => server.stats().tls?.pendingHandshakes === 0)
    const asking = await handshake(server)
    const slow = new MediaFactory(async () => {
      // Long enough for the end of what the client sends to come first.
      await nextTurn(100)
      return new TestSource()
    })
    server.mounts.add('/cam', slow)
    asking.end(`DESCRIBE ${secureUrl(server, '/cam')} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
    expect(String(await once(asking, 'data'))).toMatch(/^RTSP\/1\.0 200 /)
    asking.destroy()
  })

  it('two from one port of the client, to two addresses, are two', {
    tags: 'A-TLS-2',
  }, async () => {
    const server = await startSecure({ host: '0.0.0.0' })
    const from = { port: server.tlsAddress().port, localAddress: '127.0.0.1', localPort: 42_001 }
    const honest = connect({ ...from, host: '127.0.0.1' })
    await once(honest, 'connect')
    const silent = connect({ ...from, host: '127.0.0.2' })
    await once(silent, 'connect')
    const secured = connectTls({ socket: honest, rejectUnauthorized: false })
    await once(secured, 'secureConnect')
    await until(() => server.stats().connections === 1)
    expect(server.stats().tls?.pendingHandshakes).toBe(1)
    secured.destroy()
    silent.resume()
    await server.close()
    if (!silent.closed) await once(silent, 'close')
  })

  it('refuses versions before 1.2, accepts 1.2 and 1.3', { tags: 'B-TLS' }, async () => {
    const server = await startSecure()
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const socket = await handshake(server, { minVersion: version, maxVersion: version })
      expect(socket.getProtocol()).toBe(version)
      socket.destroy()
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
    await expect(handshake(server, old)).rejects.toThrow()
    const strict = await startSecure({}, { minVersion: 'TLSv1.3' })
    await expect(handshake(strict, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  it('the server closes while handshakes are under way', async () => {
    const server = await startSecure()
    const silent = await rawConnection(server)
    await until(() => server.stats().tls?.pendingHandshakes === 1)
    await server.close()
    if (!silent.closed) await once(silent, 'close')
  })
})

describe('the certificate', () => {
  it('is replaced for new connections, while an old stream continues', {
    tags: 'A-TLS-3',
  }, async () => {
    const server = await startSecure()
    const sources = mountCamera(server)
    const viewer = await connectTlsTo(server)
    await play(viewer, secureUrl(server, '/cam'), ['TCP'])
    const serial = async () => {
      const socket = await handshake(server)
      const { serialNumber } = socket.getPeerCertificate()
      socket.destroy()
      return serialNumber
    }
    const push = (sequenceNumber: number) =>
      pushTo(sources, 0, rtpPacket({ sequenceNumber, marker: true }))
    const before = await serial()
    push(1)
    server.reloadCertificate(testCertificate('second'))
    push(2)
    expect(await serial()).not.toBe(before)
    await until(() => viewer.frames.filter(({ channel }) => channel === 0).length === 2)
    await expectOk(viewer, 'OPTIONS', '*')
  })

  it('an unusable one is refused and changes nothing', { tags: 'A-TLS-3' }, async () => {
    const server = await startSecure()
    const { key } = testCertificate('first')
    const { cert } = testCertificate('second')
    for (const wrong of [
      { key, cert },
      { key, cert: 'none' },
      { key: '', cert },
    ]) {
      expect(() => server.reloadCertificate(wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_CERTIFICATE' }),
      )
    }
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
    const plain = await startServer()
    expect(() => plain.reloadCertificate({ key, cert })).toThrow(TypeError)
  })

  it.each(byteContainers)('is accepted as %s', { tags: 'U-1' }, async (_name, of) => {
    const { key, cert } = testCertificate('second')
    const wrapped = { key: of(key as Buffer), cert: of(cert as Buffer) }
    const server = await startServer({ tls: { ...wrapped, port: 0 } })
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
    server.reloadCertificate(wrapped)
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
  })

  it.each(notBytes.slice(1))('is refused as %s', { tags: 'U-1' }, async (_name, value) => {
    const server = await startSecure()
    const { key, cert } = testCertificate('second')
    for (const wrong of [
      { key: value as string, cert },
      { key, cert: value as string },
    ]) {
      expect(() => server.reloadCertificate(wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_CERTIFICATE' }),
      )
    }
  })

  it('its expiry can be watched', { tags: 'B-TLS' }, async () => {
    const server = await startSecure()
    const expiresAt = server.stats().tls?.certificateExpiresAt ?? 0
    expect(new Date(expiresAt).getUTCFullYear()).toBeGreaterThan(2100)
  })
})

describe('wrong options', () => {
  it.each([
    [{ port: '8322' as never }, "tls.port must be an integer from 0 to 65535, got '8322'"],
    [{ handshakeTimeout: '5' as never }, "at most 60 seconds, got '5'"],
    [{ prot: 1 } as never, "tls has no option 'prot': did you mean 'port'?"],
    [{ port: 70_000 }, 'tls.port must be an integer from 0 to 65535, got 70000'],
    [{ handshakeTimeout: 0 }, 'tls.handshakeTimeout must be more than 0 and at most 60 seconds'],
    [{ maxPendingHandshakes: 0 }, 'tls.maxPendingHandshakes must be an integer from 1, got 0'],
    [{ minVersion: 'TLSv1' as never }, "tls.minVersion must be 'TLSv1.2' or 'TLSv1.3'"],
    [{ srtp: 'DES' as never }, 'tls.srtp must be false or one of AES_CM_128_HMAC_SHA1_80, '],
    [{ key: undefined as never }, 'expected tls.key in PEM, got nothing'],
    [{ cert: 'x' }, 'expected a private key and its certificate in PEM, got'],
  ])('%j', (wrong, message) => {
    expect(() => new RtspServer({ tls: { ...tls, ...wrong } })).toThrow(message)
  })

  it('a server without any port', () => {
    expect(() => new RtspServer({ port: false })).toThrow(
      'port can be false only where tls is given',
    )
  })
})
