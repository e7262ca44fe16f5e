import { readFile, writeFile } from 'node:fs/promises'
import { createFile, MP4BoxBuffer } from 'mp4box'
import type { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ConfiguredCommand } from './support/configured-command.js'
import { LiveHost, type ProbedTrack, probe } from './support/live.js'
import { type MediaFileOptions, MediaFiles } from './support/media-files.js'
import { until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const seconds = 3
const noReordering = ['-bf', '0']
const intraRefresh = ['-x264-params', 'intra-refresh=1:keyint=20:bframes=0']

/** Publications, and the codec of each track in a browser. */
const streams: readonly (Omit<MediaFileOptions, 'seconds'> & { readonly mimes: RegExp[] })[] = [
  { name: 'b-frames.mp4', video: 'h264', audio: 'aac', mimes: [/avc1\.64/, /mp4a\.40\.2/] },
  { name: 'deep.mp4', video: 'h264', audio: null, extra: ['-bf', '4'], mimes: [/avc1\.64/] },
  { name: 'plain.mp4', video: 'h264', audio: null, extra: noReordering, mimes: [/avc1/] },
  { name: 'refresh.mp4', video: 'h264', audio: null, extra: intraRefresh, mimes: [/avc1/] },
  { name: 'hevc.mkv', video: 'h265', audio: 'opus', mimes: [/hvc1\.1\.6\.L/, /opus/] },
  {
    name: 'odd.mp4',
    video: 'h264',
    audio: null,
    picture: 'testsrc2=size=322x182',
    mimes: [/avc1/],
  },
  { name: 'pcmu.mov', video: 'h264', audio: 'pcmu', mimes: [/avc1/, /flac/] },
  { name: 'pcma.wav', video: null, audio: 'pcma', mimes: [/flac/] },
]

describe('live picture', () => {
  let library: RunningLibrary
  let files: MediaFiles
  let host: LiveHost
  beforeAll(async () => {
    library = await startServer()
    files = await MediaFiles.create()
    host = await LiveHost.start(library.server)
  })
  afterAll(async () => {
    await host.close()
    await library.close()
    await files.remove()
  })

  test.for(streams.map((stream) => [stream.name, stream] as const))(
    'of %s has each picture and sound once, at its time',
    async ([, stream], context) => {
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const source = await files.make({ ...stream, seconds })
      library.server.mounts.remove(`/${stream.name}`)
      library.server.mounts.add(`/${stream.name}`, fileMedia(source))
      const [units, { tracks, end }] = await Promise.all([
        countUnits(library.server, `/${stream.name}`),
        host.record(`/${stream.name}`),
      ])
      expect(end).toBe('4410 mediaEnded')
      expect(tracks).toHaveLength(stream.mimes.length)
      for (const [index, { kind, mime, pieces }] of tracks.entries()) {
        expect(mime).toMatch(stream.mimes[index] ?? '')
        const file = files.pathOf(`${stream.name}-${index}.mp4`)
        await writeFile(file, Buffer.concat(pieces))
        const [expected, sent] = await Promise.all([
          probe(source, kind.slice(0, 1)),
          probe(file, kind.slice(0, 1)),
        ])
        expect(sent.frames).toBe(units.get(kind))
        compare(expected, sent, kind)
        expect(await parsedSamples(file)).toBe(sent.times.length)
      }
    },
  )
})

describe('live picture of the command', () => {
  const config = (more: string) =>
    `rtsp: { port: 0, host: 127.0.0.1 }\nlog: { format: json }\n${more}`

  test('plays to everybody where the configuration says so', async () => {
    const command = await ConfiguredCommand.start(config('live: { port: 0, access: anyone }'))
    try {
      const { port } = await command.line('live picture ready')
      const socket = new WebSocket(`ws://127.0.0.1:${port}/test`, ['rtspool.live'])
      const texts: string[] = []
      let fragments = 0
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (isBinary) fragments++
        else texts.push(data.toString())
      })
      await until(() => fragments > 10)
      expect(texts[0]).toContain('avc1')
      const closed = new Promise((resolve) => {
        socket.on('close', (code, reason) => resolve(`${code} ${reason}`))
      })
      expect(await command.stop()).toBe(0)
      expect(await closed).toBe('1001 poolClosed')
    } finally {
      await command.stop()
    }
  })

  test.for([
    {
      live: 'live: { port: 0, access: anyone }',
      auth: 'auth: { usersFile: users }',
      says: 'live.access anyone needs a server on which everybody may play',
    },
    { live: 'live: { port: 0, tls: true }', auth: '', says: 'live.tls needs a key' },
  ])('does not start where $says', async ({ live, auth, says }) => {
    const files = { users: 'ann:secret\n' }
    const start = ConfiguredCommand.start(config(`${live}\n${auth}`), [], {}, files)
    await expect(start).rejects.toThrow(says)
  })
})

/** @returns The access units of each kind of track, as a reader of RTP has them. */
async function countUnits(server: RtspServer, path: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const { track } of server.read(path)) {
    const { kind } = track.description
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** Compares the pictures of a stream with those of its file. */
function compare(expected: ProbedTrack, sent: ProbedTrack, kind: string): void {
  for (const [index, [, dts]] of sent.times.entries()) {
    expect(dts).toBeGreaterThan(sent.times[index - 1]?.[1] ?? -1)
  }
  // Sound has other pieces in the file, and packets that only begin a decoder.
  if (kind === 'audio') return
  expect([sent.codec, sent.width, sent.height]).toEqual([
    ...[expected.codec, expected.width, expected.height],
  ])
  expect(sent.frames).toBe(expected.frames)
  expect(fromStart(sent)).toEqual(fromStart(expected))
}

/** Times of presentation from the first picture on, in milliseconds. */
const fromStart = ({ times }: ProbedTrack) =>
  times.map(([pts]) => Math.round((pts - (times[0]?.[0] ?? 0)) * 1000))

/** Parses all boxes with another library. @returns The number of samples. */
async function parsedSamples(file: string): Promise<number> {
  const bytes = await readFile(file)
  const movie = createFile()
  const errors: string[] = []
  movie.onError = (module: string, message: string) => void errors.push(`${module}: ${message}`)
  const copy = new Uint8Array(bytes).buffer
  movie.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy, 0))
  movie.flush()
  expect(errors).toEqual([])
  const [track] = movie.getInfo().tracks
  return track ? movie.getTrackSamplesInfo(track.id).length : 0
}
