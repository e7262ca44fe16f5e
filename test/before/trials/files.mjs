/** Trials of M-A, M-G and M-K to M-O: files that ffmpeg makes, and ffmpeg as the player. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packetsOf, setUp, urlOf, view } from '../support/clients.mjs'
import { sleep } from '../support/waiting.mjs'

const run = promisify(execFile)

const folder = mkdtempSync(join(tmpdir(), 'rtspool-before-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const pathOf = (name) => join(folder, name)

const ffmpeg = (...args) => run('ffmpeg', ['-v', 'error', '-y', ...args.flat()])
const picture = (seconds) => ['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=25:d=${seconds}`]
const x264 = (group, ...more) => [
  '-c:v',
  'libx264',
  '-g',
  `${group}`,
  '-bf',
  '0',
  '-threads',
  '1',
  ...more,
]

/** Pictures that ffmpeg shows of an address or a file: a checksum each. */
async function picturesOf(input, ...options) {
  const output = ['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framecrc', '-']
  const { stdout } = await run('ffmpeg', ['-v', 'quiet', ...options, '-i', input, ...output], {
    timeout: 30_000,
  }).catch(({ stdout: text }) => ({ stdout: text ?? '' }))
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('0,'))
    .map((line) => line.split(',').at(-1).trim())
}

async function serveFile(build, name) {
  const { fileMedia } = await build.entry('./file')
  const { server, to } = await build.serve()
  server.mounts.add('/shared', fileMedia(pathOf(name)))
  server.mounts.add('/own', fileMedia(pathOf(name), { shared: false }))
  return to
}

/** Plays a file on demand, and compares its pictures with the first ones that ffmpeg shows of the file, or of another. */
async function played(build, name, like = name, count = Number.POSITIVE_INFINITY) {
  const expected = (await picturesOf(pathOf(like))).slice(0, count)
  const to = await serveFile(build, name)
  const shown = new Set(await picturesOf(urlOf(to, '/own'), '-rtsp_transport', 'tcp'))
  const missing = expected.filter((crc) => !shown.has(crc)).length
  return {
    holds: expected.length > 0 && missing === 0,
    saw: `${expected.length - missing} of ${expected.length} pictures`,
  }
}

/** Byte offset of a box of MP4 at the top level; the last one of its type. */
function lastBox(bytes, type) {
  let found = -1
  for (let at = 0; at + 8 <= bytes.length; ) {
    if (bytes.toString('latin1', at + 4, at + 8) === type) found = at
    const size = bytes.readUInt32BE(at)
    at += size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size || bytes.length
  }
  return found
}

export const trials = {
  'M-A': {
    way: 'library',
    async seen(build) {
      await ffmpeg(picture(6), x264(250, '-x264-params', 'scenecut=0'), pathOf('one.mp4'))
      await ffmpeg('-ss', '3', '-i', pathOf('one.mp4'), '-c', 'copy', pathOf('cut.mp4'))
      return played(build, 'cut.mp4')
    },
  },
  'M-G': {
    way: 'library',
    async seen(build) {
      await ffmpeg(picture(3), x264(25), '-f', 'mpegts', pathOf('a.ts'))
      const part = readFileSync(pathOf('a.ts'))
      writeFileSync(pathOf('joined.ts'), Buffer.concat([part, part]))
      const to = await serveFile(build, 'joined.ts')
      const viewer = await view(to, '/own', { tracks: 1 })
      await sleep(8_000)
      const pictures = new Map()
      for (const { at, time } of packetsOf(viewer)) if (!pictures.has(time)) pictures.set(time, at)
      const at = [...pictures.values()]
      const burst = Math.max(
        ...at.map((from) => at.filter((t) => t >= from && t < from + 200).length),
      )
      const range = /^a=range:npt=0-([\d.]+)/m.exec(viewer.described.body)?.[1]
      return {
        holds: Number(range) > 5.5 && burst < 12,
        saw: `6 s described as ${Number(range).toFixed(1)} s, at most ${burst} pictures within 0.2 s`,
      }
    },
  },
  'M-K': {
    way: 'library',
    async seen(build) {
      await ffmpeg(picture(8), x264(25), '-movflags', '+faststart', pathOf('whole.mp4'))
      const whole = readFileSync(pathOf('whole.mp4'))
      writeFileSync(pathOf('half.mp4'), whole.subarray(0, whole.length / 2))
      const to = await serveFile(build, 'half.mp4')
      const viewer = await setUp(to, '/own', { tracks: 1 })
      const range = /^a=range:npt=0-([\d.]+)/m.exec(viewer.described.body)?.[1]
      const { status, head } = await viewer.ask('PLAY', { Range: 'npt=7-' })
      const begins = /^range: *npt=([\d.]+)/im.exec(head)?.[1]
      return {
        holds: Number(range) < 7 && (status === 457 || Number(begins) > 6),
        saw: `half a file of 8 s described as ${Number(range).toFixed(1)} s; PLAY from 7 s: ${status}${begins ? `, from ${begins} s` : ''}`,
      }
    },
  },
  'M-L': {
    way: 'library',
    async seen(build) {
      // The times of MPEG-TS wrap after 95443.7 s.
      const offset = ['-output_ts_offset', '95440.7', '-f', 'mpegts']
      await ffmpeg(picture(6), x264(25), offset, pathOf('wrap.ts'))
      await ffmpeg(picture(6), x264(25), '-f', 'mpegts', pathOf('plain.ts'))
      return played(build, 'wrap.ts', 'plain.ts')
    },
  },
  'M-M': {
    way: 'library',
    async seen(build) {
      const fragmented = ['-movflags', 'frag_keyframe+empty_moov']
      await ffmpeg(picture(5), x264(25), fragmented, pathOf('fragments.mp4'))
      const bytes = readFileSync(pathOf('fragments.mp4'))
      writeFileSync(pathOf('in-moof.mp4'), bytes.subarray(0, lastBox(bytes, 'moof') + 20))
      return played(build, 'in-moof.mp4')
    },
  },
  'M-N': {
    way: 'library',
    async seen(build) {
      // As a recorder leaves it that was killed: samples in the index, fragments behind, the last one cut.
      await ffmpeg(picture(5), x264(25), '-movflags', 'frag_keyframe', pathOf('hybrid.mp4'))
      const bytes = readFileSync(pathOf('hybrid.mp4'))
      writeFileSync(pathOf('killed.mp4'), bytes.subarray(0, lastBox(bytes, 'moof') + 200))
      return played(build, 'killed.mp4', 'hybrid.mp4', 100)
    },
  },
  'M-O': {
    way: 'library',
    async seen(build) {
      await ffmpeg(picture(5), x264(25), '-movflags', 'frag_keyframe', pathOf('hybrid.mp4'))
      return played(build, 'hybrid.mp4')
    },
  },
}
