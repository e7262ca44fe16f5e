import { withEdits } from './patch-edits.js'
import { patched, type Recipe, remuxed, words } from './recipe.js'

/** Position of the last box of a type. */
const lastBox = (file: Buffer, type: string): number =>
  file.lastIndexOf(type, undefined, 'latin1') - 4

/** Leaves the parameter sets of an avc3 track in its pictures alone. */
function withoutParameterSets(file: Buffer): Buffer {
  const box = file.indexOf('avcC', 0, 'latin1') - 4
  const size = file.readUInt32BE(box)
  const emptyBytes = 8 + 7
  const bare = Buffer.from(file)
  bare.writeUInt32BE(emptyBytes, box)
  bare[box + 8 + 5] = 0xe0
  bare[box + 8 + 6] = 0
  bare.writeUInt32BE(size - emptyBytes, box + emptyBytes)
  bare.write('free', box + emptyBytes + 4, 'latin1')
  return bare
}

const cut = { input: '-ss 1.3' }

/** MP4 and QuickTime whose index is whole: edit lists, orders of pictures, metadata, further tracks. */
export const mp4Recipes: readonly Recipe[] = [
  remuxed('whole.mp4', 'gop.mp4', '-c copy', { isShort: true }),
  remuxed('cut-gop.mp4', 'gop.mp4', '-c copy', { ...cut, isShort: true }),
  remuxed('cut-one-key.mp4', 'one-key.mp4', '-c copy', { input: '-ss 2', isShort: true }),
  remuxed('cut-open-gop.mp4', 'open.mp4', '-c copy', cut),
  remuxed('cut-pyramid.mov', 'pyramid.mp4', '-c copy', { input: '-ss 1.7' }),
  remuxed('cut-hevc.mp4', 'hevc.mp4', '-c copy', { ...cut, isShort: true }),
  remuxed('cut-hevc-closed.mov', 'hevc-closed.mp4', '-c copy -tag:v hvc1', cut),
  remuxed('cut-refresh.mp4', 'refresh.mp4', '-c copy', cut),
  remuxed('cut-twice.mp4', 'one-key.mp4', '-c copy -t 1', { input: '-ss 1.5' }),
  remuxed('cut-pictures-only.mp4', 'gop.mp4', '-c copy -an', cut),
  remuxed('cut-ntsc.mp4', 'ntsc.mp4', '-c copy', { input: '-ss 0.8' }),
  remuxed('cut-slow.mp4', 'slow.mp4', '-c copy', { input: '-ss 1.4' }),
  remuxed('cut-sound.m4a', 'sound.m4a', '-c copy', { input: '-ss 1.01' }),
  {
    name: 'empty-edit.mp4',
    make: async (maker, path) => {
      const [video, sound] = [await maker.source('gop.mp4'), await maker.source('sound.m4a')]
      const inputs = ['-itsoffset', '0.7', '-i', video, '-i', sound]
      await maker.ffmpeg(...inputs, ...words('-map 0:v -map 1:a -c copy'), path)
    },
  },
  {
    name: 'late-sound.mp4',
    make: async (maker, path) => {
      const [video, sound] = [await maker.source('gop.mp4'), await maker.source('sound.m4a')]
      const inputs = ['-i', video, '-itsoffset', '0.9', '-i', sound]
      await maker.ffmpeg(...inputs, ...words('-map 0:v -map 1:a -c copy'), path)
    },
  },
  patched('two-edits.mp4', ['gop.mp4'], (file) =>
    withEdits(file, ({ mediaTime }, movie, media) => [
      { duration: movie, mediaTime: mediaTime + Math.round(0.4 * media) },
      { duration: movie / 2, mediaTime: mediaTime + 2 * media },
    ]),
  ),
  patched('short-edit.mp4', ['gop.mp4'], (file) =>
    withEdits(file, (old, movie) => [{ ...old, duration: 1.6 * movie }]),
  ),
  patched('edit-into-gop.mp4', ['one-key.mp4'], (file) =>
    withEdits(file, (old, movie, media) => [
      { duration: old.duration - 3 * movie, mediaTime: old.mediaTime + 3 * media },
    ]),
  ),
  remuxed('no-edits.mp4', 'gop.mp4', '-c copy -use_editlist 0'),
  remuxed('negative-offsets.mp4', 'gop.mp4', '-c copy -movflags negative_cts_offsets'),
  remuxed('no-b.mp4', 'plain.mp4', '-c copy'),
  remuxed('open-gop.mp4', 'open.mp4', '-c copy'),
  remuxed('pyramid.mp4', 'pyramid.mp4', '-c copy'),
  remuxed('refresh.mp4', 'refresh.mp4', '-c copy'),
  remuxed('slices.mp4', 'slices.mp4', '-c copy'),
  remuxed('hevc.mov', 'hevc.mp4', '-c copy -tag:v hvc1'),
  remuxed('hev1.mp4', 'hevc.mp4', '-c copy -tag:v hev1'),
  remuxed('avc3.mp4', 'avc3.mp4', '-c:v copy -an -tag:v avc3'),
  patched('avc3-bare.mp4', ['avc3.mp4'], withoutParameterSets, { isShort: true }),
  remuxed('rotated.mp4', 'gop.mp4', '-c copy -metadata:s:v:0 rotate=90'),
  remuxed('variable-rate.mp4', 'vfr.mp4', '-c copy', { isShort: true }),
  remuxed('odd-timescale.mp4', 'ntsc.mp4', '-c copy -video_track_timescale 11988'),
  remuxed('two-sounds.mp4', 'gop.mp4', '-map 0:v -map 0:a -map 0:a -c copy'),
  remuxed('no-sound.mp4', 'gop.mp4', '-an -c copy'),
  remuxed('late.mp4', 'gop.mp4', '-c copy -output_ts_offset 100'),
  remuxed('one-picture.mp4', 'one.mp4', '-c copy'),
  remuxed('time-code.mov', 'gop.mp4', '-c copy -timecode 01:00:00:00'),
  remuxed('faststart.mp4', 'gop.mp4', '-c copy -movflags +faststart'),
  {
    name: 'cover.m4a',
    without: ['video'],
    make: async (maker, path) => {
      const cover = maker.scratch('cover.png')
      await maker.ffmpeg(...words('-f lavfi -i testsrc2=s=160x120 -frames:v 1'), cover)
      const inputs = ['-i', await maker.source('sound.m4a'), '-i', cover]
      const args = '-map 0:a -map 1:v -c copy -disposition:v:0 attached_pic'
      await maker.ffmpeg(...inputs, ...words(args), path)
    },
  },
  {
    name: 'subtitles.mp4',
    make: async (maker, path) => {
      const titles = maker.scratch('titles.srt')
      await maker.write(titles, Buffer.from('1\n00:00:00,500 --> 00:00:01,500\ntitle\n'))
      const inputs = ['-i', await maker.source('gop.mp4'), '-i', titles]
      await maker.ffmpeg(...inputs, ...words('-map 0 -map 1 -c copy -c:s mov_text'), path)
    },
  },
]

