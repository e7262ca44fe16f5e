import { describe, expect, it } from 'vitest'
import { connect, type RtspClient } from '../../src/client/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { closeAfterTest } from '../support/open-things.js'
import { type CameraAnswers, cameraSdp, frame, ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket } from '../support/test-server.js'
import { nextTurn, until } from '../support/until.js'

/** Turns of the event loop in which a client would have read on. */
const manyTurns = 200

const failure = (attempt: Promise<unknown>): Promise<{ readonly code?: string }> =>
  attempt.then(
    () => ({}),
    (error) => error,
  )

async function playing(answers: CameraAnswers = {}) {
  const camera = await ScriptedCamera.start(answers)
  const clock = new ManualClock()
  const client: RtspClient = await connect(camera.url, { clock })
  closeAfterTest({
    close: () => client.close(),
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  await client.play()
  return { camera, client, clock }
}

describe('a server with bad intentions', () => {
  it.each([
    ['an endless line', { OPTIONS: `RTSP/1.0 200 ${'x'.repeat(10_000)}` }],
    ['endless headers', { OPTIONS: `RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(300)}` }],
    ['a body without end', { DESCRIBE: 'RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n' }],
    ['another protocol', { OPTIONS: 'x'.repeat(1_100_000) }],
    ['a description of nothing', { DESCRIBE: { body: `v=0\r\n${'a=x\r\n'.repeat(20_000)}` } }],
    ['a redirect to itself', { DESCRIBE: { status: 302, headers: { Location: 'SELF' } } }],
    ['a redirect to nowhere', { DESCRIBE: { status: 302, headers: { Location: 'file:///x' } } }],
    ['challenges without end', { DESCRIBE: { status: 401 } }],
    ['a session without an id', { SETUP: {} }],
    ['channels that do not exist', { SETUP: setupWith('interleaved=400-401') }],
    ['the channels of another track', { SETUP: setupWith('interleaved=0-1') }],
    ['a transport that was not asked for', { SETUP: setupWith('server_port=1-2') }],
  ] as const)('cannot hold a client with %s', async (_, answers) => {
    const camera = await ScriptedCamera.start(withSelf(answers, () => camera.url))
    const url = camera.url.replace('://', '://user:secret@')
    const attempt = connect(url, { transports: ['tcp'] }).then(async (client) => {
      await client.play()
      await client.close()
    })
    expect((await failure(attempt)).code).toMatch(/^ERR_CLIENT_/)
    await until(() => camera.sockets.every((socket) => socket.destroyed))
  })

  it('cannot fill the memory while nobody reads, not even with small packets in large reads', async () => {
    const { camera, client } = await playing()
    const packets = client.packets({ maxQueuedBytes: 500_000 })
    const filler = frame(99, rtpPacket({ sequenceNumber: 0, payload: Buffer.alloc(60_000) }))
    const small = frame(0, rtpPacket({ sequenceNumber: 1 }))
    for (let at = 0; at < 150; at++) camera.send(Buffer.concat([small, filler]))
    await until(() => client.stats().packets > 0)
    await nextTurn(manyTurns)
    expect(client.stats().packets).toBeLessThan(40)
    await packets.return?.()
    await until(() => client.stats().packets === 150)
  })

  it('cannot make the client answer without end', async () => {
    const { camera, client } = await playing()
    camera.sockets[0]?.pause()
    const requests = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(2000)
    for (let at = 0; at < 50; at++) camera.send(requests)
    camera.send(frame(0, rtpPacket({ sequenceNumber: 1 })))
    await until(() => client.stats().packets === 1)
    camera.sockets[0]?.resume()
  })

  it('cannot make a keep-alive throw', async () => {
    const { camera, client, clock } = await playing({
      GET_PARAMETER: {
        status: 401,
        headers: { 'WWW-Authenticate': 'Digest realm="\t", nonce="n"' },
      },
    })
    clock.advance(30_000)
    await until(() => camera.of('GET_PARAMETER').length === 1)
    await nextTurn(10)
    clock.advance(30_000)
    await until(() => camera.of('GET_PARAMETER').length === 2)
    expect(client.state).toBe('playing')
  })

  it('cannot put lines into a request by its description', async () => {
    const sdp = cameraSdp.replace('track1', 'x\tTeardown: y\x0b\x00 z')
    const { camera } = await playing({ DESCRIBE: { body: sdp } })
    expect(camera.of('SETUP')[0]?.uri).toBe(`${camera.url}/x%20Teardown:%20y%20z`)
  })

  it('cannot keep a client that closes', async () => {
    const { camera, client, clock } = await playing({ TEARDOWN: undefined })
    const packets = client.packets({ maxQueuedBytes: 1 })
    for (let at = 0; at < 50; at++) {
      camera.send(frame(0, rtpPacket({ sequenceNumber: at, payload: Buffer.alloc(50_000) })))
    }
    await until(() => client.stats().packets > 0)
    const closed = client.close()
    await until(() => camera.of('TEARDOWN').length === 1)
    clock.advance(500)
    await closed
    await packets.return?.()
    await until(() => camera.sockets[0]?.destroyed === true)
  })
})

function setupWith(parameters: string) {
  return { headers: { Session: 'a', Transport: `RTP/AVP/TCP;unicast;${parameters}` } }
}

/** Puts the camera's own URL in place of SELF. */
function withSelf(answers: CameraAnswers, selfOf: () => string): CameraAnswers {
  const { DESCRIBE: answer } = answers
  if (!JSON.stringify(answer ?? '').includes('SELF')) return answers
  return { DESCRIBE: () => ({ status: 302, headers: { Location: selfOf() } }) }
}
