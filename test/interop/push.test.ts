import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { compileExamples, startExample } from './support/examples.js'
import { numberedPicturesAt, readNumbers } from './support/lamps.js'
import { MediaFiles } from './support/media-files.js'
import { playWithFfmpeg } from './support/players.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const rate = 30
const ticksPerPicture = 90_000 / rate

describe('examples that push', () => {
  let files: MediaFiles
  beforeAll(async () => {
    files = await MediaFiles.create()
    await compileExamples()
  }, 150_000)
  afterAll(async () => {
    await endPrograms()
    await files.remove()
  })

  /** Plays an example, and checks the numbers that are drawn in its pictures, and their times. */
  async function expectNumbers(url: string, name: string) {
    const count = 20
    const path = files.pathOf(`${name}.raw`)
    const { pictures, errors } = await readNumbers({ url, count, path })
    expect(errors).toEqual([])
    expect(pictures).toHaveLength(count)
    const [first] = pictures
    const numbers = pictures.map(({ index }) => index - (first?.index ?? 0))
    expect(numbers).toEqual(pictures.map((_, at) => at))
    // FFmpeg 5.1 gives the first packet of a presentation no time, and guesses one.
    const [base, ...later] = pictures.slice(1)
    for (const [at, { ticks }] of later.entries()) {
      const expected = (base?.ticks ?? 0) + (at + 1) * ticksPerPicture
      expect(Math.abs(ticks - expected)).toBeLessThanOrEqual(1)
    }
  }

  test('push-ffmpeg: pictures of a child process', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const sound = ['-re', '-f', 'lavfi', '-i', 'sine=sample_rate=48000']
    const input = ['-re', '-f', 'lavfi', '-i', numberedPicturesAt(rate), ...sound]
    const { url, program } = await startExample('push-ffmpeg', input)
    await expectNumbers(url, 'ffmpeg')
    const played = await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })
    expect(played.audioFrames).toBeGreaterThan(30)
    expect(await program.stop()).toBe(0)
  })

  test('push-canvas: pictures that the program draws', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { url, program } = await startExample('push-canvas')
    await expectNumbers(url, 'canvas')
    expect(await program.stop()).toBe(0)
  })

  test('push-packets: packets of a demuxer, in real time', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const options = { seconds: 5, video: 'h264', audio: 'aac' } as const
    const file = await files.make({
      name: 'lamps.mp4',
      picture: numberedPicturesAt(rate),
      ...options,
    })
    const { url, program } = await startExample('push-packets', [file])
    await expectNumbers(url, 'packets')
    const played = await playWithFfmpeg({ url, transport: 'udp', seconds: 1 })
    expect([played.errors, played.audioFrames > 30]).toEqual([[], true])
    expect(await program.stop()).toBe(0)
  })

  test('push-microphone: samples from a pipe', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { url, program } = await startExample('push-microphone', [], true)
    let isPlaying = true
    const played = playWithFfmpeg({ url, transport: 'tcp', seconds: 1 }).finally(() => {
      isPlaying = false
    })
    const second = Buffer.from(Array.from({ length: 96_000 }, (_, at) => at % 251))
    while (isPlaying) {
      program.writeInput(second.subarray(0, 9_600))
      await settle(100, 'a microphone takes its time')
    }
    const { audioFrames, errors } = await played
    expect(errors).toEqual([])
    expect(audioFrames).toBeGreaterThan(30)
    expect(await program.stop()).toBe(0)
  })
})
