/// <reference types="node" preserve="true" />

export { type Clock, type ClockTimer, systemClock } from '../clock.js'
export { type RtspErrorCode, SessionPoolError } from '../errors.js'
export {
  type AdmissionControl,
  type AdmissionLimit,
  type AdmissionRequest,
  type AdmitAnswer,
  type AdmitContext,
  type AdmitHook,
  type FullPolicy,
  localAdmission,
  type SessionRefusal,
} from './admission/admission-control.js'
export type { LimitOptions, SessionLimits } from './admission/session-limits.js'
export type {
  Ban,
  BanCause,
  BanHit,
  BanInit,
  BanRecord,
  BanSubject,
  BanTerms,
  UnbanReason,
} from './bans/ban.js'
export {
  type AutomaticBan,
  type BanOptions,
  banDefaults,
  type FailedLoginsBan,
  type FlappingBan,
} from './bans/ban-options.js'
export type { BanListQuery, BanPage } from './bans/ban-query.js'
export type { BanStats, Bans } from './bans/bans.js'
export { Leaver, type LeaverReception, type LeaverSummary } from './listing/leaver.js'
export type { LeaverListQuery, LeaverPage, Leavers } from './listing/leavers.js'
export type { SessionFilter } from './listing/session-filter.js'
export type { SessionSort, SortOrder } from './listing/session-order.js'
export type { SessionListQuery, SessionPage, SessionQuestion } from './listing/session-query.js'
export type { SessionSummary } from './listing/session-summary.js'
export { Session } from './session.js'
export type * from './session-data.js'
export type { GroupLimits, SessionGroups } from './session-groups.js'
export { type IdCodec, publicIdOf, RandomIdCodec } from './session-id.js'
export type {
  ReplacedSession,
  SessionInit,
  SessionStats,
  SessionTransport,
  SessionTunnel,
  SessionUse,
} from './session-init.js'
export type {
  SessionKickFilter,
  SessionKickOptions,
  SessionKickQuery,
} from './session-kick.js'
export { SessionMedia, type StreamTransport, type TransportReception } from './session-media.js'
export { isClaimAccepted, type SessionBinding, type SessionOwner } from './session-owner.js'
export { SessionPool, type SessionPoolEvents } from './session-pool.js'
export { type SessionPoolOptions, sessionPoolDefaults } from './session-pool-options.js'
export type { SessionPoolStats } from './session-pool-stats.js'
export {
  type FilterAnswer,
  FilterResult,
  type RemovalReason,
  removalReasons,
  type SessionState,
} from './session-state.js'
export type {
  SessionPoolWatch,
  SessionPoolWatchFunction,
  SessionPoolWatchOptions,
} from './watch.js'
