import { describe, expect, it } from 'vitest'
import { sequenceNumberOf, ssrcOf } from '../../src/rtp/index.js'
import { CameraStream, relayScene } from '../support/relay-scene.js'
import type { RtspTestClient } from '../support/rtsp-client.js'
import { ScriptedCamera } from '../support/scripted-camera.js'
import { advancing, nextTurn, until } from '../support/until.js'

const videoOf = ({ frames }: RtspTestClient): Buffer[] =>
  frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)

const keyFrame = [0x67, 0x68, 0x65]

/** A relay of a main camera and a spare one, with a viewer of the first key frame of the main one. */
async function watched() {
  const spare = await ScriptedCamera.start()
  const all = await relayScene({
    source: (url) => [url, spare.url],
    options: { returnSeconds: 5, stallSeconds: 0 },
  })
  const viewer = await all.watch()
  const stream = new CameraStream(all.camera)
  stream.sendKeyFrame()
  await until(() => videoOf(viewer).length === 3)
  return { ...all, viewer, stream, spare }
}

describe('a relay of several sources', () => {
  it('takes the next source at once, and returns to the first at a key frame', async () => {
    const { camera, clock, relay, removed, spare, states, viewer } = await watched()
    expect(relay.status.sources).toEqual([camera.url, spare.url])
    expect(spare.requests).toEqual([])
    await camera.pause()
    await until(() => spare.methods.includes('PLAY'))
    const second = new CameraStream(spare, { ssrc: 0x50, sequenceNumber: 9000 })
    second.sendKeyFrame()
    await until(() => videoOf(viewer).length === 6, advancing(clock, 5))
    expect(relay.status).toMatchObject({ state: 'playing', source: spare.url })
    await camera.resume()
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 50))
    const first = new CameraStream(camera, { ssrc: 0x60, sequenceNumber: 3 })
    first.sendPicture()
    await nextTurn(10)
    clock.advance(100)
    second.sendPicture()
    await until(() => videoOf(viewer).length === 7)
    expect(relay.status.source).toBe(spare.url)
    first.sendKeyFrame()
    await until(() => videoOf(viewer).length === 10, advancing(clock, 5))
    expect(relay.status).toMatchObject({ state: 'playing', source: camera.url })
    // Told once by the spare, and once by the return.
    expect(states.slice(-2)).toEqual(['playing', 'playing'])
    await until(() => spare.methods.includes('TEARDOWN'))
    const packets = videoOf(viewer)
    const units = packets.map((packet) => packet[12])
    expect(units).toEqual([...keyFrame, ...keyFrame, 0x41, ...keyFrame])
    expect(new Set(packets.map(ssrcOf)).size).toBe(1)
    const numbers = packets.map(sequenceNumberOf)
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
    expect(removed).toEqual([])
  })

  it('stays with the spare while the first one refuses, and tries again', async () => {
    const { camera, clock, relay, spare, viewer } = await watched()
    await camera.pause()
    await until(() => spare.methods.includes('PLAY'))
    const second = new CameraStream(spare)
    second.sendKeyFrame()
    await until(() => videoOf(viewer).length === 6, advancing(clock, 5))
    for (let attempt = 0; attempt < 3; attempt++) {
      clock.advance(5000)
      await nextTurn(20)
    }
    expect(relay.status).toMatchObject({ state: 'playing', source: spare.url })
    second.sendPicture()
    await until(() => videoOf(viewer).length === 7)
  })

  it('waits only when all sources have failed', async () => {
    const { relay, clock } = await relayScene({
      source: () => ['rtsp://127.0.0.1:1/a', 'rtsp://127.0.0.1:1/b'],
      options: { alwaysOn: true },
    })
    await until(() => relay.status.state === 'waiting')
    expect(relay.status).toMatchObject({ attempts: 2, source: 'rtsp://127.0.0.1:1/a' })
    await until(() => relay.status.attempts === 4, advancing(clock, 100))
  })

  it('fails only when retrying helps with no source', async () => {
    const spare = await ScriptedCamera.start({ DESCRIBE: { status: 404 } })
    const { relay, camera } = await relayScene({
      source: (url) => [url, spare.url],
      answers: { DESCRIBE: { status: 404 } },
      options: { alwaysOn: true },
    })
    await until(() => relay.status.state === 'failed')
    expect([camera.of('DESCRIBE').length, spare.of('DESCRIBE').length]).toEqual([1, 1])
  })

  const unauthorized = {
    status: 401,
    headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' },
  }

  it('skips a source that has refused the credentials, until failedRetrySeconds have passed', async () => {
    const { camera, clock, relay } = await relayScene({
      source: (url) => [url, 'rtsp://127.0.0.1:1/b'],
      answers: { OPTIONS: unauthorized },
      options: { alwaysOn: true, failedRetrySeconds: 100 },
    })
    await until(() => relay.status.state === 'waiting')
    const from = clock.now()
    await until(() => relay.status.attempts === 6, advancing(clock, 100))
    expect(clock.now() - from).toBeLessThan(100_000)
    expect(camera.of('OPTIONS')).toHaveLength(1)
    expect(relay.status.source).toBe('rtsp://127.0.0.1:1/b')
    await until(() => camera.of('OPTIONS').length === 2, advancing(clock, 500))
    expect(clock.now() - from).toBeGreaterThan(99_000)
  })

  it('fails once all sources have refused the credentials, whatever else happened between', async () => {
    let isRefused = false
    const spare = await ScriptedCamera.start({
      OPTIONS: () => (isRefused ? unauthorized : { status: 500 }),
      DESCRIBE: { status: 500 },
    })
    const { camera, clock, relay } = await relayScene({
      source: (url) => [url, spare.url],
      answers: { OPTIONS: unauthorized },
      options: { alwaysOn: true },
    })
    await until(() => relay.status.state === 'waiting')
    isRefused = true
    await until(() => relay.status.state === 'failed', advancing(clock, 100))
    expect(relay.status.reason).toBe('unauthorized')
    expect(camera.of('OPTIONS')).toHaveLength(1)
  })

  it('does not return soon to a first source that refuses the credentials, and says why', async () => {
    const spare = await ScriptedCamera.start()
    const { camera, clock, relay, watch } = await relayScene({
      source: (url) => [url, spare.url],
      answers: {
        OPTIONS: (_, count) =>
          count > 1 ? unauthorized : { headers: { Public: 'OPTIONS, DESCRIBE' } },
      },
      options: { returnSeconds: 5, stallSeconds: 0, failedRetrySeconds: 100 },
    })
    const viewer = await watch()
    new CameraStream(camera).sendKeyFrame()
    await until(() => videoOf(viewer).length === 3)
    camera.sockets.at(-1)?.destroy()
    await until(() => spare.methods.includes('PLAY'))
    new CameraStream(spare).sendKeyFrame()
    await until(() => videoOf(viewer).length === 6, advancing(clock, 5))
    await until(() => camera.of('OPTIONS').length === 2, advancing(clock, 500))
    await until(() => relay.status.lastError?.code === 'ERR_CLIENT_UNAUTHORIZED')
    const from = clock.now()
    expect(relay.status).toMatchObject({ state: 'playing', source: spare.url })
    await until(() => camera.of('OPTIONS').length === 3, advancing(clock, 500))
    expect(clock.now() - from).toBeGreaterThanOrEqual(99_000)
  })

  it('has at least one source, and at most 16', async () => {
    await expect(relayScene({ source: () => [] })).rejects.toThrow(/1 to 16 sources, got 0/)
  })
})
