import { describe, expect, it } from 'vitest'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../src/rtp/index.js'
import { CameraStream, passing, relayScene } from '../support/relay-scene.js'
import type { RtspTestClient } from '../support/rtsp-client.js'
import { cameraSdp } from '../support/scripted-camera.js'
import { connectTo, expectOk } from '../support/test-server.js'
import { advancing, nextTurn, until } from '../support/until.js'

/** Video packets that a viewer has received. */
const videoOf = ({ frames }: RtspTestClient): Buffer[] =>
  frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)

const unitsOf = (viewer: RtspTestClient): (number | undefined)[] =>
  videoOf(viewer).map((packet) => packet[12])

const keyFrame = [0x67, 0x68, 0x65]

/** A relay that plays, with a viewer of the first key frame. */
async function watched(...init: Parameters<typeof relayScene>) {
  const all = await relayScene(...init)
  const viewer = await all.watch()
  const stream = new CameraStream(all.camera)
  stream.sendKeyFrame()
  await until(() => videoOf(viewer).length === 3)
  return { ...all, viewer, stream }
}

const lost = (sockets: readonly { destroy(): unknown }[]): void => void sockets.at(-1)?.destroy()

describe('a relay with viewers', () => {
  it('connects for the first viewer, and passes the packets on', async () => {
    const { camera, relay, states, watch } = await relayScene()
    expect(relay.status).toMatchObject({ state: 'idle', attempts: 0, bytes: 0 })
    expect(camera.requests).toEqual([])
    const viewer = await watch()
    expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY'])
    new CameraStream(camera).sendKeyFrame()
    await until(() => videoOf(viewer).length === 3)
    expect(unitsOf(viewer)).toEqual(keyFrame)
    expect(states).toEqual(['connecting', 'playing'])
    expect(relay.status).toMatchObject({ state: 'playing', attempts: 0, transport: 'tcp' })
    expect(relay.status.bytes).toBeGreaterThan(50)
  })

  it('sends the first viewer the key frame that came before its PLAY', async () => {
    const { camera, clock, server, url } = await relayScene()
    const viewer = await connectTo(server)
    await passing(clock, expectOk(viewer, 'DESCRIBE', url))
    new CameraStream(camera).sendKeyFrame()
    await nextTurn(5)
    const { headers } = await expectOk(viewer, 'SETUP', `${url}/trackID=0`, {
      headers: { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' },
    })
    const [session = ''] = (headers.get('session') ?? '').split(';')
    await expectOk(viewer, 'PLAY', url, { headers: { Session: session } })
    await until(() => videoOf(viewer).length === 3)
    expect(unitsOf(viewer)).toEqual(keyFrame)
  })

  it('serves all viewers and paths by one connection', async () => {
    const { camera, relay, server, stream, viewer, watch, url } = await watched()
    server.mounts.add('/other', relay)
    const second = await watch()
    const third = await connectTo(server)
    await expectOk(third, 'DESCRIBE', url.replace('/cam', '/other'))
    stream.sendPicture()
    await until(() => videoOf(viewer).length === 4 && videoOf(second).length === 4)
    expect(camera.sockets).toHaveLength(1)
  })

  it('connects again at once for a viewer whose attempt another has given up', async () => {
    const { camera, clock, server, url } = await relayScene({ options: { lingerSeconds: 0 } })
    const viewer = await connectTo(server)
    await passing(clock, expectOk(viewer, 'DESCRIBE', url))
    await until(() => camera.methods.includes('TEARDOWN'), advancing(clock, 1))
    const before = clock.now()
    await passing(clock, expectOk(viewer, 'DESCRIBE', url))
    expect(clock.now() - before).toBeLessThan(1000)
  })

  it('closes the connection by TEARDOWN some time after the last viewer has left', async () => {
    const { camera, clock, relay, states, viewer } = await watched({
      options: { lingerSeconds: 20, stallSeconds: 0 },
    })
    await viewer.close()
    await nextTurn(5)
    clock.advance(19_000)
    expect(relay.status.state).toBe('playing')
    await until(() => relay.status.state === 'idle', advancing(clock, 500))
    await until(() => camera.methods.includes('TEARDOWN'))
    expect(states.at(-1)).toBe('idle')
  })
})

describe('a relay that is always on', () => {
  it('connects at once, and gives a viewer the pictures since the last key frame', async () => {
    const { camera, relay, watch } = await relayScene({ options: { alwaysOn: true } })
    await until(() => camera.methods.includes('PLAY'))
    const stream = new CameraStream(camera)
    for (let picture = 0; picture < 3; picture++) stream.sendKeyFrame()
    stream.sendPicture()
    await until(() => relay.status.bytes > 150)
    const viewer = await watch()
    await until(() => videoOf(viewer).length === 4)
    expect(unitsOf(viewer)).toEqual([...keyFrame, 0x41])
    stream.sendPicture()
    await until(() => videoOf(viewer).length === 5)
    const numbers = videoOf(viewer).map(sequenceNumberOf)
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2, 3, 4])
  })

  it('keeps the connection after the last viewer, until that is changed', async () => {
    const { clock, relay, viewer, camera } = await watched({ options: { alwaysOn: true } })
    await viewer.close()
    await nextTurn(5)
    clock.advance(9000)
    await nextTurn(5)
    expect(relay.status.state).toBe('playing')
    relay.update({ alwaysOn: false, lingerSeconds: 0 })
    await until(() => relay.status.state === 'idle', advancing(clock, 1))
    await until(() => camera.methods.includes('TEARDOWN'))
  })
})

