// Pictures of recorded MP4 files: counted in their boxes (ISO/IEC 14496-12), and as FFmpeg decodes them.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of all MP4 files below a folder, which need not exist yet. */
export function recordedFiles(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.mp4'))
    .map((name) => join(folder, name))
}

/** Boxes one after the other; the last one may be cut. */
function* boxesOf(bytes, begin = 0, end = bytes.length) {
  for (let at = begin; at + 8 <= end; ) {
    const size = bytes.readUInt32BE(at)
    const type = bytes.latin1Slice(at + 4, at + 8)
    if (size < 8) return
    yield { type, begin: at + 8, end: at + size, isWhole: at + size <= end }
    at += size
  }
}

function samplesOf(bytes, moof) {
  let samples = 0
  for (const traf of boxesOf(bytes, moof.begin, moof.end)) {
    if (traf.type !== 'traf') continue
    for (const trun of boxesOf(bytes, traf.begin, traf.end)) {
      // Version and flags come before the number of samples.
      if (trun.type === 'trun') samples += bytes.readUInt32BE(trun.begin + 4)
    }
  }
  return samples
}

/**
 * Pictures in the whole fragments of a file with one video track: those whose `moof` and `mdat` are all there.
 *
 * @returns `isCut`: the file ends in the middle of a box
 */
export function wholePictures(path) {
  const bytes = readFileSync(path)
  let pictures = 0
  let waiting = 0
  let end = 0
  for (const box of boxesOf(bytes)) {
    if (!box.isWhole) break
    end = box.end
    if (box.type === 'moof') waiting = samplesOf(bytes, box)
    if (box.type !== 'mdat') continue
    pictures += waiting
    waiting = 0
  }
  return { pictures, isCut: end < bytes.length || waiting > 0 }
}

/** Decodes a file. @returns The pictures that came out, and what FFmpeg complained of */
export function decodedPictures(path) {
  const entries = ['-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0']
  const args = ['-v', 'error', '-select_streams', 'v', ...entries, path]
  const { stdout, stderr, error } = spawnSync('ffprobe', args, { encoding: 'utf8' })
  if (error) throw error
  return { pictures: Number.parseInt(stdout, 10) || 0, complaint: stderr.trim() }
}
