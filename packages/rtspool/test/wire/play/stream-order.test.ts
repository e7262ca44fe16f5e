import { describe, expect, it } from 'vitest'
import type { RtspServer, RtspServerOptions } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { mountCamera, mountSlow, setUp, tcp } from '../../support/dialogue.js'
import { openTunnel, openWebSocket, rtspOver, rtspThrough } from '../../support/http-client.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  rtpPacket,
  startServer,
  testCertificate,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const sdpType = { 'Content-Type': 'application/sdp' }

const carriers: readonly (readonly [string, (server: RtspServer) => Promise<RtspTestClient>])[] = [
  ['plain TCP', (server) => connectTo(server)],
  ['TLS', (server) => connectTlsTo(server)],
  ['an HTTP tunnel', async (server) => rtspThrough(await openTunnel(server))],
  ['a WebSocket', async (server) => rtspOver(await openWebSocket(server))],
]

function frame(sequenceNumber: number, channel = 0): Buffer {
  const packet = rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(200) })
  return Buffer.concat([Buffer.from([0x24, channel, 0, packet.length]), packet])
}

const frames = (from: number, to: number): Buffer =>
  Buffer.concat(Array.from({ length: to - from }, (_, at) => frame(from + at)))

const request = (method: string, uri: string, session: string, cSeq: number): Buffer =>
  Buffer.from(`${method} ${uri} RTSP/1.0\r\nCSeq: ${cSeq}\r\nSession: ${session}\r\n\r\n`)

/** A publisher whose first track is set up. */
async function readyPublisher(
  connect: (server: RtspServer) => Promise<RtspTestClient>,
  options: RtspServerOptions = {},
) {
  const server = await startServer({ tls: { port: 0, ...testCertificate('first') }, ...options })
  const client = await connect(server)
  const url = urlOf(server, '/live/cam')
  await expectOk(client, 'ANNOUNCE', url, { headers: sdpType, body: testSdp })
  const id = sessionIdOf(await setUp(client, `${url}/streamid=0`, `${tcp};mode=record`))
  const session = server.pool.get(id)
  if (!session) throw new Error('no session')
  return { server, client, url, id, session }
}

/** Promises that are kept when the test says so. */
function gate() {
  const waiting: (() => void)[] = []
  return {
    waiting,
    pass: (): Promise<void> => new Promise((resolve) => void waiting.push(resolve)),
    open: (): void => waiting.splice(0).forEach((resolve) => void resolve()),
  }
}

