import { patched, type Recipe, remuxed } from './recipe.js'

const packetBytes = 188
/** Up to a whole number of packets. */
const packets = (file: Buffer, share: number): number =>
  Math.floor((file.length * share) / packetBytes) * packetBytes

/** MPEG-TS: times that wrap, begin again and jump; packets that begin elsewhere; further codecs. */
export const transportStreamRecipes: readonly Recipe[] = [
  remuxed('plain.ts', 'gop.mp4', '-c copy', { isShort: true }),
  remuxed('open-gop.ts', 'open.mp4', '-c copy'),
  remuxed('pyramid.ts', 'pyramid.mp4', '-c copy'),
  remuxed('hevc.ts', 'hevc.mp4', '-c copy'),
  remuxed('late.ts', 'gop.mp4', '-c copy -output_ts_offset 50000'),
  remuxed('no-sound.ts', 'gop.mp4', '-c copy -an'),
  remuxed('sound.ts', 'sound.m4a', '-c copy'),
  remuxed('wrap.ts', 'gop.mp4', '-c copy -muxdelay 0 -output_ts_offset 95442.1', { isShort: true }),
  remuxed('wrap-late.ts', 'gop.mp4', '-c copy -muxdelay 0 -output_ts_offset 95441.2'),
  remuxed('wrap-early.ts', 'gop.mp4', '-c copy -muxdelay 0 -output_ts_offset 95443.5'),
  remuxed('wrap-hevc.ts', 'hevc.mp4', '-c copy -muxdelay 0 -output_ts_offset 95442.3'),
  remuxed('wrap-sound.ts', 'sound.m4a', '-c copy -muxdelay 0 -output_ts_offset 95442.3'),
  patched('joined.ts', ['gop.ts', 'gop2.ts'], (...files) => Buffer.concat(files), {
    isShort: true,
  }),
  patched('joined-same.ts', ['gop2.ts', 'gop2.ts'], (...files) => Buffer.concat(files)),
  patched('joined-three.ts', ['plain.ts', 'plain.ts', 'plain.ts'], (...files) =>
    Buffer.concat(files),
  ),
  patched('joined-hevc.ts', ['hevc.ts', 'hevc.ts'], (...files) => Buffer.concat(files)),
  patched('joined-ahead.ts', ['gop.ts', 'ahead.ts'], (...files) => Buffer.concat(files)),
  patched('joined-back.ts', ['ahead.ts', 'gop.ts'], (...files) => Buffer.concat(files)),
  patched('joined-wraps.ts', ['wrap.ts', 'wrap.ts'], (...files) => Buffer.concat(files)),
  patched('joined-parts.ts', ['gop.ts', 'gop2.ts'], (first, second) =>
    Buffer.concat([(first as Buffer).subarray(0, packets(first as Buffer, 0.6)), second as Buffer]),
  ),
  patched('joined-unaligned.ts', ['gop.ts', 'gop2.ts'], (first, second) =>
    Buffer.concat([
      (first as Buffer).subarray(0, packets(first as Buffer, 0.6) + 77),
      second as Buffer,
    ]),
  ),
  patched('from-the-middle.ts', ['gop.ts'], (file) => file.subarray(packets(file, 0.4))),
  patched('unaligned.ts', ['gop.ts'], (file) => file.subarray(100), { isShort: true }),
  patched('unaligned-middle.ts', ['gop.ts'], (file) => file.subarray(packets(file, 0.3) + 31)),
  patched('rubbish-in-front.ts', ['gop.ts'], (file) =>
    Buffer.concat([Buffer.alloc(5000, 1), file]),
  ),
  patched('cut-anywhere.ts', ['gop.ts'], (file) => file.subarray(0, packets(file, 0.7) + 50)),
  patched('time-codes.m2ts', ['m2.ts'], (file) => file, { isShort: true }),
  patched('unaligned.m2ts', ['m2.ts'], (file) => file.subarray(70)),
  patched('ac3.m2ts', ['m2ts-ac3.ts'], (file) => file),
  patched('joined.m2ts', ['m2.ts', 'm2.ts'], (...files) => Buffer.concat(files)),
  patched('corrected.ts', ['gop.ts'], (file) => {
    const corrected = []
    for (let at = 0; at + packetBytes <= file.length; at += packetBytes) {
      corrected.push(file.subarray(at, at + packetBytes), Buffer.alloc(16))
    }
    return Buffer.concat(corrected)
  }),
  remuxed('ac3.ts', 'gop.mp4', '-c:v copy -c:a ac3', { isShort: true }),
  remuxed('eac3.ts', 'gop.mp4', '-c:v copy -c:a eac3', { without: ['audio'] }),
  remuxed('mp2.ts', 'gop.mp4', '-c:v copy -c:a mp2'),
  remuxed('mp3.ts', 'gop.mp4', '-c:v copy -c:a libmp3lame', { isShort: true }),
]
