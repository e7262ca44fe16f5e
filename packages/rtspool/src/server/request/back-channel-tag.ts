import { parseRequire, type RtspRequest } from '../../rtsp/index.js'

/**
 * Feature tag in Require with which a client requests a description with the back channel (ONVIF
 * Streaming Specification section 5.3.1).
 */
export const backChannelTag = 'www.onvif.org/ver20/backchannel'

export const requiresBackChannel = ({ headers }: RtspRequest): boolean =>
  parseRequire(headers).includes(backChannelTag)
