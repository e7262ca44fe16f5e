/// <reference types="node" preserve="true" />

export { ClientError, RtspError, type RtspErrorCode } from '../errors.js'
export type { ReplayExtension } from '../rtp/index.js'
export {
  type ClientBasicPolicy,
  type ClientCredentialsPolicy,
  type RtspClientHeaders,
  type RtspClientOptions,
  type RtspClientTlsOptions,
  rtspClientDefaults,
} from './client-options.js'
export { type ClientCredentials, type ClientUrl, parseClientUrl } from './client-url.js'
export { connect } from './connect.js'
export type { PublishedTrackSource } from './publish/announcement.js'
export {
  type ForwardedTrack,
  type ForwardedUnit,
  forward,
  type RtspForwardOptions,
} from './publish/forward.js'
export { publish } from './publish/publish.js'
export type { RtspPublishOptions } from './publish/publish-options.js'
export type {
  RtspPublishedTrack,
  RtspPublishedTrackStats,
  RtspPublisher,
  RtspPublisherEvents,
  RtspPublisherState,
} from './publish/rtsp-publisher.js'
export type {
  ReceivedPacket,
  ReceivedUnit,
  RtpTarget,
  RtspBackChannel,
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
  RtspReplayOptions,
} from './rtsp-client.js'