describe('a source that goes away', () => {
  it('returns to the same viewers at a key frame, with one timeline', async () => {
    const { camera, clock, states, viewer, relay, removed } = await watched()
    lost(camera.sockets)
    await until(() => relay.status.state === 'waiting')
    expect(relay.status).toMatchObject({ reason: 'disconnected', attempts: 0 })
    expect(Number(relay.status.until) - clock.unixTimeMs()).toBe(1000)
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
    const again = new CameraStream(camera, { ssrc: 0x99, sequenceNumber: 7, timestamp: 5 })
    again.sendPicture()
    again.sendPicture()
    again.sendKeyFrame()
    again.sendPicture()
    await until(() => videoOf(viewer).length === 7, advancing(clock, 5))
    expect(unitsOf(viewer)).toEqual([...keyFrame, ...keyFrame, 0x41])
    const packets = videoOf(viewer)
    expect(new Set(packets.map(ssrcOf)).size).toBe(1)
    const numbers = packets.map(sequenceNumberOf)
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2, 3, 4, 5, 6])
    const times = packets.map(timestampOf)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
    const back = ['waiting disconnected', 'connecting disconnected', 'playing']
    expect(states).toEqual(['connecting', 'playing', ...back])
    expect(removed).toEqual([])
  })

  it('keeps fifty viewers through 20 s: none leaves, and none misses a number', async () => {
    const { camera, clock, watch, relay, removed, viewer, stream } = await watched()
    const viewers = [viewer]
    while (viewers.length < 50) viewers.push(await watch())
    stream.sendPicture()
    await until(() => viewers.every((each) => videoOf(each).length === 4))
    await camera.pause()
    for (let second = 0; second < 20; second++) {
      clock.advance(1000)
      await nextTurn(3)
    }
    expect(relay.status.state).not.toBe('playing')
    await camera.resume()
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
    new CameraStream(camera, { ssrc: 0x99, sequenceNumber: 7 }).sendKeyFrame()
    await until(() => viewers.every((each) => videoOf(each).length === 7), advancing(clock, 5))
    expect(removed).toEqual([])
    for (const each of viewers) {
      const numbers = videoOf(each).map(sequenceNumberOf)
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
    }
  })

  it('waits a moment for the reports of the source behind its first key frame', async () => {
    const { camera, clock, viewer } = await watched()
    lost(camera.sockets)
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
    const again = new CameraStream(camera)
    again.sendKeyFrame()
    await nextTurn(20)
    expect(videoOf(viewer)).toHaveLength(3)
    again.sendReport(0)
    await nextTurn(20)
    expect(videoOf(viewer)).toHaveLength(3)
    again.sendReport(1)
    await until(() => videoOf(viewer).length === 6)
  })

  it('never opens for sound alone', async () => {
    const { camera, clock, viewer, relay } = await watched()
    lost(camera.sockets)
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
    const again = new CameraStream(camera)
    again.sendSound()
    again.sendSound()
    await until(() => relay.status.bytes > 80)
    expect(relay.status.state).toBe('connecting')
    again.sendKeyFrame()
    await until(() => videoOf(viewer).length === 6, advancing(clock, 5))
    expect(relay.status.state).toBe('playing')
    expect(viewer.frames.filter(({ channel }) => channel === 2)).toEqual([])
  })

  it('ends its viewers at once with the policy end', async () => {
    const { camera, relay, removed } = await watched({ options: { onAway: 'end' } })
    lost(camera.sockets)
    await until(() => removed.length > 0)
    expect(removed).toEqual(['mediaEnded'])
    expect(relay.status).toMatchObject({ state: 'idle', until: undefined })
  })

  it('ends its viewers after the time of the policy, which an update changes', async () => {
    const { camera, clock, relay, removed } = await watched({
      options: { onAway: { holdSeconds: 500 }, alwaysOn: true },
    })
    await camera.close()
    await until(() => relay.status.state === 'waiting')
    relay.update({ onAway: { holdSeconds: 5 } })
    clock.advance(4000)
    await nextTurn(5)
    expect(removed).toEqual([])
    clock.advance(1500)
    await until(() => removed.length > 0)
    expect(removed).toEqual(['mediaEnded'])
    expect(relay.status.state).not.toBe('idle')
  })

  it('ends its viewers when it returns with other codecs', async () => {
    const fmtp = 'a=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=Zw==,aA=='
    const other = cameraSdp.replace('a=rtpmap:96 H264/90000', fmtp)
    const headers = { 'Content-Type': 'application/sdp' }
    const { camera, clock, server, url, removed } = await watched({
      answers: {
        DESCRIBE: (_, count) => ({ headers, body: count === 1 ? cameraSdp : other }),
      },
    })
    lost(camera.sockets)
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
    new CameraStream(camera).sendKeyFrame()
    await until(() => removed.length > 0, advancing(clock, 5))
    expect(removed).toEqual(['sourceChanged'])
    const { body } = await expectOk(await connectTo(server), 'DESCRIBE', url)
    expect(body.toString()).toContain('sprop-parameter-sets=Zw==,aA==')
    expect(camera.sockets).toHaveLength(2)
  })

  it('waits twice as long each time, up to the maximum, and counts attempts', async () => {
    const { clock, relay } = await relayScene({
      answers: { OPTIONS: undefined, DESCRIBE: { status: 503 } },
      options: { alwaysOn: true, backoff: { firstSeconds: 2, maxSeconds: 10 } },
      source: () => 'rtsp://user:hidden-word@127.0.0.1:1/cam',
    })
    const delays: number[] = []
    for (let attempt = 1; attempt <= 5; attempt++) {
      await until(() => relay.status.state === 'waiting' && relay.status.attempts === attempt)
      delays.push(Number(relay.status.until) - clock.unixTimeMs())
      clock.advance(delays.at(-1) ?? 0)
    }
    expect(delays).toEqual([2000, 4000, 8000, 10_000, 10_000])
    expect(relay.status).toMatchObject({ source: 'rtsp://127.0.0.1:1/cam' })
    expect(relay.status.lastError).toMatchObject({ code: 'ERR_CLIENT_CONNECT', statusCode: 0 })
    expect(JSON.stringify(relay.status)).not.toContain('hidden-word')
  })

  it('leaves out a random half of each delay', async () => {
    const { clock, relay } = await relayScene({
      options: { alwaysOn: true, random: () => 1, backoff: { firstSeconds: 4 } },
      source: () => 'rtsp://127.0.0.1:1/cam',
    })
    await until(() => relay.status.state === 'waiting')
    expect(Number(relay.status.until) - clock.unixTimeMs()).toBe(2000)
  })
})

