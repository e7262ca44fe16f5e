import { fileMedia } from 'rtspool/file'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { MediaFiles } from './support/media-files.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const formats = [
  { tags: ['A-PAY-1', 'A-PAY-3'], name: 'h264-aac.ts', video: 'h264', audio: 'aac' },
  { tags: 'A-PAY-4', name: 'h264-opus.mkv', video: 'h264', audio: 'opus' },
  { tags: ['A-PAY-5', 'A-RTP-2'], name: 'h264-pcmu.mov', video: 'h264', audio: 'pcmu' },
  { tags: 'A-PAY-2', name: 'h265-aac.mp4', video: 'h265', audio: 'aac' },
  { tags: 'A-PAY-2', name: 'h265-aac.ts', video: 'h265', audio: 'aac' },
  { tags: ['A-PAY-2', 'A-PAY-4'], name: 'h265-opus.mkv', video: 'h265', audio: 'opus' },
  { tags: 'A-PAY-4', name: 'opus.webm', video: null, audio: 'opus' },
  { tags: 'A-PAY-4', name: 'opus.ogg', video: null, audio: 'opus' },
  { tags: ['A-PAY-5', 'A-RTP-2'], name: 'pcma.wav', video: null, audio: 'pcma' },
  { tags: [], name: 'h264-ac3.ts', video: 'h264', audio: 'ac3' },
  { tags: [], name: 'h264-mp3.mp4', video: 'h264', audio: 'mp3' },
  { tags: [], name: 'l16.wav', video: null, audio: 'l16' },
  { tags: [], name: 'h264-l24.mov', video: 'h264', audio: 'l24' },
] as const

/** Frames of sound in 3 s, less what a player may not have got to. */
const audioFramesWithFfmpeg = {
  aac: 120,
  opus: 140,
  pcmu: 140,
  pcma: 140,
  ac3: 80,
  mp3: 110,
  l16: 140,
  l24: 140,
}
const audioFramesWithGstreamer = 100

describe('files of all formats', () => {
  let server: RunningLibrary
  let files: MediaFiles
  beforeAll(async () => {
    server = await startServer()
    files = await MediaFiles.create()
    if (reasonToSkip('ffmpeg')) return
    for (const { name, video, audio } of formats) {
      const path = await files.make({ name, video, audio, seconds: 5 })
      server.server.mounts.add(`/${name}`, fileMedia(path, { shared: false }))
    }
  })
  afterAll(async () => {
    await server.close()
    await endPrograms()
    await files.remove()
  })

  for (const { tags, name, video, audio } of formats) {
    test(`${name} plays 3 s without an error`, { tags: [tags].flat() }, async (context) => {
      requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
      const options = { url: `${server.url}/${name}`, seconds: 3, codecs: { video, audio } }
      const [overTcp, overUdp, withGstreamer] = await Promise.all([
        playWithFfmpeg({ ...options, transport: 'tcp' }),
        playWithFfmpeg({ ...options, transport: 'udp' }),
        playWithGstreamer({ ...options, transport: 'tcp' }),
      ])
      expect([overTcp.errors, overUdp.errors, withGstreamer.errors]).toEqual([[], [], []])
      for (const played of [overTcp, overUdp, withGstreamer]) {
        if (video) expect(played.videoFrames).toBeGreaterThanOrEqual(60)
      }
      for (const played of [overTcp, overUdp]) {
        expect(played.audioFrames).toBeGreaterThanOrEqual(audioFramesWithFfmpeg[audio])
      }
      expect(withGstreamer.audioFrames).toBeGreaterThanOrEqual(audioFramesWithGstreamer)
    })
  }
})
