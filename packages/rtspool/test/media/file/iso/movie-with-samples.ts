import { boxesIn, childrenOf, findBox } from '../../../../src/media/file/iso/boxes.js'
import { addFragment } from '../../../../src/media/file/iso/fragment.js'
import { parseMovie } from '../../../../src/media/file/iso/movie.js'
import { serializeMovie } from '../../../../src/media/file/iso/movie-writer.js'

/**
 * Rewrites a fragmented file in the form of ffmpeg's `frag_keyframe` without `empty_moov`. The
 * `moov` lists the samples of the first fragment; the other fragments follow.
 */
export function withFirstFragmentInMovie(file: Buffer): Buffer {
  const boxes = boxesIn(file, 0, file.length)
  const moov = boxes.find(({ type }) => type === 'moov')
  const moof = boxes.find(({ type }) => type === 'moof')
  if (!moov || !moof) throw new Error('expected moov and moof')
  const movie = parseMovie(file.subarray(moov.start, moov.end), 1e6)
  addFragment(
    file.subarray(moof.start, moof.end),
    moof.start,
    new Map(movie.tracks.map((track) => [track.id, track])),
    1e6,
  )
  const extendsBox = findBox(movie.bytes, movie.box, 'mvex')
  const tail = extendsBox ? movie.bytes.subarray(extendsBox.start, extendsBox.end) : Buffer.alloc(0)
  const withTail = (shift: number): Buffer => {
    const bytes = Buffer.concat([serializeMovie(movie, shift), tail])
    bytes.writeUInt32BE(bytes.length)
    return bytes
  }
  // Drops the part before the first fragment: its data follow the new moov, with all later
  // fragments.
  const front = file.subarray(0, moov.start)
  const shift = front.length + withTail(0).length - moof.end
  const rest = Buffer.from(file.subarray(moof.end))
  shiftBaseOffsets(rest, shift)
  return Buffer.concat([front, withTail(shift), rest])
}

/** Changes the absolute positions in fragments. */
function shiftBaseOffsets(bytes: Buffer, shift: number): void {
  for (const box of boxesIn(bytes, 0, bytes.length)) {
    if (box.type !== 'moof') continue
    for (const traf of childrenOf(bytes, box).filter(({ type }) => type === 'traf')) {
      const tfhd = findBox(bytes, traf, 'tfhd')
      if (!tfhd || (bytes.readUInt32BE(tfhd.contentStart) & 1) === 0) continue
      const at = tfhd.contentStart + 8
      bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at) + BigInt(shift), at)
    }
  }
}

/** Delays all fragments of all tracks. */
export function withTimesLater(file: Buffer, seconds: number): Buffer {
  const bytes = Buffer.from(file)
  const boxes = boxesIn(bytes, 0, bytes.length)
  const moov = boxes.find(({ type }) => type === 'moov')
  if (!moov) throw new Error('expected a moov')
  const movie = parseMovie(file.subarray(moov.start, moov.end), 1e6)
  const scales = new Map(movie.tracks.map(({ id, timescale }) => [id, timescale]))
  for (const box of boxes) {
    if (box.type !== 'moof') continue
    for (const traf of childrenOf(bytes, box).filter(({ type }) => type === 'traf')) {
      const [tfhd, tfdt] = [findBox(bytes, traf, 'tfhd'), findBox(bytes, traf, 'tfdt')]
      if (!tfhd || !tfdt || bytes[tfdt.contentStart] !== 1) throw new Error('expected 64 bits')
      const scale = scales.get(bytes.readUInt32BE(tfhd.contentStart + 4)) ?? 1
      const at = tfdt.contentStart + 4
      const ticks = BigInt(Math.round(seconds * scale))
      bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at) + ticks, at)
    }
  }
  return bytes
}

/** Adds `copies` copies of the first track to a fragmented file, under other ids. */
export function withCopiesOfTrack(file: Buffer, copies: number): Buffer {
  const moov = boxesIn(file, 0, file.length).find(({ type }) => type === 'moov')
  const trak = moov && childrenOf(file, moov).find(({ type }) => type === 'trak')
  const tkhd = trak && findBox(file, trak, 'tkhd')
  if (!moov || !tkhd) throw new Error('expected a track')
  const idAt = tkhd.contentStart - trak.start + (file[tkhd.contentStart] === 1 ? 20 : 12)
  const tracks = Array.from({ length: copies }, (_, index) => {
    const track = Buffer.from(file.subarray(trak.start, trak.end))
    track.writeUInt32BE(1000 + index, idAt)
    return track
  })
  const movie = Buffer.concat([file.subarray(moov.start, moov.end), ...tracks])
  movie.writeUInt32BE(movie.length)
  return Buffer.concat([file.subarray(0, moov.start), movie, file.subarray(moov.end)])
}

/** Counts the samples of each track in each fragment, by the ids of the tracks. */
export function samplesOfFragments(file: Buffer): { end: number; counts: Map<number, number> }[] {
  const boxes = boxesIn(file, 0, file.length)
  return boxes.flatMap((box, index) => {
    if (box.type !== 'moof') return []
    const counts = new Map<number, number>()
    for (const traf of childrenOf(file, box).filter(({ type }) => type === 'traf')) {
      const tfhd = findBox(file, traf, 'tfhd')
      if (!tfhd) throw new Error('expected a tfhd')
      const id = file.readUInt32BE(tfhd.contentStart + 4)
      for (const { type, contentStart } of childrenOf(file, traf)) {
        if (type !== 'trun') continue
        counts.set(id, (counts.get(id) ?? 0) + file.readUInt32BE(contentStart + 4))
      }
    }
    // The data stand in the box behind the `moof`.
    return [{ end: boxes[index + 1]?.end ?? file.length, counts }]
  })
}