describe('a stall', () => {
  it('is silence of the video, whatever the sound does', async () => {
    const { camera, clock, relay, states, stream } = await watched({
      options: { stallSeconds: 5 },
    })
    for (let second = 0; second < 4; second++) {
      clock.advance(1000)
      stream.sendSound()
      const { bytes } = relay.status
      await until(() => relay.status.bytes > bytes)
    }
    expect(relay.status.state).toBe('playing')
    await until(() => states.includes('stalled stalled'), advancing(clock, 100))
    await until(() => camera.methods.includes('TEARDOWN'))
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 50))
    new CameraStream(camera).sendKeyFrame()
    await until(() => relay.status.state === 'playing')
    expect(states.slice(2)).toEqual([
      ...['stalled stalled', 'waiting stalled', 'connecting stalled', 'playing'],
    ])
    expect(relay.status.lastError?.message).toMatch(/no video/)
  })

  it('is silence of the first video, whatever another does', async () => {
    const body = cameraSdp.replace('m=audio', 'm=video').replace('opus/48000/2', 'H264/90000')
    const { clock, relay, states, stream } = await watched({
      answers: { DESCRIBE: { headers: { 'Content-Type': 'application/sdp' }, body } },
      options: { stallSeconds: 5 },
    })
    for (let second = 0; second < 6 && relay.status.state === 'playing'; second++) {
      clock.advance(1000)
      stream.sendSound()
      await nextTurn(5)
    }
    expect(states).toContain('stalled stalled')
  })

  it('is not looked for with 0 seconds', async () => {
    const { clock, relay } = await watched({ options: { stallSeconds: 0 } })
    clock.advance(50_000)
    await nextTurn(3)
    expect(relay.status.state).toBe('playing')
  })
})

