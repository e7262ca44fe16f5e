import type { TrackInfo } from 'rtspool'
import { type AudioCoding, audioCoding } from './audio-format.js'
import { VideoCoding } from './video-coding.js'

/** Coding of a track in MP4 fragments. */
export type TrackCoding =
  | { readonly kind: 'video'; readonly coding: VideoCoding }
  | { readonly kind: 'audio'; readonly coding: AudioCoding }

/**
 * Chooses the coding with which MP4 fragments hold a track.
 *
 * @returns `undefined` if MP4 fragments cannot hold the encoding of the track.
 */
export function trackCoding(info: TrackInfo): TrackCoding | undefined {
  const { description, clockRate } = info
  const { channels = 1 } = rtpmapOf(info) ?? {}
  const encoding = encodingOf(info)?.toUpperCase() ?? ''
  if (encoding === 'H264' || encoding === 'H265') {
    return { kind: 'video', coding: new VideoCoding(encoding, clockRate) }
  }
  const parameters = description.fmtp(payloadTypeOf(info)) ?? ''
  const coding = audioCoding({ encoding, clockRate, channels, parameters })
  return coding && { kind: 'audio', coding }
}

/**
 * Maximum number of characters of an encoding's name. Publishers choose the name, and logs, events and errors show it.
 */
const maxEncodingLength = 32

/**
 * Returns the encoding in the session description, cut to 32 characters; `undefined` if the description gives none.
 */
export const encodingOf = (info: TrackInfo): string | undefined =>
  rtpmapOf(info)?.encoding.slice(0, maxEncodingLength)

const rtpmapOf = (info: TrackInfo) => info.description.rtpmap(payloadTypeOf(info))

const payloadTypeOf = ({ description }: TrackInfo): number => description.payloadTypes[0] ?? -1
