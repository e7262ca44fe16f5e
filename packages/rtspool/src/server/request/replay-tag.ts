import { parseRequire, type RtspRequest } from '../../rtsp/index.js'

/** Feature tag in Require of a client that replays recordings (ONVIF Streaming Specification, section on replay). */
export const replayTag = 'onvif-replay'

export const requiresReplay = ({ headers }: RtspRequest): boolean =>
  parseRequire(headers).includes(replayTag)
