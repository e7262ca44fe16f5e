import { openFileSource } from 'rtspool/file'
import { type RelayMedia, relayMedia } from 'rtspool/relay'
import { afterEach, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { startFileCamera } from './support/file-camera.js'
import { makeFlashes } from './support/flashes.js'
import {
  type DecodedStream,
  startFfmpegDecoder,
  startGstreamerDecoder,
} from './support/live-decoders.js'
import { MediaFiles } from './support/media-files.js'
import { viewersOf, watched } from './support/outage-viewers.js'
import { endPrograms, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

let running: RunningLibrary | undefined
let relay: RelayMedia | undefined
let files: MediaFiles | undefined

afterEach(async () => {
  await endPrograms()
  await running?.close()
  await relay?.close()
  await files?.remove()
})

/** A grey picture of another size than that of the camera, and silence. */
const makeSlate = (of: MediaFiles): Promise<string> =>
  of.make({
    ...{ name: 'slate.mp4', seconds: 1, video: 'h264', audio: 'aac' },
    picture: 'color=c=gray:s=320x240:r=25',
    extra: ['-bf', '0', '-af', 'volume=0'],
  })

const isGrey = (mean = 0): boolean => mean > 100 && mean < 150
const isWhite = (mean = 0): boolean => mean > 200
const packetsOfASecond = 25 + 47

/** @param minStep - Seconds between two times. GStreamer repeats a time rather than going back when packets come early. */
function expectMonotonic(name: string, times: readonly number[], minStep: number): void {
  expect(times.length, name).toBeGreaterThan(0)
  for (const [index, at] of times.slice(1).entries()) {
    expect(at - (times[index] ?? 0), `${name}, ${index}`).toBeGreaterThanOrEqual(minStep)
  }
}

/** Expects tones beside the flashes, wherever sound was played before and after. */
function expectInStep({ pictures, tones }: DecodedStream): void {
  const flashes = pictures.filter(
    ({ mean }, index) => isWhite(mean) && (pictures[index - 1]?.mean ?? 255) < 50,
  )
  expect(flashes.length).toBeGreaterThanOrEqual(4)
  for (const { at } of flashes.slice(1)) {
    const apart = Math.min(...tones.map((tone) => Math.abs(tone - at)))
    expect(apart, `flash at ${at}`).toBeLessThan(0.04)
  }
}

test('ffmpeg and GStreamer decode a slate, a failover and a return without an error', async (context) => {
  requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
  files = await MediaFiles.create()
  const [file, slate] = [await makeFlashes(files), await makeSlate(files)]
  const [main, spare] = await Promise.all([startFileCamera(file), startFileCamera(file)])
  running = await startServer()
  const { server } = running
  relay = relayMedia([main.url, spare.url], {
    backoff: { firstSeconds: 0.2, maxSeconds: 0.4 },
    returnSeconds: 0.3,
    // GStreamer takes the kept pictures that a new viewer gets at once for a fast clock, and moves its sound back later.
    gopCache: false,
    onAway: { slate: () => openFileSource(slate, { loop: true }) },
  })
  const { status } = relay
  expect(status.source).toBe(main.url)
  server.mounts.add('/cam', relay)
  const reasons: string[] = []
  server.pool.on('sessionRemoved', (_, reason) => reasons.push(reason))
  const url = `${running.url}/cam`
  const decoders = [startFfmpegDecoder(url)]
  expect(await until(() => viewersOf(server).length === 1)).toBe(true)
  await watched(server, packetsOfASecond)
  decoders.push(startGstreamerDecoder(url))
  expect(await until(() => viewersOf(server).length === 2)).toBe(true)
  const playing = (from: string): Promise<boolean> =>
    until(() => relay?.status.state === 'playing' && relay.status.source === from)
  await watched(server, packetsOfASecond)

  await main.program.stop('SIGKILL')
  expect(await playing(spare.url)).toBe(true)
  await watched(server, packetsOfASecond)
  let camera = await startFileCamera(file, main.port)
  expect(await playing(main.url)).toBe(true)
  await watched(server, packetsOfASecond)

  for (const program of [camera.program, spare.program]) await program.stop('SIGTERM')
  await watched(server, packetsOfASecond)
  expect(relay.status.state).not.toBe('playing')
  camera = await startFileCamera(file, main.port)
  expect(await playing(main.url)).toBe(true)
  await watched(server, packetsOfASecond)

  await camera.program.stop('SIGKILL')
  await settle(600, 'viewers are sent the slate meanwhile')
  await startFileCamera(file, spare.port)
  expect(await playing(spare.url)).toBe(true)
  await watched(server, 2 * packetsOfASecond)
  expect(reasons).toEqual([])

  for (const { name, program, read } of decoders) {
    expect(program.isRunning, name).toBe(true)
    await program.stop('SIGINT')
    const decoded = read(program)
    expect([name, decoded.errors]).toEqual([name, []])
    const minStep = name === 'ffmpeg' ? 1e-6 : 0
    expectMonotonic(
      `${name}, pictures`,
      decoded.pictures.map(({ at }) => at),
      minStep,
    )
    if (name !== 'ffmpeg') expectMonotonic(`${name}, sound`, decoded.sounds, minStep)
    else {
      expect(decoded.pictures.filter(({ mean }) => isGrey(mean)).length).toBeGreaterThan(20)
      expectInStep(decoded)
    }
  }
})
