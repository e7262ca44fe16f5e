import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportRange } from '../../packages/rtspool-server/src/recording/stored/exported-range.js'
import { FileIndexes } from '../../packages/rtspool-server/src/recording/stored/file-indexes.js'
import { SegmentCatalog } from '../../packages/rtspool-server/src/recording/stored/segment-catalog.js'
import { ConfiguredCommand } from './support/configured-command.js'
import { decoded, type MediaFileOptions, mediaFilesForTests } from './support/media-files.js'
import { requirePrograms } from './support/programs.js'
import { publishFile } from './support/publishers.js'

/** Publications, and the codecs of their files. */
const streams: readonly (Omit<MediaFileOptions, 'seconds'> & { readonly codecs: string[] })[] = [
  { name: 'b-frames.mp4', video: 'h264', audio: 'aac', codecs: ['h264', 'aac'] },
  { name: 'hevc.mkv', video: 'h265', audio: 'opus', codecs: ['hevc', 'opus'] },
  { name: 'pcmu.mov', video: 'h264', audio: 'pcmu', codecs: ['h264', 'flac'] },
]

const picture = 'testsrc2=size=160x120:rate=25'

const config = `
rtsp: { port: 0, host: 127.0.0.1 }
log: { format: json, level: debug }
recordings:
  all: { path: /live/*, folder: recordings, segmentSeconds: 2, timeZone: UTC }
`

describe('recordings of the command', () => {
  const files = mediaFilesForTests()

  test('are files that ffmpeg decodes, even the one that kill -9 has cut', async (context) => {
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const sources = await Promise.all(
      streams.map((stream) => files.make({ ...stream, picture, seconds: 2 })),
    )
    const command = await ConfiguredCommand.start(config)
    try {
      sources.forEach((file, index) => {
        publishFile({ url: `${command.url}/live/${index}`, file })
      })
      await command.line('segment closed', 2 * streams.length)
      const folder = join(command.folder, 'recordings')
      const known = await filesIn(folder)
      await command.program.stop('SIGKILL')
      expect(known.length).toBeGreaterThanOrEqual(2 * streams.length)
      for (const [index, { codecs }] of streams.entries()) {
        const own = known.filter((file) => file.startsWith(`live/${index}/`))
        expect(own.length).toBeGreaterThan(1)
        for (const file of own) {
          const { codecs: kinds, errors } = await decoded(join(folder, file))
          expect(errors).toBe('')
          expect(codecs.slice(0, kinds.length)).toEqual(kinds)
          // A file that was cut at once may have no sound yet.
          if (file !== own.at(-1)) expect(kinds).toEqual(codecs)
        }
        const exported = files.pathOf(`${index}.mp4`)
        await exportWhole(folder, `/live/${index}`, exported)
        expect(await decoded(exported)).toEqual({ codecs, errors: '' })
      }
    } finally {
      await command.stop()
    }
  }, 120_000)
})

/** Exports all complete files of a path as one file. */
async function exportWhole(folder: string, path: string, file: string): Promise<void> {
  const all = await new SegmentCatalog({ folder, name: 'all' }).list()
  const segments = all.filter((segment) => segment.path === path).slice(0, -1)
  const range = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }
  const exported = await exportRange(folder, segments, range, { indexes: new FileIndexes() })
  await writeFile(file, exported.read())
}

/** Returns the names of the files below a folder, in order. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  return entries.filter((name) => name.endsWith('.mp4')).sort()
}
