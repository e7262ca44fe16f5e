import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ApiCommand } from './support/api-command.js'
import { decoded, mediaFilesForTests } from './support/media-files.js'
import { Program, until } from './support/process.js'
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

const patience = { timeout: 30_000 }
const picture = 'testsrc2=size=320x240:rate=25'

const config = `
log: { format: json, level: debug }
recordings:
  all: { path: /live/*, folder: recordings, segmentSeconds: 2, timeZone: UTC }
`

/** Runs the command with a file system of its own for the recordings, of one size. */
const smallDisk = (size: string): readonly string[] => [
  ...['unshare', '--mount', 'sh', '-c'],
  `mkdir recordings && mount -t tmpfs -o size=${size} tmpfs recordings && exec "$@"`,
  'sh',
]

describe('recordings where something fails', () => {
  const files = mediaFilesForTests()

  test('ENOSPC: a full disk ends the recording with an event, and viewers notice nothing', async (context) => {
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const file = await files.make({
      name: 'full.mp4',
      video: 'h264',
      audio: 'aac',
      picture,
      seconds: 2,
    })
    const command = await ApiCommand.start([], { config, within: smallDisk('400k') })
    try {
      publishFile({ url: `${command.rtspUrl}/live/door`, file })
      await until(() => linesOf(command, 'recording failed').length > 0)
      const [failed] = linesOf(command, 'recording failed')
      expect(failed).toMatchObject({ failure: 'writeFailed', code: 'ENOSPC', retrySeconds: 30 })
      const viewer = new Program('ffmpeg', [
        ...['-hide_banner', '-nostdin', '-v', 'error', '-rtsp_transport', 'tcp'],
        ...['-i', `${command.rtspUrl}/live/door`, '-t', '2', '-f', 'null', '-'],
      ])
      expect(await viewer.ended(30_000)).toBe(0)
      expect(viewer.stderr).toBe('')
      const exported = files.pathOf('full-export.mp4')
      await writeFile(exported, await exportAll(command, '/live/door'))
      expect(await decoded(exported)).toMatchObject({ errors: '' })
    } finally {
      await command.stop()
    }
  }, 120_000)

  test('codec change and gap: each is a file of its own, and all are decoded', async (context) => {
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const one = await files.make({
      name: 'one.mp4',
      video: 'h264',
      audio: null,
      picture,
      seconds: 2,
    })
    const two = await files.make({
      name: 'two.mp4',
      video: 'h265',
      audio: null,
      picture,
      seconds: 2,
    })
    const command = await ApiCommand.start([], { config })
    try {
      for (const [index, file] of [one, two].entries()) {
        const publisher = publishFile({ url: `${command.rtspUrl}/live/door`, file })
        await expect
          .poll(async () => (await segmentsOf(command)).length, patience)
          .toBeGreaterThan(index * 3 + 2)
        await publisher.stop()
        await until(() => linesOf(command, 'recording stopped').length > index)
      }
      const segments = await segmentsOf(command)
      const folder = join(command.folder, 'recordings')
      const kinds = await Promise.all(segments.map(({ file }) => decoded(join(folder, file))))
      expect(kinds.map(({ errors }) => errors).join('')).toBe('')
      expect(new Set(kinds.flatMap(({ codecs }) => codecs))).toEqual(new Set(['h264', 'hevc']))
    } finally {
      await command.stop()
    }
  }, 120_000)

  test('an exported range has the pictures and frames of sound that were sent', async (context) => {
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const file = await files.make({
      ...{ name: 'sent.mp4', video: 'h264', audio: 'aac', picture, seconds: 40 },
    })
    const command = await ApiCommand.start([], { config })
    try {
      const publisher = publishFile({ url: `${command.rtspUrl}/live/door`, file })
      await expect.poll(async () => (await segmentsOf(command)).length, patience).toBeGreaterThan(4)
      await publisher.stop()
      const exported = files.pathOf('sent-export.mp4')
      await writeFile(exported, await exportAll(command, '/live/door'))
      for (const hashesOf of [pictureHashes, soundHashes]) {
        const [sent, came] = await Promise.all([hashesOf(file), hashesOf(exported)])
        expect(came.length).toBeGreaterThan(7 * 25)
        expect(placeOf(came, sent)).toBeGreaterThanOrEqual(0)
      }
    } finally {
      await command.stop()
    }
  }, 120_000)
})
