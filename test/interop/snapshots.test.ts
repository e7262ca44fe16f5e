import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ApiCommand } from './support/api-command.js'
import { decode } from './support/frames.js'
import { MediaFiles } from './support/media-files.js'
import { endPrograms, type Program } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishFile } from './support/publishers.js'
import { testClip } from './support/server.js'

const run = promisify(execFile)
const patience = { timeout: 30_000 }
/** Time of a test that encodes with x265 on a machine that is busy with other work. */
const long = { timeout: 120_000 }
/** Size in pixels of the pictures that are compared. */
const [width, height] = [80, 60]

describe('snapshots of a real publisher', () => {
  let command: ApiCommand
  let files: MediaFiles
  const publishers: Program[] = []
  beforeAll(async () => {
    command = await ApiCommand.start()
    files = await MediaFiles.create()
  })
  afterEach(async () => {
    await Promise.all(publishers.splice(0).map((publisher) => publisher.stop()))
  })
  afterAll(async () => {
    await command.stop()
    await files.remove()
    await endPrograms()
  })

  /** Publishes a file, and waits until its first key frame is kept. */
  async function publish(path: string, file: string): Promise<void> {
    publishers.push(publishFile({ url: command.rtspUrl + path, file }))
    const status = async () => (await snapshot({ path, format: 'mp4' })).status
    await expect.poll(status, patience).toBe(200)
  }

  const snapshot = (query: Readonly<Record<string, string>>) =>
    command.api.send('getSnapshot', { query })

  /** Saves the body of a response. @returns The path of the file. */
  async function saved(response: Response, name: string): Promise<string> {
    expect(response.status).toBe(200)
    const path = files.pathOf(name)
    await writeFile(path, Buffer.from(await response.arrayBuffer()))
    return path
  }

  it('mjpeg: JPEG is the picture of the camera itself', long, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const file = files.pathOf('mjpeg.mov')
    // RTP carries pictures with the Huffman tables of the standard only.
    const coding = ['-c:v', 'mjpeg', '-huffman', 'default', '-pix_fmt', 'yuvj420p', '-q:v', '3']
    const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10', '-t', '3']
    await run('ffmpeg', ['-v', 'error', '-y', ...input, ...coding, file])
    publishers.push(publishFile({ url: `${command.rtspUrl}/live/mjpeg`, file }))
    const wish = { path: '/live/mjpeg', width: '64' }
    await expect.poll(async () => (await snapshot(wish)).status, patience).toBe(200)
    const response = await snapshot(wish)
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    const picture = await decode({ input: await saved(response, 'mjpeg.jpg') })
    expect([picture.errors, picture.pictures.length]).toEqual([[], 1])
    const all = await decode({ input: file })
    expect(all.pictures.map(({ md5 }) => md5)).toContain(picture.pictures[0]?.md5)
    const mp4 = await snapshot({ path: '/live/mjpeg', format: 'mp4' })
    expect([mp4.status, ((await mp4.json()) as { detail: string }).detail]).toEqual([
      ...[409, 'the pictures are JPEG, and MP4 cannot hold them'],
    ])
    const { body } = await command.api.call('getMetrics')
    expect(body).toMatch(/^rtspool_snapshots_total\{format="jpeg"\} [1-9]/m)
    expect(body).toMatch(/^rtspool_snapshots_failed_total\{cause="noPicture"\} 1$/m)
  })

  it.for(['h264', 'h265'] as const)(
    '%s: JPEG and MP4 show a key frame',
    long,
    async (video, context) => {
      requirePrograms(context, 'ffmpeg')
      const file = await files.make({ name: `${video}.mp4`, video, audio: 'aac', seconds: 3 })
      const keyFrames = await colorPictures(file, ['-skip_frame', 'nokey'])
      expect(keyFrames).toHaveLength(3)
      await publish(`/live/${video}`, file)
      const path = `/live/${video}`
      const jpeg = await snapshot({ path, format: 'jpeg' })
      expect(jpeg.headers.get('content-type')).toBe('image/jpeg')
      const [picture] = await colorPictures(await saved(jpeg, `${video}.jpg`))
      const distances = keyFrames.map((keyFrame) => distance(keyFrame, picture))
      // Key frames differ by a second of the moving test picture.
      expect(Math.min(...distances)).toBeLessThan(3)
      expect(distances.filter((each) => each > 4)).toHaveLength(2)
      // An MP4 has the coded picture itself, so that the same decoder decodes the same samples.
      const mp4 = await saved(await snapshot({ path, format: 'mp4' }), `${video}-snapshot.mp4`)
      const [all, one] = [await decode({ input: file }), await decode({ input: mp4 })]
      expect([one.errors, one.pictures.length]).toEqual([[], 1])
      const at = all.pictures.findIndex(({ md5 }) => md5 === one.pictures[0]?.md5)
      expect([0, 25, 50]).toContain(at)
      // Neither was a viewer.
      const { body } = await command.api.call('listSessions', { query: { path } })
      expect(body.sessions).toMatchObject([{ state: 'Recording' }])
    },
  )

  it('a JPEG is as small as asked, and keeps the shape', long, async (context) => {
    requirePrograms(context, 'ffmpeg')
    await publish('/live/small', testClip)
    const jpeg = await snapshot({ path: '/live/small', width: '160' })
    expect(await sizeOf(await saved(jpeg, 'small.jpg'))).toBe('160x90')
    const wide = await snapshot({ path: '/live/small', width: '4096' })
    expect(await sizeOf(await saved(wide, 'wide.jpg'))).toBe('640x360')
  })

  it('a source that is idle is started only if the caller asks for it', long, async (context) => {
    requirePrograms(context, 'ffmpeg')
    expect((await snapshot({ path: '/test' })).status).toBe(409)
    const jpeg = await snapshot({ path: '/test', start: 'true' })
    const [picture] = await colorPictures(await saved(jpeg, 'test.jpg'))
    const [first] = await colorPictures(testClip, ['-skip_frame', 'nokey'])
    expect(distance(first, picture)).toBeLessThan(3)
  })

  it('no program is left', () => {
    expect(childrenOf(command.program.pid)).toEqual([])
  })
})

