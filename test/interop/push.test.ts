import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { numberedPictures, readNumbers } from './support/lamps.js'
import { MediaFiles } from './support/media-files.js'
import { playWithFfmpeg } from './support/players.js'
import { endPrograms, Program, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Starts an example as its users do. */
async function startExample(name: string, args: readonly string[] = [], hasInput = false) {
  const program = new Program(process.execPath, [pathOf(`examples/dist/${name}.js`), ...args], {
    env: { PORT: `${await freePort()}` },
    hasInput,
  })
  const listens = /rtsp:\/\/\S+/
  await until(() => listens.test(program.stdout) || !program.isRunning)
  const [url] = listens.exec(program.stdout) ?? []
  if (!url) throw new Error(`${name} did not start: ${program.stdout}${program.stderr}`)
  return { program, url }
}

describe('examples that push', () => {
  let files: MediaFiles
  beforeAll(async () => {
    files = await MediaFiles.create()
    const compiler = pathOf('node_modules/typescript/bin/tsc')
    const built = await new Program(process.execPath, [compiler, '-b', pathOf('examples')]).ended(
      120_000,
    )
    expect(built).toBe(0)
  }, 150_000)
  afterAll(async () => {
    await endPrograms()
    await files.remove()
  })

  /** Plays an example, and checks the numbers that are drawn in its pictures, and their times. */
  async function expectNumbers(url: string, name: string, ticksPerPicture: number) {
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
    const input = ['-re', '-f', 'lavfi', '-i', numberedPictures, ...sound]
    const { url, program } = await startExample('push-ffmpeg', input)
    await expectNumbers(url, 'ffmpeg', 3600)
    const played = await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })
    expect(played.audioFrames).toBeGreaterThan(30)
    expect(await program.stop()).toBe(0)
  })

  test('push-canvas: pictures that the program draws', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { url, program } = await startExample('push-canvas')
    await expectNumbers(url, 'canvas', 9000)
    expect(await program.stop()).toBe(0)
  })

  test('push-packets: packets of a demuxer, in real time', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const options = { seconds: 5, video: 'h264', audio: 'aac' } as const
    const file = await files.make({ name: 'lamps.mp4', picture: numberedPictures, ...options })
    const { url, program } = await startExample('push-packets', [file])
    await expectNumbers(url, 'packets', 3600)
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
