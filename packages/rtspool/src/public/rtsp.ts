/// <reference types="node" preserve="true" />

// Messages of RTSP as bytes and values, for proxies, tests and tools.
export {
  frameInterleaved,
  type ReadonlyRtspHeaders,
  RtspHeaders,
  RtspParser,
  type RtspParserLimits,
  type RtspParserSink,
  type RtspRequest,
  type RtspRequestInit,
  type RtspResponse,
  type RtspResponseInit,
  rtspParserLimitsDefaults,
  serializeRequest,
  serializeResponse,
} from '../rtsp/index.js'