/** Returns the states of the child processes of a program. */
function childrenOf(pid: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/status`, 'utf8')]
      } catch {
        // The process has ended meanwhile.
        return []
      }
    })
    .filter((status) => status.includes(`\nPPid:\t${pid}\n`))
}

/** Decodes pictures to red, green and blue: a JPEG has other luma than a video of the same colors. */
async function colorPictures(file: string, before: readonly string[] = []): Promise<Buffer[]> {
  const { stdout } = await run(
    'ffmpeg',
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', ...before, '-i', file],
      ...['-map', '0:v', '-fps_mode', 'passthrough', '-vf', `scale=${width}:${height}`],
      ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'],
    ],
    { encoding: 'buffer' },
  )
  const sizeBytes = width * height * 3
  const count = stdout.length / sizeBytes
  return Array.from({ length: count }, (_, n) =>
    stdout.subarray(n * sizeBytes, (n + 1) * sizeBytes),
  )
}

/** Returns the mean difference of two pictures, from 0 to 255. */
function distance(one: Buffer | undefined, other: Buffer | undefined): number {
  if (!one || one.length !== other?.length) throw new Error('the pictures differ in size')
  const sum = one.reduce((total, sample, at) => total + Math.abs(sample - (other[at] ?? 0)), 0)
  return sum / one.length
}

async function sizeOf(file: string): Promise<string> {
  const show = ['-show_entries', 'stream=width,height', '-of', 'csv=p=0:s=x']
  return (await run('ffprobe', ['-v', 'error', ...show, file])).stdout.trim()
}
