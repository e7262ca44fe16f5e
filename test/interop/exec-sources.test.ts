import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { TsDemuxer } from '../../packages/rtspool-server/src/sources/ts/ts-demuxer.js'
import { ConfiguredCommand, type LogLine } from './support/configured-command.js'
import { numberedPictures, readNumbers } from './support/lamps.js'
import { type MediaFileOptions, mediaFilesForTests } from './support/media-files.js'
import { Program, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const run = promisify(execFile)

const files = mediaFilesForTests()

interface Unit {
  readonly stream: number
  readonly seconds: number
  readonly sizeBytes: number
}

describe('transport streams that ffmpeg writes', () => {
  const streams: readonly (Omit<MediaFileOptions, 'seconds'> & { readonly codecs: string[] })[] = [
    { name: 'b-frames.ts', video: 'h264', audio: 'aac', codecs: ['h264', 'aac'] },
    { name: 'hevc.ts', video: 'h265', audio: 'opus', codecs: ['h265', 'opus'] },
  ]

  test.for(streams)(
    'have the units and times that ffprobe finds: $name',
    async (stream, context) => {
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const { codecs, ...options } = stream
      const file = await files.make({
        ...options,
        picture: 'testsrc2=size=160x120:rate=25',
        seconds: 4,
      })
      const probed = await run('ffprobe', [
        ...[
          '-v',
          'error',
          '-show_entries',
          'packet=stream_index,pts_time,size',
          '-of',
          'json',
          file,
        ],
      ])
      const wanted: Unit[] = JSON.parse(probed.stdout).packets.map(
        (packet: Record<string, string>) => ({
          stream: Number(packet.stream_index),
          seconds: Number(packet.pts_time),
          sizeBytes: Number(packet.size),
        }),
      )
      const found: Unit[] = []
      let kinds: (string | undefined)[] = []
      let pids: number[] = []
      /** A frame of sound without a time follows the one before. */
      let lastSound = 0
      const demuxer = new TsDemuxer({
        streams: (all) => {
          kinds = all.map(({ codec }) => codec)
          pids = all.map(({ pid }) => pid)
        },
        unit: ({ pid, codec }, bytes, { seconds: stated }) => {
          const stream = pids.indexOf(pid)
          const frameSeconds = codec === 'aac' ? 1024 / 48_000 : 960 / 48_000
          const seconds = stated ?? lastSound + frameSeconds
          if (stream === 1) lastSound = seconds
          found.push({ stream, seconds, sizeBytes: bytes.length })
        },
      })
      demuxer.push(await readFile(file))
      demuxer.flush()
      expect(kinds).toEqual(codecs)
      expect(found.length).toBeGreaterThan(100)
      for (const stream of [0, 1]) {
        const [own, theirs] = [found, wanted].map((units) =>
          units.filter((unit) => unit.stream === stream),
        ) as [Unit[], Unit[]]
        expect(own.length).toBe(theirs.length)
        // ffprobe counts the zero in front of the next start code to either picture.
        const sizes = own.map(({ sizeBytes }, at) => sizeBytes - (theirs[at]?.sizeBytes ?? 0))
        expect(Math.max(...sizes.map(Math.abs))).toBeLessThanOrEqual(stream === 0 ? 1 : 0)
        // ffprobe rounds the times of frames that share a packet.
        const apart = own.map(({ seconds }, at) => Math.abs(seconds - (theirs[at]?.seconds ?? 0)))
        expect(Math.max(...apart)).toBeLessThan(stream === 0 ? 0.00001 : 0.006)
      }
    },
  )
})

const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25']
const ffmpeg = (...output: string[]): string[] => [
  ...['ffmpeg', '-nostdin', '-hide_banner', '-v', 'error', '-re', '-f', 'lavfi'],
  ...['-i', numberedPictures, ...encoder, ...output, '-'],
]
const sound = ['-re', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-c:a', 'aac']
const withSound = ffmpeg('-f', 'mpegts').toSpliced(10, 0, ...sound.slice(0, 5))

const settings = 'rtsp: { port: 0, host: 127.0.0.1 }\nlog: { format: json, level: debug }\n'
const sources = (paths: Readonly<Record<string, object>>): string =>
  `${settings}sources: ${JSON.stringify(paths)}\n`

interface SourceLine extends LogLine {
  readonly path: string
  readonly pid?: number
  readonly why?: string
}

const isAlive = async (pid: number): Promise<boolean> => {
  const { stdout } = await run('ps', ['-o', 'stat=', '-p', `${pid}`]).catch(() => ({ stdout: '' }))
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

describe('programs of the command', () => {
  let command: ConfiguredCommand | undefined
  const start = async (paths: Readonly<Record<string, object>>): Promise<ConfiguredCommand> => {
    command = await ConfiguredCommand.start(sources(paths))
    return command
  }
  /** Waits until a source runs. @returns The id of its process. */
  const runningPid = async (count = 1): Promise<number> => {
    const line = (await command?.line('source running', count)) as SourceLine | undefined
    return line?.pid ?? 0
  }

  test.for<[string, object]>([
    ['MPEG-TS with sound', { command: withSound }],
    ['MPEG-TS through a shell', { command: ['sh', '-c', `${quoted(withSound)} | cat`] }],
    ['H.264', { command: ffmpeg('-f', 'h264'), format: 'h264', frameRate: 25 }],
  ])(
    'have their pictures decoded by ffmpeg, each in its time: %s',
    async ([name, exec], context) => {
      requirePrograms(context, 'ffmpeg')
      const { url, stop } = await start({ '/desk': { exec } }).then((started) => ({
        url: `${started.url}/desk`,
        stop: () => started.stop(),
      }))
      const path = files.pathOf(`${name}.raw`)
      const { pictures, errors } = await readNumbers({ url, count: 30, path })
      await stop()
      expect(errors).toEqual([])
      // FFmpeg 5.1 gives the first packet of a presentation no time, and guesses one.
      const [first, ...later] = pictures.slice(1)
      expect(later).toHaveLength(28)
      for (const [at, { index, ticks }] of later.entries()) {
        expect(index - (first?.index ?? 0)).toBe(at + 1)
        expect(Math.abs(ticks - (first?.ticks ?? 0) - (at + 1) * 3600)).toBeLessThanOrEqual(1)
      }
    },
  )

  test('come back when they are killed, and their viewers stay', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { url } = await start({ '/desk': { exec: { command: withSound } } })
    const path = files.pathOf('killed.raw')
    const reading = readNumbers({ url: `${url}/desk`, count: 150, path })
    const first = await runningPid()
    await command?.line('session created')
    await settle(2000, 'the viewer decodes meanwhile')
    process.kill(first, 'SIGKILL')
    const second = await runningPid(2)
    const { pictures, errors } = await reading
    await command?.line('session removed')
    await command?.stop()
    expect([errors, pictures.length]).toEqual([[], 150])
    expect(command?.lines('session removed')).toMatchObject([{ reason: 'teardown' }])
    expect([await isAlive(first), await isAlive(second)]).toEqual([false, false])
    // The second program begins its numbers again.
    const restart = pictures.findIndex(({ index }, at) => index < (pictures[at - 1]?.index ?? 0))
    expect(restart).toBeGreaterThan(10)
    expect(pictures.length - restart).toBeGreaterThan(25)
    const times = pictures.slice(1).map(({ ticks }) => ticks)
    expect(times.every((at, index) => index === 0 || at > (times[index - 1] ?? at))).toBe(true)
  }, 90_000)

  test('end with their path, with the server, and a missing one is named', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const exec = { command: ['sh', '-c', `${quoted(withSound)} | cat; exit 0`] }
    await start({ '/a': { exec, alwaysOn: true }, '/b': { exec, alwaysOn: true } })
    await command?.line('source running', 2)
    const lines = command?.lines('source running') as SourceLine[]
    const pidOf = (path: string) => lines.find((line) => line.path === path)?.pid ?? 0
    const groupOf = async (path: string) => {
      const { stdout } = await run('pgrep', ['-g', `${pidOf(path)}`])
      return stdout.trim().split('\n').map(Number)
    }
    const [first, second] = [await groupOf('/a'), await groupOf('/b')]
    expect([first.length, second.length]).toEqual([3, 3])
    const missing = { exec: { command: ['no-such-program'] }, alwaysOn: true }
    command?.replace(sources({ '/b': { exec, alwaysOn: true }, '/c': missing }))
    const failed = (await command?.line('source failed')) as SourceLine
    expect([failed.path, failed.why]).toEqual(['/c', 'there is no program no-such-program in PATH'])
    const areGone = async (pids: readonly number[]) =>
      (await Promise.all(pids.map(isAlive))).every((alive) => !alive)
    await until(() => command?.lines('source idle').length === 1)
    expect([await areGone(first), await areGone(second)]).toEqual([true, false])
    const player = new Program('ffmpeg', ['-nostdin', '-i', `${command?.url}/c`, '-f', 'null', '-'])
    await player.ended(30_000)
    expect(player.stderr).toMatch(/503 \(?Service Unavailable/)
    expect(await command?.stop()).toBe(0)
    expect(await areGone(second)).toBe(true)
  }, 60_000)
})

/** Quotes a command for a shell. */
function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}
