import { fileURLToPath } from 'node:url'
import { fileMedia } from 'rtspool/file'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { decode, type Picture } from './support/frames.js'
import { MediaFiles } from './support/media-files.js'
import { endPrograms, Program } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const seekingPlayer = fileURLToPath(new URL('support/seeking-player.py', import.meta.url))
const fileSeconds = 10
const pictureCount = 250
/** A key frame every 1.6 s, so that seeks rarely hit one. */
const keyFrameSeconds = 1.6
/** Number of pictures at the end, 0.4 s of them, that a player may not show because they come late. */
const latePictures = 10

describe('a file of 10 s', () => {
  let server: RunningLibrary
  let files: MediaFiles
  let path: string
  let url: string
  /** As ffmpeg decodes the file itself. */
  let all: readonly Picture[] = []
  beforeAll(async () => {
    server = await startServer()
    files = await MediaFiles.create()
    if (reasonToSkip('ffmpeg')) return
    const extra = ['-g', `${keyFrameSeconds * 25}`]
    path = await files.make({ name: 'ten.mp4', video: 'h264', audio: 'aac', seconds: 10, extra })
    server.server.mounts.add('/file', fileMedia(path, { shared: false }))
    url = `${server.url}/file`
    all = (await decode({ input: path })).pictures
  })
  afterAll(async () => {
    await server.close()
    await endPrograms()
    await files.remove()
  })

  test('has pictures that all differ, so that each tells which it is', (context) => {
    requirePrograms(context, 'ffmpeg')
    expect(new Set(all.map(({ md5 }) => md5)).size).toBe(pictureCount)
  })

  test('ffmpeg seeks to 5 random points and gets the pictures of the file', {
    tags: ['A-RNG-1', 'A-PLY-1', 'A-INF-1'],
  }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const points = Array.from({ length: 5 }, () => Math.random() * (fileSeconds - 0.5))
    const seek = async (startSeconds: number) => {
      const of = { startSeconds: Number(startSeconds.toFixed(3)), count: 6 }
      const [played, expected] = await Promise.all([
        decode({ ...of, input: url, transport: 'tcp' }),
        decode({ ...of, input: path }),
      ])
      return { played, expected }
    }
    for (const { played, expected } of await Promise.all(points.map(seek))) {
      expect(played).toEqual(expected)
      expect(played.pictures).toHaveLength(6)
      expect(played.errors).toEqual([])
    }
  })

  test('ffmpeg seeks over UDP', { tags: 'A-RNG-1' }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const of = { startSeconds: 5.5, count: 6 }
    const played = await decode({ ...of, input: url, transport: 'udp' })
    // It complains of what was in its socket from before the seek; what it shows is right.
    expect(played.pictures).toEqual((await decode({ ...of, input: path })).pictures)
  })

  test('ffmpeg plays it to the end', { tags: 'A-PLY-5' }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { pictures, errors } = await decode({ input: url, transport: 'tcp' })
    expect(errors).toEqual([])
    expect(md5sOf(pictures)).toEqual(md5sOf(all))
  })

  test('ffmpeg plays it again when it has come to the end', {
    tags: 'A-PLY-5',
  }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { pictures } = await decode({ input: url, transport: 'tcp', repeats: 1 })
    const played = md5sOf(pictures)
    expect(played.slice(0, pictureCount)).toEqual(md5sOf(all))
    const again = played.slice(pictureCount)
    // It leaves out the first few, whose times it takes for past.
    expect(again.length).toBeGreaterThanOrEqual(pictureCount - 10)
    expect(again).toEqual(md5sOf(all).slice(-again.length))
  })

  test.for(['tcp', 'udp'] as const)(
    'GStreamer seeks, plays to the end and again over %s',
    { tags: ['A-RNG-1', 'A-PLY-5'] },
    async (transport, context) => {
      requirePrograms(context, 'ffmpeg', 'GstRtspServer for Python', ...gstreamerPlayer)
      const [begin, first, second, third, end, again] = await playWithSeeks(url, transport, [
        ...['5', '2.3', '8.9', 'end', '0'],
      ])
      expect([numberOf(begin, 0), numberOf(begin, 5)]).toEqual([0, 5])
      // Seeks go to the key frame before.
      for (const [step, keyFrame] of [
        [first, 120],
        [second, 40],
        [third, 200],
        [again, 0],
      ] as const) {
        // Over UDP, what was in the socket from before the seek is decoded as well.
        expect(step?.pictures.some(([, md5]) => md5 === all[keyFrame]?.md5)).toBe(true)
        if (transport === 'tcp') expect(numberOf(step, 0)).toBe(keyFrame)
        expect(step?.pictures.length).toBeGreaterThan(10)
      }
      expect(end?.ended).toBe(true)
      // rtspsrc ends at the announced end by its own clock: pictures that come late, on a busy machine, are not shown.
      expect(numberOf(end, -1)).toBeGreaterThanOrEqual(pictureCount - latePictures)
    },
  )

  test('GStreamer pauses and goes on with the next picture', {
    tags: 'A-PLY-3',
  }, async (context) => {
    requirePrograms(context, 'ffmpeg', 'GstRtspServer for Python', ...gstreamerPlayer)
    const [begin, resumed] = await playWithSeeks(url, 'tcp', ['pause'])
    expect(begin?.ended).toBe(false)
    const last = numberOf(begin, -1) ?? Number.NaN
    const next = numberOf(resumed, 0) ?? Number.NaN
    expect(next).toBeGreaterThan(last)
    expect(next).toBeLessThanOrEqual(last + 3)
  })

  interface Step {
    readonly ended: boolean
    readonly pictures: readonly [seconds: number, md5: string][]
  }

  async function playWithSeeks(of: string, transport: string, steps: string[]): Promise<Step[]> {
    const program = new Program('/usr/bin/python3', [seekingPlayer, of, transport, ...steps])
    expect([await program.ended(40_000), program.stderr]).toEqual([0, ''])
    return JSON.parse(program.stdout) as Step[]
  }

  /** Which picture of the file a step has shown, -1 for none of the file. */
  function numberOf(step: Step | undefined, index: number): number | undefined {
    const shown = step?.pictures.at(index)?.[1]
    return shown === undefined ? undefined : all.findIndex(({ md5 }) => md5 === shown)
  }
})

const md5sOf = (pictures: readonly Picture[]): string[] => pictures.map(({ md5 }) => md5)
