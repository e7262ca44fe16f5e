import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  complaints,
  ffmpegHarmless,
  type PlayResult,
  playWithFfmpeg,
  playWithGstreamer,
} from './support/players.js'
import { endPrograms, type Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { publishWithFfmpeg, publishWithGstreamer } from './support/publishers.js'
import { published, type RunningLibrary, startServer } from './support/server.js'

const transports = ['tcp', 'udp'] as const

const players = [
  { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg },
  { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer },
]
const combinations = players.flatMap((player) =>
  transports.map((transport) => ({ ...player, transport })),
)
const seconds = 3

/** At least 2 s of picture and sound out of the 3 that are played, and no complaint. */
function expectDecoded(result: PlayResult): void {
  expect(result.errors).toEqual([])
  expect(result.videoFrames).toBeGreaterThanOrEqual(2 * 25)
  expect(result.audioFrames).toBeGreaterThanOrEqual((2 * 48_000) / 1024)
}

describe.each(transports)('published by ffmpeg over %s', (publishTransport) => {
  let running: RunningLibrary
  let publisher: Program
  let url: string

  beforeAll(async () => {
    running = await startServer()
    url = `${running.url}/live/clip`
    publisher = publishWithFfmpeg({ url, transport: publishTransport })
    await published(running.server, '/live/clip')
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.concurrent.for(combinations)(
    '$player plays over $transport',
    async ({ needs, play, transport }, context) => {
      requirePrograms(context, 'ffmpeg', ...needs)
      const result = await play({ url, transport, seconds })
      expectDecoded(result)
    },
  )

  test('packets of ffmpeg are not too large for UDP', { tags: 'A-RTP-3' }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    expect(running.server.stats().oversizedPackets).toBe(0)
    expect(publisher.isRunning).toBe(true)
  })

  test('when the publisher goes, its viewers end and the pool is empty', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const reasons: string[] = []
    running.server.pool.on('sessionRemoved', (_, reason) => void reasons.push(reason))
    const playing = transports.map((transport) => playWithFfmpeg({ url, transport, seconds: 60 }))
    // What they have by then, about two seconds, is enough for ffmpeg to know what it plays.
    const areShowing = () =>
      [...running.server.pool.values()].filter(({ stats }) => stats.packetsOut > 300).length === 2
    expect(await until(areShowing)).toBe(true)
    expect(complaints(0, publisher.stderr.split('\n'), ffmpegHarmless)).toEqual([])
    await publisher.stop()
    expect(await until(() => running.server.pool.size === 0, 2000)).toBe(true)
    expect(reasons.filter((reason) => reason === 'mediaEnded')).toHaveLength(2)
    for (const result of await Promise.all(playing)) expect(result.errors).toEqual([])
  })
})

describe('published by rtspclientsink', () => {
  let running: RunningLibrary
  beforeAll(async () => {
    running = await startServer()
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.concurrent.for(transports)('over %s, ffmpeg plays', async (transport, context) => {
    requirePrograms(context, 'ffmpeg', 'gst rtspclientsink', 'gst h264parse')
    const path = `/live/${transport}`
    const url = `${running.url}${path}`
    const publisher = publishWithGstreamer({ url, transport })
    await published(running.server, path)
    const result = await playWithFfmpeg({
      url,
      transport: 'tcp',
      seconds,
      timedByCount: true,
    })
    expectDecoded(result)
    await publisher.stop()
  })
})

describe('over IPv6', () => {
  let running: RunningLibrary
  beforeAll(async () => {
    running = await startServer({ host: '::1' })
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.concurrent.for(transports)('ffmpeg plays over %s', async (transport, context) => {
    requirePrograms(context, 'ffmpeg')
    const result = await playWithFfmpeg({ url: `${running.url}/test`, transport, seconds })
    expectDecoded(result)
  })

  test.concurrent.for(transports)(
    'ffmpeg publishes and plays over %s: its packets are not too large',
    { tags: 'A-RTP-3' },
    async (transport, context) => {
      requirePrograms(context, 'ffmpeg')
      const path = `/live/${transport}`
      const url = `${running.url}${path}`
      const publisher = publishWithFfmpeg({ url, transport })
      await published(running.server, path)
      const result = await playWithFfmpeg({ url, transport, seconds })
      expectDecoded(result)
      expect(running.server.stats().oversizedPackets).toBe(0)
      await publisher.stop()
    },
  )
})
