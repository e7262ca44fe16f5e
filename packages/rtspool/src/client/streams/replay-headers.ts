import type { RtspReplayOptions } from '../rtsp-client.js'

/** Returns the headers of PLAY for ONVIF replay: Rate-Control, Frames and Immediate, but not Require. */
export function replayHeaders(replay: RtspReplayOptions): Readonly<Record<string, string>> {
  const { rateControl, frames, intraMs, immediate } = replay
  return {
    ...(rateControl === undefined ? {} : { 'Rate-Control': rateControl ? 'yes' : 'no' }),
    ...(frames === undefined
      ? {}
      : { Frames: intraMs === undefined ? frames : `${frames}/${intraMs}` }),
    ...(immediate === true ? { Immediate: 'yes' } : {}),
  }
}