const hybrid = '-c copy -flush_packets 1 -movflags hybrid_fragmented'

/** Fragmented MP4, whole and as crashes leave it; and whole indexes whose data are cut off. */
export const fragmentRecipes: readonly Recipe[] = [
  remuxed('empty-moov.mp4', 'gop.mp4', '-c copy -movflags empty_moov+frag_keyframe'),
  remuxed('frag-keyframe.mp4', 'gop.mp4', '-c copy -movflags frag_keyframe', { isShort: true }),
  remuxed('frag-short.mp4', 'gop.mp4', '-c copy -frag_duration 300000'),
  remuxed('frag-short.mov', 'pyramid.mp4', '-c copy -movflags frag_keyframe'),
  remuxed('frag-hevc.mp4', 'hevc.mp4', '-c copy -tag:v hvc1 -movflags frag_keyframe'),
  remuxed('frag-sound.m4a', 'sound.m4a', '-c copy -f mp4 -frag_duration 500000'),
  remuxed('frag-every-picture.mp4', 'gop.mp4', '-c copy -movflags empty_moov+frag_every_frame'),
  remuxed('default-base-moof.mp4', 'gop.mp4', '-c copy -movflags frag_keyframe+default_base_moof'),
  remuxed('separate-moof.mp4', 'gop.mp4', '-c copy -movflags frag_keyframe+separate_moof'),
  remuxed('no-offsets.mp4', 'gop.mp4', '-c copy -movflags frag_keyframe+omit_tfhd_offset'),
  remuxed('dash.mp4', 'gop.mp4', '-c copy -movflags dash+global_sidx+frag_keyframe+empty_moov'),
  remuxed('frag-no-edits.mp4', 'gop.mp4', '-c copy -use_editlist 0 -movflags frag_keyframe'),
  remuxed('cut-frag.mp4', 'gop.mp4', '-c copy -movflags frag_keyframe', cut),
  remuxed('cut-empty-moov.mp4', 'one-key.mp4', '-c copy -movflags empty_moov+frag_keyframe', cut),
  patched(
    'killed-in-moof.mp4',
    ['empty-moov.mp4'],
    (file) => file.subarray(0, lastBox(file, 'moof') + 20),
    {
      isShort: true,
    },
  ),
  patched('killed-in-moof-base.mp4', ['base-moof.mp4'], (file) =>
    file.subarray(0, lastBox(file, 'moof') + 60),
  ),
  patched('killed-in-header.mp4', ['empty-moov.mp4'], (file) =>
    file.subarray(0, lastBox(file, 'moof') + 5),
  ),
  patched('killed-in-mdat.mp4', ['empty-moov.mp4'], (file) =>
    file.subarray(0, lastBox(file, 'moof') + 4000),
  ),
  patched('killed-frag-in-moof.mp4', ['fragments.mp4'], (file) =>
    file.subarray(0, lastBox(file, 'moof') + 100),
  ),
  patched('killed-frag-in-mdat.mp4', ['fragments.mp4'], (file) =>
    file.subarray(0, lastBox(file, 'moof') + 5000),
  ),
  {
    name: 'hybrid-killed.mp4',
    isShort: true,
    needsNewFfmpeg: true,
    make: async (maker, path) =>
      maker.newFfmpeg(
        5000,
        ...words('-stream_loop 2 -re -i'),
        await maker.source('gop.mp4'),
        ...words(hybrid),
        path,
      ),
  },
  {
    name: 'hybrid.mp4',
    needsNewFfmpeg: true,
    make: async (maker, path) =>
      maker.newFfmpeg(undefined, '-i', await maker.source('gop.mp4'), ...words(hybrid), path),
  },
  patched('half.mp4', ['faststart.mp4'], (file) => file.subarray(0, file.length / 2)),
  patched('most.mp4', ['faststart.mp4'], (file) => file.subarray(0, 0.9 * file.length)),
]
