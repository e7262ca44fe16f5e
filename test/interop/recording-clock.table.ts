import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { ApiCommand } from './support/api-command.js'
import { decode } from './support/frames.js'
import { decoded, mediaFilesForTests } from './support/media-files.js'
import { until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishFile } from './support/publishers.js'
import {
  exportAll,
  linesOf,
  pictureHashes,
  placeOf,
  segmentsOf,
  soundHashes,
} from './support/recordings.js'

const clock = new URL('support/settable-clock.mjs', import.meta.url)
const path = '/live/door'
const hourMs = 3_600_000
const backMs = 2_500
/** Time of the first clock. A new file begins at each full hour, so none may pass meanwhile. */
const firstMs = Date.UTC(2026, 10, 29, 12, 15)
/** Milliseconds by which the clock of the command is ahead of the first one, one after the other, and how long each stays. */
const clocks = [
  { offsetMs: 0, lastsMs: 2_500 },
  { offsetMs: hourMs, lastsMs: 3_500 },
  { offsetMs: hourMs - backMs, lastsMs: 4_000 },
  { offsetMs: -hourMs / 2, lastsMs: 2_500 },
]
/** Indexes of {@link clocks} by the time that they show. */
const byTime = [3, 0, 1, 2]
const picturesPerGroup = 5
/** Milliseconds that a picture is late, and that a key frame is waited for. */
const toleranceMs = 1_500

const config = `
log: { format: json, level: debug }
recordings:
  all: { path: /live/*, folder: recordings, segmentSeconds: 3600, timeZone: UTC }
`

describe('a recording while the clock is set an hour ahead, 2.5 s back, and an hour and a half back', () => {
  const files = mediaFilesForTests()

  test('has one file a time, right times, and each picture in the export and the replay', async (context) => {
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const file = await files.make({
      ...{ name: 'sent.mp4', video: 'h264', audio: 'aac', seconds: 60 },
      picture: 'testsrc2=size=160x120:rate=25',
      extra: ['-g', `${picturesPerGroup}`, '-bf', '0'],
    })
    const offsetFile = files.pathOf('clock')
    const env = { NODE_OPTIONS: `--import=${clock.href}`, RTSPOOL_TEST_CLOCK: offsetFile }
    const command = await ApiCommand.start([], { config, env })
    try {
      const baseMs = firstMs - Date.now()
      const setAtMs = await recordWithClocks(command, file, offsetFile, baseMs)
      const segments = await segmentsOf(command)
      expect(segments, JSON.stringify(segments)).toHaveLength(clocks.length)
      const times = segments.map(({ startTime, endTime }) => [
        Date.parse(startTime),
        Date.parse(endTime),
      ])
      for (const [at, index] of byTime.entries()) {
        const { offsetMs = 0 } = clocks[index] ?? {}
        const [startMs = 0, endMs = 0] = times[at] ?? []
        expectNear(startMs, (setAtMs[index] ?? 0) + baseMs + offsetMs)
        expectNear(endMs, (setAtMs[index + 1] ?? 0) + baseMs + offsetMs)
      }
      const overlapMs = (times[2]?.[1] ?? 0) - (times[3]?.[0] ?? 0)
      expect(overlapMs).toBeGreaterThan(backMs - 1_000)
      // The time of the first picture after the setting is that of its arrival.
      expect(overlapMs).toBeLessThan(backMs + 500)

      const paths = segments.map((each) => join(command.folder, 'recordings', each.file))
      expect(await Promise.all(paths.map(decoded))).toEqual(
        paths.map(() => ({ codecs: ['h264', 'aac'], errors: '' })),
      )
      await expectSent(file, paths)
      const exported = files.pathOf('exported.mp4')
      await writeFile(exported, await exportAll(command, path, 3, firstMs))
      expect(await pictureHashes(exported)).toEqual(await allOf(paths, pictureHashes))
      expect(await soundHashes(exported)).toEqual(await allOf(paths, soundHashes))
      await expectReplayed(`${command.rtspUrl}/replay${path}`, exported, paths)
    } finally {
      await command.stop()
    }
  }, 120_000)
})

/** Records a file that is published, and sets the clock meanwhile. @returns When it was set, and the end, by the real clock. */
async function recordWithClocks(
  command: ApiCommand,
  file: string,
  offsetFile: string,
  baseMs: number,
): Promise<number[]> {
  await setClock(command, offsetFile, baseMs)
  const publisher = publishFile({ url: `${command.rtspUrl}${path}`, file })
  expect(await until(() => linesOf(command, 'recording started').length > 0)).toBe(true)
  const setAtMs: number[] = []
  for (const { offsetMs, lastsMs } of clocks) {
    if (offsetMs !== 0) await setClock(command, offsetFile, baseMs + offsetMs)
    setAtMs.push(Date.now())
    await settle(lastsMs, 'the publisher sends in real time')
  }
  setAtMs.push(Date.now())
  await publisher.stop()
  expect(await until(() => linesOf(command, 'recording stopped').length > 0)).toBe(true)
  return setAtMs
}

async function setClock(command: ApiCommand, file: string, offsetMs: number): Promise<void> {
  writeFileSync(file, `${offsetMs}`)
  command.program.kill('SIGWINCH')
  expect(await until(() => command.printed.includes(`set by ${offsetMs} ms`))).toBe(true)
}

function expectNear(ms: number, expectedMs: number): void {
  expect(Math.abs(ms - expectedMs)).toBeLessThan(toleranceMs)
}

/** Expects that the files have what was sent, in the order of recording: at most a group of pictures is missing between two. */
async function expectSent(file: string, paths: readonly string[]): Promise<void> {
  const inOrder = [...paths.slice(1), paths[0] ?? '']
  const [sent, sentSound] = [await pictureHashes(file), await soundHashes(file)]
  let end: number | undefined
  for (const each of inOrder) {
    const came = await pictureHashes(each)
    const place = placeOf(came, sent)
    expect(place).toBeGreaterThanOrEqual(end ?? 0)
    if (end !== undefined) expect(place - end).toBeLessThanOrEqual(picturesPerGroup)
    end = place + came.length
    expect(placeOf(await soundHashes(each), sentSound)).toBeGreaterThanOrEqual(0)
  }
}

async function allOf(paths: readonly string[], read: (file: string) => Promise<string[]>) {
  return (await Promise.all(paths.map(read))).flat()
}

/** Expects all pictures of the export, but for those of the last file whose time the file before has as well. */
async function expectReplayed(
  url: string,
  exported: string,
  paths: readonly string[],
): Promise<void> {
  const [played, stored, last] = await Promise.all([
    decode({ input: url, transport: 'tcp' }),
    decode({ input: exported }),
    decode({ input: paths.at(-1) ?? '' }),
  ])
  expect(played.errors).toEqual([])
  const pictures = played.pictures.map(({ md5 }) => md5)
  const all = stored.pictures.map(({ md5 }) => md5)
  const left = all.length - pictures.length
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(last.pictures.length)
  const until = all.length - last.pictures.length
  expect(pictures).toEqual([...all.slice(0, until), ...all.slice(until + left)])
}