describe.each(carriers)('over %s', (name, connect) => {
  const isTunnel = name !== 'plain TCP' && name !== 'TLS'

  it('frames behind RECORD in the same write belong to the recording', {
    tags: 'M-I',
  }, async () => {
    const { client, url, id, session } = await readyPublisher(connect)
    client.send(Buffer.concat([request('RECORD', url, id, 9), frames(100, 105)]))
    expect((await client.response()).statusCode).toBe(200)
    client.send(frames(105, 108))
    await until(() => session.stats.packetsIn === 8)
  })

  it('frames before and after PAUSE and RECORD count as sent', { tags: 'M-I' }, async () => {
    const { client, url, id, session } = await readyPublisher(connect)
    client.send(
      Buffer.concat([
        frames(1, 4),
        request('RECORD', url, id, 9),
        frames(4, 6),
        request('PAUSE', url, id, 10),
        frames(6, 16),
        request('RECORD', url, id, 11),
        frames(16, 19),
        request('GET_PARAMETER', url, id, 12),
        frames(19, 20),
      ]),
    )
    for (let count = 0; count < 4; count++) {
      expect((await client.response()).statusCode).toBe(200)
    }
    await until(() => session.stats.packetsIn >= 6)
    expect(session.stats.packetsIn).toBe(6)
  })

  it('frames and requests in any order and any pieces are handled as they were sent', {
    tags: ['M-I', 'generator'],
  }, async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed)
      const below = (count: number): number => Math.floor(random() * count)
      const { client, url, id, session } = await readyPublisher(connect)
      let [isRecording, counted, sent, cSeq] = [false, 0, 0, 100]
      const parts: Buffer[] = []
      const ask = (method: string): void => void parts.push(request(method, url, id, cSeq++))
      for (let step = 0; step < 20; step++) {
        const count = below(8)
        parts.push(frames(sent, sent + count))
        sent += count
        if (isRecording) counted += count
        const method = ['RECORD', 'RECORD', 'PAUSE', 'GET_PARAMETER', 'OPTIONS'][below(5)] ?? ''
        ask(method)
        if (method === 'RECORD') isRecording = true
        if (method === 'PAUSE') isRecording = false
      }
      const stream = Buffer.concat(parts)
      for (let at = 0; at < stream.length; ) {
        const size = 1 + below(random() < 0.5 ? 100 : 20_000)
        client.send(stream.subarray(at, at + size))
        at += size
        await nextTurn(below(3))
      }
      const answered: (string | undefined)[] = []
      while (answered.length < 20) answered.push((await client.response()).headers.get('CSeq'))
      expect(answered).toEqual(Array.from({ length: 20 }, (_, index) => String(100 + index)))
      expect(session.stats.packetsIn, `seed ${seed}`).toBe(counted)
    }
  })

  it('later messages are handled after a request that waits for a hook', {
    tags: ['S-1', 'M-I'],
  }, async () => {
    const { waiting, pass, open } = gate()
    const onAdmit = async ({ path }: { readonly path?: string | undefined }) => {
      if (path === '/cam') await pass()
      return true
    }
    const { server, client, url, id, session } = await readyPublisher(connect, {
      pool: { onAdmit },
    })
    mountCamera(server)
    const other = urlOf(server, '/cam')
    client.send(
      Buffer.concat([
        request('RECORD', url, id, 9),
        frames(1, 3),
        Buffer.from(`SETUP ${other}/trackID=0 RTSP/1.0\r\nCSeq: 10\r\nTransport: ${tcp}\r\n\r\n`),
        frames(3, 300),
        request('OPTIONS', url, id, 11),
        frames(300, 600),
      ]),
    )
    expect((await client.response()).statusCode).toBe(200)
    await until(() => waiting.length === 1 && session.stats.packetsIn === 2)
    await nextTurn(20)
    expect(session.stats.packetsIn).toBe(2)
    open()
    expect((await client.response()).headers.get('CSeq')).toBe('10')
    expect((await client.response()).headers.get('CSeq')).toBe('11')
    await until(() => session.stats.packetsIn === 599)
  })

  it('pipelined requests with bodies are answered in order, around one that waits for its media', {
    tags: 'S-1',
  }, async () => {
    const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
    const { come } = mountSlow(server)
    const client = await connect(server)
    const body = `name: ${'x'.repeat(3000)}`
    const ask = (cSeq: number): string =>
      cSeq === 3
        ? `DESCRIBE ${urlOf(server, '/slow')} RTSP/1.0\r\nCSeq: 3\r\n\r\n`
        : `SET_PARAMETER * RTSP/1.0\r\nCSeq: ${cSeq}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const count = 60
    client.send(Array.from({ length: count }, (_, cSeq) => ask(cSeq)).join(''))
    const seen: string[] = []
    const answer = async (): Promise<void> => {
      const { statusCode, headers } = await client.response()
      seen.push(`${headers.get('CSeq')} ${statusCode}`)
    }
    for (let answered = 0; answered < 3; answered++) await answer()
    come()
    for (let answered = 3; answered < count; answered++) await answer()
    expect(seen).toEqual(
      Array.from({ length: count }, (_, cSeq) => `${cSeq} ${cSeq === 3 ? 200 : 451}`),
    )
  })

  it('a client that closes its half behind its requests gets every answer', {
    tags: 'S-1',
  }, async () => {
    const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
    const { come } = mountSlow(server)
    const client = await connect(server)
    const describeSlow = `DESCRIBE ${urlOf(server, '/slow')} RTSP/1.0\r\nCSeq: 1\r\n\r\n`
    client.send(describeSlow + 'OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n'.repeat(500))
    if (!isTunnel) client.socket.end()
    await nextTurn()
    come()
    for (let count = 0; count < 501; count++) {
      expect((await client.response()).statusCode).toBe(200)
    }
  })

  it('bytes that are no RTSP, behind requests, are refused after these are answered', {
    tags: 'S-1',
  }, async () => {
    const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
    const { come } = mountSlow(server)
    const client = await connect(server)
    const describeSlow = `DESCRIBE ${urlOf(server, '/slow')} RTSP/1.0\r\nCSeq: 1\r\n\r\n`
    client.send(`${describeSlow}OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n\u0001`)
    await nextTurn()
    come()
    const codes = []
    for (let count = 0; count < 3; count++) codes.push((await client.response()).statusCode)
    expect(codes).toEqual([200, 200, 400])
    await client.closed()
  })

  it('a connection that was asked to close does so, whatever follows in the same write', {
    tags: 'S-1',
  }, async () => {
    // The time that a peer has to read its last answer never comes to its end.
    const options = { clock: new ManualClock(), slowReaderTimeout: 0 }
    const server = await startServer({ ...options, tls: { port: 0, ...testCertificate('first') } })
    const client = await connect(server)
    const last = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nConnection: close\r\n\r\n'
    client.send(last + 'OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n'.repeat(3))
    expect((await client.response()).headers.get('CSeq')).toBe('1')
    await client.closed()
    await until(() => server.stats().connections === 0)
  })
})
