import type { FileRepair, FileView } from '../file-view.js'
import { type Box, topLevelBoxes } from './boxes.js'
import { addFragment } from './fragment.js'
import { isFragmentedMovie, type Movie, parseMovie } from './movie.js'
import { serializeMovie } from './movie-writer.js'
import { SampleList } from './sample-list.js'

/**
 * Maximum number of samples of all tracks together: about four hours of pictures and sound. A movie with more is not
 * repaired, and fragments that exceed it are left out.
 */
const maxSamples = 2 ** 20
const maxMovieBytes = 64 * 2 ** 20
const maxFileTypeBytes = 4096
const maxFragmentBytes = 16 * 2 ** 20

/**
 * Builds one index for a fragmented MP4 whose fragments mediabunny 1.61 does not find.
 *
 * mediabunny ignores `moof` boxes if the `moov` lists samples. ffmpeg's `frag_keyframe` writes such files, and
 * `hybrid_fragmented` leaves them after a crash. mediabunny also refuses a file that ends within a `moof`, as a
 * recorder leaves it that was killed. The repaired file begins with a `moov` that lists every sample; the original
 * file follows.
 *
 * ```text
 *  file      ftyp moov mdat moof mdat moof mdat mo…
 *  repaired  ftyp moov' │ ftyp moov mdat moof mdat moof mdat mo…
 * ```
 *
 * @returns `undefined` if mediabunny can read the file itself.
 */
export async function foldFragments(file: FileView): Promise<FileRepair | undefined> {
  const found = await findFragments(file)
  if (!found) return undefined
  const { movie, fragments, last } = found
  const isCut = last.end > file.sizeBytes
  if (!isCut && movie.tracks.every(({ samples }) => samples.count === 0)) return undefined
  const leftOut: string[] = []
  await addFragments(file, movie, fragments, leftOut)
  if (isCut) {
    leftOut.push(
      `everything from byte ${last.start} on: the file ends within a ${nameOf(last)} box`,
    )
  }
  const { tracks, lostSamples } = keepPresentSamples(movie, file.sizeBytes)
  if (lostSamples > 0) leftOut.push(`${lostSamples} samples behind the end of the file`)
  const folded = { ...movie, tracks }
  // The size of the box does not depend on the positions in it.
  const shift = found.fileType.length + serializeMovie(folded, 0).length
  const prefix = Buffer.concat([found.fileType, serializeMovie(folded, shift)])
  return { present: (open) => new PrefixedFile(prefix, open), leftOut }
}

interface Fragments {
  /** The `ftyp` box, which distinguishes QuickTime from MP4; empty if there is none. */
  readonly fileType: Buffer
  readonly movie: Movie
  readonly fragments: readonly Box[]
  readonly last: Box
}

/** Finds the `moov` and the `moof` boxes of a file. @returns `undefined` for a file without fragments. */
async function findFragments(file: FileView): Promise<Fragments | undefined> {
  let fileType: Buffer = Buffer.alloc(0)
  let movie: Movie | undefined
  let last: Box | undefined
  const fragments: Box[] = []
  for await (const box of topLevelBoxes(file)) {
    last = box
    if (box.type === 'moov' && !movie) {
      if (box.end > file.sizeBytes || box.end - box.start > maxMovieBytes) return undefined
      const bytes = Buffer.from(await file.read(box.start, box.end))
      if (!isFragmentedMovie(bytes)) return undefined
      movie = parseMovie(bytes, maxSamples)
    }
    if (box.type === 'ftyp' && box.end <= Math.min(file.sizeBytes, maxFileTypeBytes)) {
      fileType = Buffer.from(await file.read(box.start, box.end))
    }
    if (box.type === 'moof') fragments.push(box)
  }
  return movie && last && fragments.length > 0 ? { fileType, movie, fragments, last } : undefined
}

/**
 * Adds the samples of each fragment to the tracks of `movie`, up to the first fragment that cannot be read.
 *
 * @param leftOut - Receives a description of what was not added.
 */
async function addFragments(
  file: FileView,
  movie: Movie,
  fragments: readonly Box[],
  leftOut: string[],
): Promise<void> {
  const tracks = new Map(movie.tracks.map((track) => [track.id, track]))
  for (const { start, end } of fragments) {
    if (end > file.sizeBytes) return
    try {
      if (end - start > maxFragmentBytes) throw new RangeError(`${end - start} bytes`)
      const count = movie.tracks.reduce((sum, { samples }) => sum + samples.count, 0)
      const bytes = Buffer.from(await file.read(start, end))
      addFragment(bytes, start, tracks, maxSamples - count)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      leftOut.push(`everything from the fragment at byte ${start} on (${error.message})`)
      return
    }
  }
}

/**
 * Cuts the samples of each track off before the first sample that is not in the file, and counts the samples left out.
 */
function keepPresentSamples(movie: Movie, sizeBytes: number) {
  let lostSamples = 0
  const tracks = movie.tracks.map((track) => {
    const { samples } = track
    const kept = new SampleList()
    kept.continueAt(samples.startTime)
    let index = 0
    all: for (const [chunk, offset] of samples.chunkOffsets.entries()) {
      let position = offset
      for (let left = samples.chunkSampleCounts[chunk] ?? 0; left > 0; left--, index++) {
        const size = samples.sizes[index] ?? 0
        if (position + size > sizeBytes) break all
        kept.add(
          position,
          size,
          samples.durations[index] ?? 0,
          samples.compositionOffsets[index] ?? 0,
          samples.isSync[index] ?? false,
        )
        position += size
      }
    }
    lostSamples += samples.count - kept.count
    return { ...track, samples: kept }
  })
  return { tracks, lostSamples }
}

/** View of a file with additional bytes in front of it: positions in the file are shifted by their number. */
class PrefixedFile implements FileView {
  readonly sizeBytes: number
  readonly #prefix: Buffer
  readonly #file: FileView

  constructor(prefix: Buffer, file: FileView) {
    this.#prefix = prefix
    this.#file = file
    this.sizeBytes = prefix.length + file.sizeBytes
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const { length } = this.#prefix
    if (start >= length) return this.#file.read(start - length, end - length)
    const front = this.#prefix.subarray(start, end)
    if (end <= length) return Buffer.from(front)
    return Buffer.concat([front, await this.#file.read(0, end - length)])
  }
}

/** Returns the type of a box for a log, with unsafe characters replaced by `?`. */
const nameOf = ({ type }: Box): string => type.replace(/[^\w -]/g, '?')
