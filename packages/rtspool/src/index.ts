/// <reference types="node" preserve="true" />

export { isNetwork } from './address-prefix.js'
export { type DigestAlgorithm, digestAlgorithms, digestHa1 } from './auth/digest.js'
export { type Backoff, backoffMs } from './backoff.js'
export { type Clock, type ClockTimer, systemClock } from './clock.js'
export {
  errorCodes,
  MalformedMessageError,
  RequestError,
  RtspError,
  type RtspErrorCode,
  type RtspErrorOptions,
  SessionPoolError,
  TransportError,
} from './errors.js'
export { hostOf } from './host-of.js'
export type {
  BackChannelClient,
  BackChannelOptions,
  BackChannelReceiver,
} from './media/back-channel.js'
export type {
  FragmentedPacket,
  OversizedPacket,
  UnsentPacket,
} from './media/fan-out/delivery-troubles.js'
export { type CreateMediaSource, MediaFactory } from './media/media-factory.js'
export {
  type MediaFactoryOptions,
  type MediaRequest,
  mediaFactoryDefaults,
} from './media/media-factory-options.js'
export type {
  MediaOutput,
  MediaSource,
  PlayManner,
  PlayRange,
  SeekableSource,
} from './media/media-source.js'
export {
  type MountableMedia,
  type MountMatch,
  MountPoints,
  type PublishOptions,
} from './media/mount-points.js'
export type { CreateSlate } from './media/slate.js'
export type { ForeignPort } from './media/streams/foreign-port.js'
export type { SilentTrack } from './media/streams/silent-track.js'
export type { StreamReception } from './media/streams/stream-reception.js'
export { type StartedTrack, startTracks } from './media/timeline/start-tracks.js'
export type { TimelineBreak, TimelinePolicy } from './media/timeline/timeline.js'
export type {
  GopCacheLimits,
  GopCacheOptions,
  ServerGopCacheOptions,
} from './media/track/gop-cache-options.js'
export type { UnlistedPacket } from './media/track/unlisted-packets.js'
export type { AccessUnit, ReadOptions, UnitVisit } from './public/access-unit.js'
export type { ConnectionInfo, ConnectionSummary } from './public/connection.js'
export type { MediaInfo, MediaState, MediaSummary, TrackSummary } from './public/media.js'
export type { PublicList } from './public/public-list.js'
export type { PublicationInfo } from './public/publication.js'
export type { TrackInfo, TrackOutput, TrackPosition } from './public/track.js'
export type { ReadonlyRtspHeaders, RtspRequest } from './rtsp/index.js'
export {
  createMediaDescription,
  createSessionDescription,
  MediaDescription,
  parseSdp,
  type SdpLine,
  SdpSection,
  type SessionDescription,
  serializeSdp,
} from './sdp/index.js'
export type { RtspAdmitContext, RtspAdmitHook, RtspPoolOptions } from './server/admit-hook.js'
export {
  type AuthOptions,
  authDefaults,
  type BasicPolicy,
  type VerifyContext,
  type VerifyHook,
} from './server/auth/auth-options.js'
export type { AuthRefusalReason, RtspServerAuthStats } from './server/auth/auth-stats.js'
export type { AccessRefusal } from './server/auth/authenticator.js'
export type {
  LoginAnswer,
  LoginContext,
  LoginGrant,
  LoginHook,
  LoginRefusal,
} from './server/auth/login-hook.js'
export type {
  AccessAction,
  AccessContext,
  AccessRight,
  AccessRule,
  AccessSubject,
} from './server/auth/rules.js'
export type { Ha1s, UserSecret } from './server/auth/secrets.js'
export type { RtspServerTraffic } from './server/connection/traffic.js'
export type { AcceptedConnection } from './server/door/accepted-connection.js'
export type { RefusedConnections } from './server/door/connection-limits.js'
export type { RtspServerTlsStats } from './server/door/front-door.js'
export type { RefusedProxyHeader } from './server/door/proxy-door.js'
export { type TlsCertificate, type TlsOptions, tlsDefaults } from './server/door/tls-options.js'
export type { TunnelHook, TunnelRequest } from './server/door/tunnel-hook.js'
export type { ViewerGap } from './server/liveness/lag-monitor.js'
export type { AdoptedClient } from './server/overload/adopted-client.js'
export { type DrainOptions, drainDefaults } from './server/overload/drain.js'
export { type OverloadOptions, overloadDefaults } from './server/overload/overload-options.js'
export {
  type OverloadLevel,
  overloadLevels,
  type PressureParts,
  type RtspServerPressure,
} from './server/overload/pressure.js'
export type {
  AnnounceHook,
  PathHookContext,
  PeerCheck,
  UnknownPathHook,
} from './server/path-hooks.js'
export { RtspServer } from './server/server.js'
export type { RequestAnswer, RtspServerEvents } from './server/server-events.js'
export {
  type OnConnectionClosed,
  type PublisherTakeover,
  publisherTakeovers,
  type RtspServerOptions,
  rtspServerDefaults,
  type UdpLiveness,
  udpLivenesses,
} from './server/server-options.js'
export type {
  RtspServerConnectionLimits,
  RtspServerGopCacheStats,
  RtspServerSendPaths,
  RtspServerSendThread,
  RtspServerStats,
} from './server/stats.js'
export {
  type StreamStats,
  streamStatsOf,
  transportOf,
} from './server/stream-stats.js'
export type {
  RtspAnswer,
  UnknownSessionContext,
  UnknownSessionHook,
} from './server/unknown-session-hook.js'
export type { RtspServerLiveOptions } from './server/update.js'
// Exported with a star: TypeScript merges declarations of applications only into a name exported
// so.
export type * from './session-data.js'
export {
  type AdmissionControl,
  type AdmissionLimit,
  type AdmissionRequest,
  type AdmitAnswer,
  type AdmitContext,
  type AdmitHook,
  type AutomaticBan,
  type Ban,
  type BanCause,
  type BanHit,
  type BanInit,
  type BanListQuery,
  type BanOptions,
  type BanPage,
  type BanRecord,
  type BanStats,
  type BanSubject,
  type Bans,
  type BanTerms,
  banDefaults,
  type FailedLoginsBan,
  FilterResult,
  type FlappingBan,
  type GroupLimits,
  Leaver,
  type LeaverListQuery,
  type LeaverPage,
  type LeaverReception,
  type LeaverSummary,
  type Leavers,
  type LimitOptions,
  type RemovalReason,
  type ReplacedSession,
  removalReasons,
  Session,
  type SessionFilter,
  type SessionGroups,
  type SessionInit,
  type SessionKickFilter,
  type SessionKickOptions,
  type SessionKickQuery,
  type SessionLimits,
  SessionMedia,
  type SessionOwner,
  SessionPool,
  type SessionPoolEvents,
  type SessionPoolOptions,
  type SessionPoolStats,
  type SessionRefusal,
  type SessionSort,
  type SessionState,
  type SessionStats,
  type SessionSummary,
  type SessionTransport,
  type SessionTunnel,
  type SessionUse,
  type SortOrder,
  type StreamTransport,
  type TransportReception,
  type UnbanReason,
} from './session-pool/index.js'
export type { SrtpSuiteName } from './srtp/index.js'
export {
  MulticastAddressPool,
  type MulticastOptions,
  multicastDefaults,
} from './transport/multicast/address-pool.js'
export type { MulticastPlace } from './transport/multicast/place-table.js'
export type { FailedSendThread } from './transport/threads/create-send-threads.js'
export type { MulticastStats } from './transport/udp/udp-ports.js'
