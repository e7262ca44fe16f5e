import { fullBox, u32 } from './box.js'

/** Seconds from 1900, where NTP begins, to 1970. */
const ntpEpochSeconds = 2_208_988_800
/** Flags of the box `prft`: the time is that of the capture of the media (ISO/IEC 14496-12 section 8.16.5). */
const isCaptureTime = 24

/**
 * Returns the box `prft`, which gives the wall clock at a time of the fragment that follows.
 *
 * @param unixMs - Wall clock of the source, in milliseconds since 1970.
 * @param mediaTime - Time of presentation in ticks of the track.
 */
export function referenceTime(trackId: number, unixMs: number, mediaTime: number): Buffer {
  const seconds = Math.floor(unixMs / 1000)
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32)
  const mediaTimeBytes = Buffer.alloc(8)
  mediaTimeBytes.writeBigUInt64BE(BigInt(mediaTime))
  return fullBox(
    'prft',
    1,
    isCaptureTime,
    u32(trackId, (seconds + ntpEpochSeconds) % 2 ** 32, fraction),
    mediaTimeBytes,
  )
}