describe('a source that ends', () => {
  it('is connected again after BYE on every track', async () => {
    const { camera, relay, clock } = await watched()
    const bye = Buffer.from([0x80, 203, 0, 0])
    for (const channel of [1, 3]) camera.send(Buffer.from([0x24, channel, 0, 4, ...bye]))
    await until(() => relay.status.state === 'waiting')
    expect(relay.status.reason).toBe('ended')
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
  })
})

describe('a request before the source can be described', () => {
  it('waits while the first attempt is repeated', async () => {
    const { camera, clock, server, url, states } = await relayScene({
      answers: { OPTIONS: (_, count) => (count < 3 ? '' : {}) },
      options: { waitSeconds: 60 },
    })
    camera.requests.push = function push(...requests) {
      const length = Array.prototype.push.apply(this, requests)
      if (length < 3) lost(camera.sockets)
      return length
    }
    const viewer = await connectTo(server)
    const described = expectOk(viewer, 'DESCRIBE', url)
    await until(() => camera.methods.includes('PLAY'), advancing(clock, 50))
    await passing(clock, described)
    expect(states).toEqual([
      ...['connecting', 'waiting disconnected', 'connecting disconnected'],
      ...['waiting disconnected', 'connecting disconnected'],
    ])
  })

  it.each([
    [true, 'at once', 'idle'],
    [false, 'after the wait', 'waiting'],
  ] as const)('with passRefusals %s is told a refusal %s', async (passRefusals, _, state) => {
    const { camera, server, relay, clock, url } = await relayScene({
      options: { passRefusals },
      answers: { DESCRIBE: { status: 502 } },
    })
    const viewer = await connectTo(server)
    let status: number | undefined
    const response = viewer.request('DESCRIBE', url).then(({ statusCode, headers }) => {
      status = statusCode
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    })
    await until(() => camera.methods.includes('DESCRIBE'))
    await until(() => relay.status.state === state)
    await nextTurn(3)
    expect(status).toBe(passRefusals ? 503 : undefined)
    await until(() => status === 503, advancing(clock, 500))
    await response
  })

  it('gets 503 with Retry-After when that takes too long, and the relay rests', async () => {
    const { clock, server, relay, url } = await relayScene({
      options: { waitSeconds: 3 },
      source: () => 'rtsp://127.0.0.1:1/cam',
    })
    const viewer = await connectTo(server)
    const response = viewer.request('DESCRIBE', url)
    await until(() => relay.status.state === 'waiting')
    clock.advance(900)
    await nextTurn(3)
    await until(() => relay.status.attempts > 0 && relay.status.state === 'waiting')
    clock.advance(200)
    await until(() => relay.status.attempts === 2 && relay.status.state === 'waiting')
    clock.advance(1900)
    const { statusCode, headers } = await response
    expect(statusCode).toBe(503)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    await until(() => relay.status.state === 'idle')
  })
})

