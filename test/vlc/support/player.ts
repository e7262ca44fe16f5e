import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  complaints,
  type PlayOptions,
  type PlayResult,
  patienceMs,
} from '../../interop/support/players.js'
import { Program } from '../../interop/support/process.js'

/**
 * Receives with live555, the RTSP client inside VLC, and decodes what came with ffmpeg.
 *
 * @param client - What `buildLive555Client` has built.
 */
export async function playWithLive555(client: string, options: PlayOptions): Promise<PlayResult> {
  const directory = await mkdtemp(join(tmpdir(), 'rtspool-live555-'))
  try {
    const path = join(directory, 'video.h264')
    const { url, transport, seconds } = options
    const player = new Program(client, [transport, url, `${seconds}`, path])
    const status = await player.ended(seconds * 1000 + patienceMs)
    const decoder = new Program('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-xerror', '-loglevel', 'repeat+level+warning'],
      ...['-f', 'h264', '-i', path, '-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
    ])
    const decoded = await decoder.ended(patienceMs)
    return {
      videoFrames: decoder.stdout.split('\n').filter((line) => line.startsWith('0,')).length,
      audioFrames: Number(/audio frames: (\d+)/.exec(player.stdout)?.[1] ?? 0),
      errors: [
        ...complaints(status, player.stderr.split('\n'), []),
        ...complaints(decoded, decoder.stderr.split('\n'), []),
      ],
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}
