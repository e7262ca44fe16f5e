/// <reference types="node" preserve="true" />

export { ClientError, RtspError, type RtspErrorCode } from '../errors.js'
export {
  type ClientBasicPolicy,
  type ClientCredentialsPolicy,
  type RtspClientOptions,
  type RtspClientTlsOptions,
  rtspClientDefaults,
} from './client-options.js'
export { connect } from './connect.js'
export type {
  ReceivedPacket,
  ReceivedUnit,
  RtpTarget,
  RtspClient,
  RtspClientEvents,
  RtspClientReadOptions,
  RtspClientState,
  RtspClientStats,
  RtspClientTrack,
  RtspClientTrackStats,
  RtspClientTransport,
  RtspPlayAnswer,
  RtspPlayOptions,
} from './rtsp-client.js'
