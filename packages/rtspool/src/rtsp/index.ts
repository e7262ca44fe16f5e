export { acceptsSdp } from './headers/accept.js'
export {
  type Authorization,
  type BasicAuthorization,
  type BearerAuthorization,
  type DigestAuthorization,
  parseAuthorization,
  serializeAuthorization,
} from './headers/authorization.js'
export { parseContentType } from './headers/content-type.js'
export { maxCSeq, parseCSeq } from './headers/cseq.js'
export {
  type KeyMgmt,
  parseKeyMgmt,
  parseKeyMgmtAttribute,
  serializeKeyMgmt,
  serializeKeyMgmtAttribute,
} from './headers/key-mgmt.js'
export { parseList } from './headers/lists.js'
export { parsePublic, serializePublic } from './headers/public.js'
export {
  type ClockRange,
  type NptRange,
  parseRange,
  type RtspRange,
  type SmpteRange,
  serializeRange,
} from './headers/range.js'
export type { SmpteTime } from './headers/range-time.js'
export { parseRequire, serializeUnsupported } from './headers/require.js'
export { parseRtpInfo, type RtpInfoEntry, serializeRtpInfo } from './headers/rtp-info.js'
export { serializeTransport } from './headers/serialize-transport.js'
export { parseSessionHeader, type SessionHeader } from './headers/session.js'
export {
  type NumberPair,
  parseTransport,
  type TransportSpec,
  type TransportSpecInit,
} from './headers/transport.js'
export {
  type BasicChallenge,
  type BearerChallenge,
  type Challenge,
  type DigestChallenge,
  parseChallenge,
  serializeChallenge,
} from './headers/www-authenticate.js'
export {
  channelCount,
  frameHeaderBytes,
  frameInterleaved,
  interleavedBytes,
  writeInterleaved,
} from './interleaved.js'
export {
  type ReadonlyRtspHeaders,
  RtspHeaders,
  type RtspRequest,
  type RtspResponse,
} from './message.js'
export { isRtspMethod, type RtspMethod, rtspMethods } from './methods.js'
export { RtspParser, type RtspParserSink } from './parser.js'
export {
  type RtspParserLimits,
  resolveRtspParserLimits,
  rtspParserLimitsDefaults,
} from './parser-limits.js'
export {
  type RtspRequestInit,
  type RtspResponseInit,
  serializeRequest,
  serializeResponse,
} from './serializer.js'
export { reasonPhrase, reasonPhrases } from './status.js'
export { isAsterisk, parseRtspUri, pathProblem, type RtspUri } from './uri.js'
