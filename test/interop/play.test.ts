import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, Program } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningServer, startCommand, startServer } from './support/server.js'

const servers = [
  { name: 'the library', start: () => startServer() },
  { name: 'the rtspool command', start: () => startCommand() },
]

describe.each(servers)('/test of $name', ({ start }) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(async () => {
    await server.close()
    await endPrograms()
  })

  test('ffprobe sees one H.264 and one AAC stream', async (context) => {
    requirePrograms(context, 'ffprobe')
    const program = new Program('ffprobe', [
      ...['-v', 'warning', '-rtsp_transport', 'tcp', '-of', 'csv=p=0'],
      ...['-show_entries', 'stream=codec_name,width,height,sample_rate', `${server.url}/test`],
    ])
    expect(await program.ended(20_000)).toBe(0)
    expect(program.stderr).toBe('')
    expect(program.stdout.trim().split('\n')).toEqual(['h264,640,360', 'aac,48000'])
  })

  test.concurrent.for(['tcp', 'udp'] as const)(
    'ffmpeg decodes 3 s over %s',
    async (transport, context) => {
      requirePrograms(context, 'ffmpeg')
      const result = await playWithFfmpeg({ url: `${server.url}/test`, transport, seconds: 3 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(120)
    },
  )

  test.concurrent.for(['tcp', 'udp'] as const)(
    'GStreamer decodes 3 s over %s',
    async (transport, context) => {
      requirePrograms(context, ...gstreamerPlayer)
      const result = await playWithGstreamer({ url: `${server.url}/test`, transport, seconds: 3 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(100)
    },
  )

  test.concurrent.for(['tcp', 'udp'] as const)(
    'GStreamer in onvif-mode decodes 3 s over %s',
    { tags: 'R-3' },
    async (transport, context) => {
      requirePrograms(context, ...gstreamerPlayer)
      const result = await playWithGstreamer({
        ...{ url: `${server.url}/test`, transport, seconds: 3, isOnvif: true },
      })
      // Over TCP it has no running time yet for the jitter of the first packets, and says so.
      const errors = result.errors.filter((line) => !line.includes('calculate_jitter'))
      expect(errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(100)
    },
  )

  test.concurrent.for(['tcp', 'udp'] as const)(
    'GStreamer that begins with RTSP 2.0 hears 505, comes back to 1.0 and decodes 3 s over %s',
    async (transport, context) => {
      requirePrograms(context, ...gstreamerPlayer)
      const result = await playWithGstreamer({
        ...{ url: `${server.url}/test`, transport, seconds: 3, rtspVersion: '2-0' },
      })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(100)
    },
  )
})
