import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { InputTrack } from 'mediabunny'
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'
import {
  aac,
  av1,
  h264,
  h265,
  LiveMedia,
  l16,
  mjpeg,
  opus,
  pcma,
  pcmu,
  type TimedUnit,
  type UnitFormat,
  vp8,
  vp9,
} from 'rtspool/push'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Av1Units } from './support/av1-units.js'
import { numberedPictures, readNumbers } from './support/lamps.js'
import { MediaFiles } from './support/media-files.js'
import { endPrograms, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'
import { Viewer } from './support/viewer.js'

const run = promisify(execFile)
/** Pictures of a clip, which is written again and again: fewer than the lamps can show. */
const clipPictures = 100
const clipSeconds = clipPictures / 25
const ticksPerPicture = 3600
const readPictures = 20
/** Frequency of the sound in Hz. */
const pitch = 440
const sampleRate = 48_000
const readSeconds = 1.5
const long = { timeout: 120_000 }

/** Encoders of ffmpeg, with a key frame each 10 pictures. */
const pictureEncoders = {
  h264: ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '10', '-bf', '2'],
  h265: ['-c:v', 'libx265', '-preset', 'veryfast', '-x265-params', 'log-level=none:keyint=10'],
  vp8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10', '-b:v', '1M'],
  vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10', '-b:v', '1M'],
  av1: ['-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-g', '10', '-b:v', '1M'],
} as const
type PictureName = keyof typeof pictureEncoders

const soundEncoders = {
  aac: ['-c:a', 'aac'],
  opus: ['-c:a', 'libopus'],
} as const
type SoundName = keyof typeof soundEncoders

const pictureFormats = { h264, h265, vp8, vp9, av1 } as const

/** Encodings of samples, with the format of ffmpeg and the bytes of a second. */
const sampleFormats = {
  pcmu: { format: () => pcmu(), rate: 8000, as: 'mulaw', bytesOfSecond: 8000 },
  pcma: { format: () => pcma(), rate: 8000, as: 'alaw', bytesOfSecond: 8000 },
  l16: { format: () => l16(), rate: sampleRate, as: 's16le', bytesOfSecond: 2 * sampleRate },
} as const

