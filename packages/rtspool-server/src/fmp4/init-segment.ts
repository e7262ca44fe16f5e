import { box, fullBox, u16, u32, zeros } from './box.js'
import type { TrackFormat } from './track-format.js'

const one = 2 ** 16
/**
 * Transformation matrix that changes nothing: fixed-point numbers of 16.16 bits, the last of 2.30
 * bits.
 */
const identityMatrix = u32(one, 0, 0, 0, one, 0, 0, 0, 2 ** 30)
const enabledInMovie = 7
const selfContained = 1
/** Language code `und` (undetermined), as three letters of 5 bits. */
const undefinedLanguage = 0x55c4

/**
 * Builds an MP4 init segment: `ftyp` and `moov` without any sample.
 *
 * For a browser that watches live, each track has its own init segment. A browser that cannot play
 * one track can then play the others, and a gap in the sound does not interrupt the picture.
 *
 * @param formats - Format of each track. The tracks have the numbers 1, 2, ….
 * @see ISO/IEC 14496-12 sections 8.2 to 8.8; Media Source Extensions byte stream format
 */
export function initSegment(formats: readonly TrackFormat[]): Buffer {
  const fileType = box('ftyp', Buffer.from('iso6\0\0\0\0iso6mp41', 'latin1'))
  const movie = box(
    'moov',
    movieHeader(formats.length),
    ...formats.map((format, index) => track(format, index + 1)),
    box('mvex', ...formats.map((_, index) => trackDefaults(index + 1))),
  )
  return Buffer.concat([fileType, movie])
}

function movieHeader(trackCount: number): Buffer {
  return fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, 1000 /* timescale */, 0 /* duration */, one /* rate */),
    u16(0x0100 /* volume */),
    zeros(10),
    identityMatrix,
    zeros(24),
    u32(trackCount + 1 /* next track */),
  )
}

const trackDefaults = (trackId: number): Buffer => fullBox('trex', 0, 0, u32(trackId, 1, 0, 0, 0))

function track(format: TrackFormat, trackId: number): Buffer {
  const { kind, width, height, timescale } = format
  const isVideo = kind === 'video'
  const header = fullBox(
    'tkhd',
    0,
    enabledInMovie,
    u32(0, 0, trackId, 0, 0, 0, 0),
    u16(0, 0, isVideo ? 0 : 0x0100 /* volume */, 0),
    identityMatrix,
    u32(width * one, height * one),
  )
  const media = box(
    'mdia',
    fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(undefinedLanguage, 0)),
    handler(isVideo),
    box(
      'minf',
      isVideo ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4)),
      box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, selfContained))),
      sampleTable(format.entry),
    ),
  )
  return box('trak', header, media)
}

function handler(isVideo: boolean): Buffer {
  const type = isVideo ? 'vide' : 'soun'
  return fullBox('hdlr', 0, 0, zeros(4), Buffer.from(type, 'latin1'), zeros(12), Buffer.from('\0'))
}

function sampleTable(entry: Buffer): Buffer {
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), entry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  )
}
