import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { exportRange } from '../../../packages/rtspool-server/src/recording/stored/exported-range.js'
import { FileIndexes } from '../../../packages/rtspool-server/src/recording/stored/file-indexes.js'
import {
  SegmentCatalog,
  type StoredSegment,
} from '../../../packages/rtspool-server/src/recording/stored/segment-catalog.js'
import { ConfiguredCommand } from './configured-command.js'
import type { MediaFiles } from './media-files.js'
import { Program } from './process.js'

/** Seconds of each of the two clips of the recording, at 25 pictures a second. */
export const clipSeconds = 4
export const pictureCount = clipSeconds * 25
export const gapSeconds = 2

const config = `
rtsp: { port: 0, host: 127.0.0.1 }
log: { format: json, level: debug }
recordings:
  all: { path: /live/*, folder: recordings, segmentSeconds: 3, timeZone: UTC }
`
const picture = 'testsrc2=size=160x120:rate=25'

/** A command with a recording of two clips, which have other pictures, and a gap between them. */
export class GapRecording {
  readonly command: ConfiguredCommand
  /** URL of the replay. */
  readonly url: string
  readonly segments: readonly StoredSegment[]
  /** File with the export of the whole recording. */
  readonly exported: string
  /** Beginning of the recording, beginning of the second clip, and end, in milliseconds since 1970. */
  readonly beginMs: number
  readonly secondMs: number
  readonly endMs: number

  private constructor(
    command: ConfiguredCommand,
    segments: readonly StoredSegment[],
    exported: string,
  ) {
    this.command = command
    this.url = `${command.url}/replay/live/cam`
    this.segments = segments
    this.exported = exported
    const second = segments.find(
      (each, index) => each.startMs - (segments[index - 1]?.endMs ?? each.startMs) > 500,
    )
    this.beginMs = segments[0]?.startMs ?? 0
    this.secondMs = second?.startMs ?? 0
    this.endMs = segments.at(-1)?.endMs ?? 0
  }

  /** Records, which takes some {@link clipSeconds} twice and {@link gapSeconds}. */
  static async create(files: MediaFiles): Promise<GapRecording> {
    const clip = { video: 'h264', audio: 'aac', seconds: clipSeconds } as const
    const extra = ['-g', '25', '-bf', '2']
    const clips = [
      await files.make({ ...clip, name: 'first.mp4', picture, extra }),
      await files.make({ ...clip, name: 'second.mp4', picture: `${picture},negate`, extra }),
    ]
    const command = await ConfiguredCommand.start(config)
    for (const [index, file] of clips.entries()) {
      if (index > 0)
        await settle(gapSeconds * 1000, 'a gap in the recording is a span of real time')
      await publishOnce(file, `${command.url}/live/cam`)
      await command.line('recording stopped', index + 1)
    }
    const folder = join(command.folder, 'recordings')
    const segments = await new SegmentCatalog({ folder, name: 'all' }).list()
    const exported = files.pathOf('exported.mp4')
    const range = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }
    const plan = await exportRange(folder, segments, range, { indexes: new FileIndexes() })
    await writeFile(exported, plan.read())
    return new GapRecording(command, segments, exported)
  }

  async stop(): Promise<void> {
    await this.command.stop()
  }
}

/** Publishes a file in real time, once. */
export const publishOnce = (file: string, url: string): Promise<void> =>
  ffmpeg('-re', '-i', file, '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', 'tcp', url)

/** Runs ffmpeg to its end, without an error. */
export async function ffmpeg(...given: string[]): Promise<void> {
  const program = new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error'],
    ...given,
  ])
  expect([await program.ended(30_000), program.stderr]).toEqual([0, ''])
}
