/// <reference types="node" preserve="true" />

export { h264, h265, type NalFormatOptions } from './formats/nal-format.js'
export { av1, mjpeg, type PictureFormatOptions, vp8, vp9 } from './formats/picture-formats.js'
export { rtp } from './formats/rtp-format.js'
export {
  type G711FormatOptions,
  type L16FormatOptions,
  l16,
  pcma,
  pcmu,
} from './formats/sample-formats.js'
export {
  type AacFormatOptions,
  aac,
  type OpusFormatOptions,
  opus,
} from './formats/sound-formats.js'
export type { RtpFormat, TrackFormat, UnitFormat } from './formats/track-format.js'
export { LiveMedia, type LiveMediaEvents, type LiveTrackOf } from './live-media.js'
export { type LiveMediaOptions, liveMediaDefaults } from './live-media-options.js'
export type { LiveStreamOptions } from './live-stream.js'
export { LiveTrack, type LiveTrackStats } from './live-track.js'
export type { AccessUnitOptions, LiveUnit, TimedUnit } from './live-unit.js'
export { LiveRtpTrack } from './rtp-track.js'
