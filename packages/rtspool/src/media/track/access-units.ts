import type { AccessUnit } from '../../public/access-unit.js'
import {
  createDepacketizer,
  type Depacketizer,
  type PayloadFormat,
  type RtpUnit,
} from '../../rtp/index.js'
import type { Track } from './track.js'

/** Returns the format of the RTP payloads of a track, from its description. */
export function payloadFormatOf({ description }: Track): PayloadFormat {
  const [payloadType = -1] = description.payloadTypes
  return {
    encoding: description.rtpmap(payloadType)?.encoding ?? '',
    kind: description.kind,
    parameters: description.fmtp(payloadType),
  }
}

/** Creates the depacketizer of a track, which restores access units from its RTP packets. */
export const depacketizerOf = (track: Track): Depacketizer =>
  createDepacketizer(payloadFormatOf(track))

/**
 * Returns an access unit of a track with its track and its wall-clock time. One plain literal: spread properties cost
 * several times as much.
 *
 * @param missedPackets - Number of packets that a full queue left out before the unit.
 * @param unixTimeMs - Wall-clock time of the unit, if it was noted when the unit arrived.
 */
export function accessUnitOf(
  track: Track,
  { parts, timestamp, isKeyFrame, lostPackets }: RtpUnit,
  missedPackets = 0,
  unixTimeMs = track.unixTimeMsAt(timestamp),
): AccessUnit {
  return {
    track,
    parts,
    timestamp,
    isKeyFrame,
    unixTimeMs,
    missedPackets,
    // The sequence numbers of what was left out are missing, too.
    lostPackets: Math.max(0, lostPackets - missedPackets),
  }
}

/**
 * Returns the key frame at the beginning of the packets that a track keeps for new viewers.
 *
 * @returns `undefined` if nothing is kept, or the end of the key frame has not arrived.
 */
export function keptKeyFrame(track: Track): AccessUnit | undefined {
  if (!track.hasKeyFrames) return undefined
  const depacketizer = depacketizerOf(track)
  for (const packet of track.recentPackets()) {
    const unit = depacketizer.push(packet).find(({ isKeyFrame }) => isKeyFrame)
    if (unit) return accessUnitOf(track, unit)
  }
  return undefined
}
