import type { FileView } from '../../src/media/file/file-view.js'
import { addFragment } from '../../src/media/file/iso/fragment.js'
import { type Movie, parseMovie } from '../../src/media/file/iso/movie.js'
import { serializeMovie } from '../../src/media/file/iso/movie-writer.js'
import { SampleList } from '../../src/media/file/iso/sample-list.js'
import { elementAt, sizeOf } from '../../src/media/file/matroska/ebml.js'
import {
  findAlignment,
  type PesTimes,
  packetBytes,
  readPesTimes,
} from '../../src/media/file/ts/packet.js'
import { RepairedStream } from '../../src/media/file/ts/repaired-stream.js'
import { TimelinePieces } from '../../src/media/file/ts/timeline-pieces.js'
import { type FuzzTarget, fuzzTarget } from './target.js'

/** Checks that the numbers of a list of samples are in proportion. */
function checkSamples(samples: SampleList): void {
  const inChunks = samples.chunkSampleCounts.reduce((sum, count) => sum + count, 0)
  if (inChunks !== samples.count || samples.durations.length !== samples.count)
    throw new Error('chunks and samples do not agree')
  if (!samples.chunkOffsets.every((offset) => Number.isSafeInteger(offset) && offset >= 0))
    throw new Error('a sample lies outside of every file')
}

function checkMovie(movie: Movie): Movie {
  for (const { samples } of movie.tracks) checkSamples(samples)
  return movie
}

/** Finds packets at one distance, as the scan of a file does. */
function readPackets(bytes: Buffer) {
  const found = findAlignment(bytes, 0, true)
  if (!found) return undefined
  const { offset, stride } = found
  const packets = Math.floor((bytes.length - offset - packetBytes) / stride) + 1
  const pieces = new TimelinePieces()
  const times: PesTimes = { pid: 0, isVideo: false, ptsAt: -1, dtsAt: -1 }
  for (let packet = 0; packet < packets; packet++) {
    if (readPesTimes(bytes, offset + packet * stride, times)) pieces.add(packet, bytes, times)
  }
  const shifts = pieces.finish()
  if (!shifts.every(({ shift }) => Number.isInteger(shift) && shift >= 0 && shift < 2 ** 33))
    throw new Error('a shift is no time')
  const file: FileView = {
    sizeBytes: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
  }
  const run = { fileStart: offset, stride, firstPacket: 0, packets }
  return { shifts, sizeBytes: new RepairedStream(file, [run], shifts).sizeBytes }
}

/** Parsers of the file structures from which an index is repaired. */
export const fileTargets: readonly FuzzTarget[] = [
  fuzzTarget({
    name: 'movie',
    tags: 'B-SSRC',
    refusesWithRangeError: true,
    read: (bytes) => {
      const { tracks } = checkMovie(parseMovie(bytes, bytes.length))
      const written = serializeMovie({ bytes, box: parseMovie(bytes, bytes.length).box, tracks }, 0)
      const again = checkMovie(parseMovie(written, bytes.length))
      const listsOf = (movie: readonly { readonly samples: SampleList }[]) =>
        JSON.stringify(movie.map(({ samples }) => samples))
      if (listsOf(again.tracks) !== listsOf(tracks)) throw new Error('reads other samples again')
      return tracks.map(({ id, samples }) => [id, samples.count])
    },
  }),
  fuzzTarget({
    name: 'movie-fragment',
    tags: 'B-SSRC',
    refusesWithRangeError: true,
    read: (bytes) => {
      const defaults = { duration: 40, size: 9, flags: 0 }
      const tracks = new Map([1, 2].map((id) => [id, { defaults, samples: new SampleList() }]))
      addFragment(bytes, 1000, tracks, bytes.length)
      for (const { samples } of tracks.values()) checkSamples(samples)
      return [...tracks.values()].map(({ samples }) => samples.count)
    },
  }),
  fuzzTarget({
    name: 'matroska-element',
    tags: 'B-SSRC',
    read: (bytes) => {
      const element = elementAt(bytes, 0)
      if (!element) return undefined
      const { sizeStart, sizeBytes, contentStart, end } = element
      if (sizeStart + sizeBytes !== contentStart || (end ?? contentStart) < contentStart)
        throw new Error('an element ends before it begins')
      const written = Buffer.from(bytes.subarray(0, contentStart))
      if (end !== undefined) sizeOf(end - contentStart, sizeBytes).copy(written, sizeStart)
      const again = elementAt(written, 0)
      if (again?.end !== end && (end ?? 0) - contentStart < Number.MAX_SAFE_INTEGER)
        throw new Error('another size is read again')
      return element
    },
  }),
  fuzzTarget({ name: 'transport-stream', tags: 'B-SSRC', read: readPackets }),
]