describe('formats of rtspool/push, decoded by ffmpeg', () => {
  let files: MediaFiles
  let running: RunningLibrary
  const ends: (() => unknown)[] = []
  beforeAll(async () => {
    files = await MediaFiles.create()
    running = await startServer()
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  afterAll(async () => {
    await running.close()
    await endPrograms()
    await files.remove()
  })

  /** Serves a track that gets these units in real time. @returns Its URL. */
  function serve(
    name: string,
    format: UnitFormat,
    units: AsyncIterable<TimedUnit | Uint8Array>,
    split = false,
  ): string {
    const live = new LiveMedia({ tracks: [format] })
    const stop = new AbortController()
    const written = live.tracks[0].writeFrom(units, { pace: true, split, signal: stop.signal })
    running.server.mounts.add(`/${name}`, live.factory)
    ends.push(async () => {
      stop.abort()
      await written.catch(() => {})
      await live.close()
      running.server.mounts.remove(`/${name}`)
    })
    return `${running.url}/${name}`
  }

  const encode = (input: string, seconds: number, args: readonly string[], file: string) =>
    run('ffmpeg', [
      ...['-v', 'error', '-y', '-f', 'lavfi', '-i', input, '-t', `${seconds}`],
      ...[...args, file],
    ])

  /** Encodes the numbered pictures. @returns The only track of the file. */
  async function clipOf(name: PictureName): Promise<InputTrack> {
    const file = files.pathOf(`${name}.mkv`)
    const coding = [...pictureEncoders[name], '-pix_fmt', 'yuv420p']
    await encode(numberedPictures, clipSeconds, coding, file)
    return trackOf(file)
  }

  function expectSuccessive(numbers: readonly number[]): void {
    const [first = 0] = numbers
    expect(numbers).toEqual(numbers.map((_, at) => (first + at) % clipPictures))
  }

  /** Reads numbers and times with ffmpeg. */
  async function expectNumbers(url: string, name: string): Promise<void> {
    const path = files.pathOf(`${name}.raw`)
    const { pictures, errors } = await readNumbers({ url, count: readPictures, path })
    expect(errors).toEqual([])
    expect(pictures).toHaveLength(readPictures)
    expectSuccessive(pictures.map(({ index }) => index))
    // FFmpeg 5.1 gives the first packet of a presentation no time, and guesses one.
    const [base, ...later] = pictures.slice(1)
    for (const [at, { ticks }] of later.entries()) {
      const expected = (base?.ticks ?? 0) + (at + 1) * ticksPerPicture
      expect(Math.abs(ticks - expected)).toBeLessThanOrEqual(1)
    }
  }

  test.for(['h264', 'h265', 'vp8', 'vp9'] as const)('%s', long, async (name, context) => {
    requirePrograms(context, 'ffmpeg')
    const track = await clipOf(name)
    const configuration = await configurationOf(track)
    const isNal = name === 'h264' || name === 'h265'
    const format = isNal ? pictureFormats[name]({ configuration }) : pictureFormats[name]()
    await expectNumbers(serve(name, format, packetsOf(track, clipSeconds)), name)
  })

  test('av1', long, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const track = await clipOf('av1')
    const url = serve('av1', av1(), packetsOf(track, clipSeconds))
    // FFmpeg 5.1 and GStreamer 1.22 know no AV1 in RTP: the test joins the packets, and ffmpeg decodes.
    const units = new Av1Units()
    const viewer = await Viewer.join(url, 'tcp', (packet) => units.push(packet))
    ends.push(() => viewer.leave('close'))
    expect(await until(() => units.count >= readPictures, 30_000)).toBe(true)
    const file = files.pathOf('av1.obu')
    await writeFile(file, units.stream())
    const path = files.pathOf('av1.raw')
    const { pictures, errors } = await readNumbers({ url: file, count: readPictures, path })
    expect(errors).toEqual([])
    expect(pictures).toHaveLength(readPictures)
    expectSuccessive(pictures.map(({ index }) => index))
    const [firstTime = 0, ...times] = units.timestamps.slice(0, readPictures)
    for (const [at, time] of times.entries()) {
      expect(Math.abs(((time - firstTime) >>> 0) - (at + 1) * ticksPerPicture)).toBeLessThan(2)
    }
  })

  test('mjpeg', long, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const file = files.pathOf('numbers.mjpeg')
    const coding = ['-c:v', 'mjpeg', '-huffman', 'default', '-pix_fmt', 'yuvj420p', '-q:v', '3']
    await encode(numberedPictures, clipSeconds, coding, file)
    const url = serve('mjpeg', mjpeg({ frameRate: 25 }), repeated(readFileSync(file)), true)
    await expectNumbers(url, 'mjpeg')
  })

  /** Decodes sound with ffmpeg, and measures its pitch. */
  async function expectPitch(url: string, name: string): Promise<void> {
    const path = files.pathOf(`${name}.s16`)
    const input = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', url, '-t', `${readSeconds}`]
    const output = ['-f', 's16le', '-ac', '1', '-ar', `${sampleRate}`, path]
    const { stderr } = await run('ffmpeg', ['-y', ...input, ...output])
    expect(stderr).toBe('')
    const bytes = await readFile(path)
    // The decoder of AAC begins with silence.
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1).slice(9600)
    expect(samples.length / sampleRate).toBeGreaterThan(readSeconds - 0.4)
    expect(Math.max(...samples)).toBeGreaterThan(1000)
    let rises = 0
    for (let at = 1; at < samples.length; at++) {
      if ((samples[at - 1] ?? 0) < 0 && (samples[at] ?? 0) >= 0) rises++
    }
    // A missing or repeated frame is 20 ms, and so 9 periods more or fewer.
    expect(Math.abs(rises - (pitch * samples.length) / sampleRate)).toBeLessThan(3)
  }

  const sine = (rate: number): string => `sine=frequency=${pitch}:sample_rate=${rate}`
  /** Seconds of sound: a whole number of periods and of AAC frames is not needed within one read. */
  const soundSeconds = 60

  test.for(['aac', 'opus'] as const)('%s', long, async (name: SoundName, context) => {
    requirePrograms(context, 'ffmpeg')
    const file = files.pathOf(`${name}.mkv`)
    await encode(sine(sampleRate), soundSeconds, [...soundEncoders[name], '-ac', '2'], file)
    const track = await trackOf(file)
    const configuration = await configurationOf(track)
    const format = name === 'aac' ? aac({ configuration }) : opus()
    await expectPitch(serve(name, format, packetsOf(track, soundSeconds)), name)
  })

  test.for(['pcmu', 'pcma', 'l16'] as const)('%s', long, async (name, context) => {
    requirePrograms(context, 'ffmpeg')
    const { format, rate, as, bytesOfSecond } = sampleFormats[name]
    const file = files.pathOf(`${name}.samples`)
    await encode(sine(rate), 1, ['-f', as], file)
    // A second has a whole number of periods, so that the repetition is not audible.
    const second = readFileSync(file).subarray(0, bytesOfSecond)
    await expectPitch(serve(name, format(), repeated(second, bytesOfSecond / 50)), name)
  })
})

async function trackOf(file: string): Promise<InputTrack> {
  const input = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS })
  const [track] = await input.getTracks()
  if (!track) throw new Error(`${file} has no track`)
  return track
}

/** Returns the decoder configuration of a track: `avcC`, `hvcC` or the AudioSpecificConfig. */
async function configurationOf(track: InputTrack): Promise<Uint8Array | undefined> {
  const known = track.isVideoTrack() || track.isAudioTrack() ? track : undefined
  const description = (await known?.getDecoderConfig())?.description
  return description && new Uint8Array(description as ArrayBuffer)
}

/** Yields the packets of a track, again and again. */
async function* packetsOf(track: InputTrack, seconds: number): AsyncGenerator<TimedUnit> {
  for (let round = 0; ; round++) {
    for await (const { data, timestamp, type } of new EncodedPacketSink(track).packets()) {
      yield { data, pts: round * seconds + timestamp, keyFrame: type === 'key' }
    }
  }
}

/** Yields bytes in pieces, again and again. */
async function* repeated(bytes: Buffer, pieceBytes = bytes.length): AsyncGenerator<Uint8Array> {
  for (;;) {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
}
