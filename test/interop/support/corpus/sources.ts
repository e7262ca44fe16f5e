import { words } from './recipe.js'

const picture = (seconds: number, rate = '25'): string =>
  `-f lavfi -i testsrc2=s=160x120:r=${rate}:d=${seconds}`
const sound = (seconds: number, frequency = 440): string =>
  `-f lavfi -i sine=${frequency}:r=48000:d=${seconds}`
const x264 = '-c:v libx264 -preset veryfast -pix_fmt yuv420p'
const x265 = '-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params'
const aac = '-c:a aac -ac 2'

/** What the files of the corpus are made of: the arguments of ffmpeg for each, pictures 25 a second. */
const sources: Readonly<Record<string, string>> = {
  'gop.mp4': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac}`,
  'gop2.mp4': `${picture(2)} ${sound(2, 880)} ${x264} -g 25 -bf 2 ${aac}`,
  'one-key.mp4': `${picture(4)} ${sound(4)} ${x264} -g 250 -bf 0 -x264-params scenecut=0 ${aac}`,
  'open.mp4': `${picture(3)} ${sound(3)} ${x264} -g 20 -bf 3 -x264-params open-gop=1:b-adapt=0:scenecut=0 ${aac}`,
  'pyramid.mp4': `${picture(3)} ${x264} -g 30 -bf 5 -x264-params b-pyramid=normal:b-adapt=0:ref=5`,
  'plain.mp4': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 0 ${aac}`,
  'refresh.mp4': `${picture(3)} ${x264} -g 25 -bf 0 -x264-params intra-refresh=1`,
  'slices.mp4': `${picture(2)} ${x264} -g 25 -bf 1 -x264-params slices=4`,
  'hevc.mp4': `${picture(3)} ${sound(3)} ${x265} log-level=none:keyint=25 -tag:v hvc1 ${aac}`,
  'hevc-closed.mp4': `${picture(3)} ${x265} log-level=none:keyint=25:open-gop=0:bframes=0`,
  'ntsc.mp4': `${picture(2, '30000/1001')} ${sound(2)} ${x264} -g 15 -bf 2 ${aac}`,
  'slow.mp4': `${picture(4, '2')} ${sound(4)} ${x264} -g 4 -bf 0 ${aac}`,
  'vfr.mp4': `${picture(3)} -vf select='not(between(n,10,24))+eq(n,12)' -fps_mode vfr ${x264} -g 20 -bf 2`,
  'one.mp4': `${picture(1)} -frames:v 1 ${x264}`,
  'sound.m4a': `${sound(3)} ${aac}`,
  'opus.ogg': `${sound(3)} -c:a libopus -ac 2`,
  'gop.ts': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac} -muxdelay 0.7`,
  'gop2.ts': `${picture(2)} ${sound(2, 880)} ${x264} -g 25 -bf 2 ${aac} -muxdelay 0.7`,
  'ahead.ts': `${picture(2)} ${sound(2)} ${x264} -g 25 -bf 2 ${aac} -output_ts_offset 1000`,
  'plain.ts': `${picture(2)} ${x264} -g 25 -bf 0`,
  'hevc.ts': `${picture(2)} ${sound(2)} ${x265} log-level=none:keyint=25 ${aac}`,
  'wrap.ts': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac} -output_ts_offset 95442.1 -muxdelay 0`,
  'm2.ts': `${picture(2)} ${sound(2)} ${x264} -g 25 -bf 2 -c:a ac3 -f mpegts -mpegts_m2ts_mode 1`,
  'm2ts-ac3.ts': `${picture(2)} ${sound(2)} ${x264} -g 25 -c:a ac3 -f mpegts -mpegts_m2ts_mode 1`,
  'empty-moov.mp4': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac} -movflags empty_moov+frag_keyframe`,
  'fragments.mp4': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac} -movflags frag_keyframe`,
  'base-moof.mp4': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 0 ${aac} -movflags empty_moov+frag_keyframe+default_base_moof`,
  'gop.mkv': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac}`,
  'faststart.mp4': `${picture(3)} ${sound(3)} ${x264} -g 25 -bf 2 ${aac} -movflags +faststart`,
  'avc3.mp4': `${picture(3)} ${x264} -g 25 -bf 2 -x264-params repeat-headers=1 -tag:v avc3`,
  'sound.wav': `${sound(3)} -ac 2`,
}

/** @throws {RangeError} There is no such source. */
export function sourceArguments(name: string): string[] {
  const found = sources[name]
  if (found === undefined) throw new RangeError(`expected a source of the corpus, got ${name}`)
  return words(found)
}
