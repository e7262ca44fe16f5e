export {
  type CreateMediaDescriptionOptions,
  type CreateSessionDescriptionOptions,
  createMediaDescription,
  createSessionDescription,
} from './build.js'
export { resolveControl } from './control.js'
export { MediaDescription, type MediaLine, parseMediaLine } from './media-description.js'
export { parseSdp, sdpLimits } from './parse.js'
export {
  parseRtpMap,
  type RtpMap,
  serializeRtpMap,
  staticRtpMap,
} from './rtpmap.js'
export { type SdpLine, SdpSection } from './section.js'
export { type SessionDescription, serializeSdp } from './session-description.js'
