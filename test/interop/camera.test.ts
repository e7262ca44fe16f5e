import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playWithFfmpeg } from './support/players.js'
import { endPrograms, Program, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const command = fileURLToPath(new URL('../../packages/rtspool-server/lib/main.js', import.meta.url))

describe('rtspool camera', () => {
  let camera: Program
  let url = ''
  beforeAll(async () => {
    camera = new Program(process.execPath, [command, 'camera', '--port', '0'])
    const line = /serves virtual cameras on (rtsp:\S+)/
    await until(() => line.test(camera.stdout) || !camera.isRunning)
    url = line.exec(camera.stdout)?.[1] ?? ''
    expect(url, camera.stderr).not.toBe('')
  })
  afterAll(async () => {
    expect(await camera.stop('SIGTERM')).toBe(0)
    await endPrograms()
  })

  test.for(['tcp', 'udp'] as const)(
    'ffmpeg decodes 3 s with jitter over %s',
    async (transport, context) => {
      requirePrograms(context, 'ffmpeg')
      const result = await playWithFfmpeg({
        ...{ url: `${url}/test?loss=0&jitter=40`, transport, seconds: 3 },
      })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(120)
    },
  )

  test('ffmpeg ends by itself with drop=tcp@2, and has decoded what came before', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const program = new Program('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-rtsp_transport', 'tcp'],
      ...['-i', `${url}/test?drop=tcp@2`, '-map', '0:v', '-f', 'framecrc', '-'],
    ])
    expect(await program.ended(30_000)).not.toBe('timeout')
    const frames = program.stdout.split('\n').filter((line) => line.startsWith('0,'))
    expect(frames.length).toBeGreaterThanOrEqual(25)
  })

  test('ffmpeg plays the small clips too', async (context) => {
    requirePrograms(context, 'ffprobe')
    const codecs = ['/h265', '/pcm'].map(async (path) => {
      const program = new Program('ffprobe', [
        ...['-v', 'error', '-rtsp_transport', 'tcp', '-of', 'csv=p=0'],
        ...['-show_entries', 'stream=codec_name', `${url}${path}`],
      ])
      await program.ended(20_000)
      return program.stdout.trim()
    })
    expect(await Promise.all(codecs)).toEqual(['hevc', 'pcm_s16be'])
  })
})