describe('a source that has to be changed', () => {
  const unauthorized = {
    OPTIONS: { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' } },
  }

  it.each([
    { name: 'wrong credentials', answers: unauthorized, reason: 'unauthorized', status: 502 },
    {
      name: 'no such stream',
      answers: { DESCRIBE: { status: 404 } },
      reason: 'notFound',
      status: 404,
    },
    {
      name: 'no transport',
      answers: { SETUP: { status: 461 } },
      reason: 'unsupported',
      status: 502,
    },
  ])('fails with $name, and answers at once', async ({ answers, reason, status }) => {
    const { camera, server, relay, url, clock } = await relayScene({ answers })
    const viewer = await connectTo(server)
    const { statusCode, headers } = await viewer.request('DESCRIBE', url)
    expect(statusCode).toBe(status)
    expect(headers.get('retry-after')).toBe('300')
    expect(relay.status).toMatchObject({ state: 'failed', reason })
    const count = camera.requests.length
    expect((await viewer.request('DESCRIBE', url)).statusCode).toBe(status)
    expect(camera.requests).toHaveLength(count)
    clock.advance(29_000)
    await nextTurn(3)
    expect(camera.requests).toHaveLength(count)
  })

  it('says when a new viewer may try, although nobody waits for it', async () => {
    const { server, relay, url, clock } = await relayScene({ answers: unauthorized })
    const viewer = await connectTo(server)
    const from = clock.unixTimeMs()
    await viewer.request('DESCRIBE', url)
    await viewer.close()
    await until(() => relay.status.state === 'failed')
    expect(Number(relay.status.until) - from).toBe(300_000)
  })

  it('is tried again by a new viewer after a while, unless its password is wrong', async () => {
    const { camera, server, url, clock, relay } = await relayScene({
      answers: { DESCRIBE: { status: 404 } },
    })
    const viewer = await connectTo(server)
    await viewer.request('DESCRIBE', url)
    clock.advance(31_000)
    const count = camera.requests.length
    expect((await viewer.request('DESCRIBE', url)).statusCode).toBe(404)
    expect(camera.requests.length).toBeGreaterThan(count)
    expect(relay.status.state).toBe('failed')
  })

  it.each([
    { failedRetrySeconds: 300, isTried: true },
    { failedRetrySeconds: 0, isTried: false },
  ])(
    'with a wrong password is tried again by a new viewer after $failedRetrySeconds s, 0 = never',
    async ({ failedRetrySeconds, isTried }) => {
      const { camera, server, url, clock } = await relayScene({
        answers: unauthorized,
        options: { failedRetrySeconds },
      })
      const viewer = await connectTo(server)
      await viewer.request('DESCRIBE', url)
      const count = camera.requests.length
      clock.advance(299_000)
      await viewer.request('DESCRIBE', url)
      expect(camera.requests).toHaveLength(count)
      clock.advance(1_000)
      const next = await connectTo(server)
      expect((await next.request('DESCRIBE', url)).statusCode).toBe(502)
      expect(camera.requests.length > count).toBe(isTried)
    },
  )

  it('is tried again at once after an update', async () => {
    const { camera, relay, states } = await relayScene({
      answers: unauthorized,
      options: { alwaysOn: true },
    })
    await until(() => relay.status.state === 'failed')
    const count = camera.requests.length
    relay.update({ lingerSeconds: 3 })
    await until(() => camera.requests.length > count)
    await until(() => states.length === 3)
    expect(states.slice(1)).toEqual(['connecting updated', 'failed unauthorized'])
  })

  it('returns after 404 with the usual delays once it has played', async () => {
    const { camera, clock, relay } = await watched({
      answers: {
        DESCRIBE: (_, count) =>
          count === 1
            ? { headers: { 'Content-Type': 'application/sdp' }, body: cameraSdp }
            : { status: 404 },
      },
    })
    lost(camera.sockets)
    await until(() => camera.of('DESCRIBE').length === 2, advancing(clock, 100))
    await until(() => relay.status.state === 'waiting')
    expect(relay.status).toMatchObject({ reason: 'notFound', attempts: 1 })
  })
})
