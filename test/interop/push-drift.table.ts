import { connect } from 'rtspool/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { type Drift, driftOf, type Mark } from './support/drift.js'
import { compileExamples, startExample } from './support/examples.js'
import { lampNumbers, NumberDecoder, numberedPicturesAt } from './support/lamps.js'
import { MediaFiles } from './support/media-files.js'
import { endPrograms, Program } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const seconds = Number(process.env.RTSPOOL_DRIFT_SECONDS ?? 600)
const rate = 30
const limitMs = 20
const windowMs = Math.min(10_000, seconds * 250)
const picture = { clockRate: 90_000, ticksPerNumber: 90_000 / rate, modulus: lampNumbers, windowMs }
const sample = { clockRate: 48_000, ticksPerNumber: 1, modulus: 2 ** 16, windowMs }
const lavfi = ['-f', 'lavfi', '-i']
const tone = [...lavfi, 'sine=sample_rate=48000']

type Times = Omit<Mark, 'number'>

let files: MediaFiles
beforeAll(async () => {
  files = await MediaFiles.create()
  await compileExamples()
}, 150_000)
afterAll(async () => {
  await endPrograms()
  await files.remove()
})

test(
  `examples that push keep the wall clock for ${seconds} s`,
  async (context) => {
    requirePrograms(context, 'ffmpeg')
    const live = ['-re', ...lavfi, numberedPicturesAt(rate), '-re', ...tone]
    const rows = await Promise.all([
      watchPictures('push-ffmpeg', live),
      watchPictures('push-canvas'),
      watchPictures('push-packets', [await longFile()]),
      watchMicrophone(),
    ])
    console.table(rows.map(({ name, drift }) => ({ example: name, ...shown(drift) })))
    for (const { name, drift } of rows) {
      expect(drift.marks, name).toBeGreaterThan(rate * (seconds - 5))
      expect(drift, name).toMatchObject({ wrongNumbers: 0 })
      expect(drift.maxTicks, name).toBeLessThanOrEqual(1)
      expect(drift.reportedMs, name).toBeLessThanOrEqual(limitMs)
      expect(drift.arrivalMs, name).toBeLessThanOrEqual(limitMs)
    }
  },
  (seconds + 240) * 1000,
)

/** Makes a film that is longer than the test, from one round of numbers. */
async function longFile(): Promise<string> {
  const [round, film] = [files.pathOf('round.mp4'), files.pathOf('film.mp4')]
  const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', `${rate}`, '-bf', '0']
  await ffmpeg([
    ...lavfi,
    numberedPicturesAt(rate),
    '-frames:v',
    `${lampNumbers}`,
    ...encoder,
    round,
  ])
  const input = ['-stream_loop', '-1', '-i', round, ...tone, '-map', '0:v', '-map', '1:a']
  await ffmpeg([...input, '-t', `${seconds + 60}`, '-c:v', 'copy', '-c:a', 'aac', film])
  return film
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  const program = new Program('ffmpeg', ['-nostdin', '-loglevel', 'error', ...args])
  expect([await program.ended(240_000), program.stderr]).toEqual([0, ''])
}

/** Plays an example, decodes each picture, and compares the number in it with its times. */
async function watchPictures(name: string, args: readonly string[] = []) {
  const { url, program } = await startExample(name, args)
  const decoder = new NumberDecoder(files.pathOf(`${name}.raw`))
  const times: Times[] = []
  await using client = await connect(url, { transports: ['tcp'] })
  const endMs = Date.now() + seconds * 1000
  for await (const { track, parts, timestamp, unixTimeMs } of client.accessUnits()) {
    const arrivedMs = Date.now()
    if (track.kind !== 'video') continue
    times.push({ count: 1, timestamp, arrivedMs, reportedMs: unixTimeMs })
    decoder.write(parts)
    if (arrivedMs > endMs) break
  }
  const numbers = await decoder.end()
  expect(numbers, name).toHaveLength(times.length)
  expect(client.stats().lostPackets, name).toBe(0)
  expect(await program.stop(), name).toBe(0)
  const marks = times.map((each, index) => ({ number: numbers[index] ?? -1, ...each }))
  return { name, drift: driftOf(marks, picture) }
}

/** Speaks samples that count into the microphone, in real time, and compares those that come with their times. */
async function watchMicrophone() {
  const name = 'push-microphone'
  const { url, program } = await startExample(name, [], true)
  const begin = performance.now()
  let isSpeaking = true
  const speak = async (): Promise<void> => {
    let spoken = 0
    while (isSpeaking) {
      const due = Math.floor(((performance.now() - begin) * 48_000) / 1000)
      const samples = Uint16Array.from({ length: due - spoken }, (_, at) => spoken + at)
      program.writeInput(Buffer.from(samples.buffer))
      spoken = due
      await settle(10, 'a microphone takes its time')
    }
  }
  const speaking = speak()
  const marks: Mark[] = []
  let torn = 0
  await using client = await connect(url, { transports: ['tcp'] })
  const endMs = Date.now() + seconds * 1000
  for await (const { packet, track } of client.packets()) {
    const arrivedMs = Date.now()
    const [payload, timestamp] = [packet.subarray(12), packet.readUInt32BE(4)]
    const number = payload.readUInt16BE(0)
    for (let at = 0; at < payload.length; at += 2) {
      if (payload.readUInt16BE(at) !== ((number + at / 2) & 0xffff)) torn++
    }
    const reportedMs = track.unixTimeMsAt(timestamp)
    marks.push({ number, count: payload.length / 2, timestamp, arrivedMs, reportedMs })
    if (arrivedMs > endMs) break
  }
  isSpeaking = false
  await speaking
  expect(torn, name).toBe(0)
  expect(await program.stop(), name).toBe(0)
  return { name, drift: driftOf(marks, sample) }
}

const shown = ({ reportsFromArrivalsMs, ...drift }: Drift) => ({
  'pictures or packets': drift.marks,
  'wrong numbers': drift.wrongNumbers,
  'timestamps, ticks': drift.maxTicks,
  'arrivals, ms': rounded(drift.arrivalMs),
  'reports, ms': rounded(drift.reportedMs),
  'reports from arrivals, ms': reportsFromArrivalsMs.map(rounded).join(' … '),
})

const rounded = (ms: number): number => Math.round(ms * 10) / 10
