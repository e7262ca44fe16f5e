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
  type SessionLimits,
  type SessionRefusal,
} from './admission.js'
export type {
  SessionPoolWatch,
  SessionPoolWatchFunction,
  SessionPoolWatchOptions,
} from './expiry.js'
export { Session } from './session.js'
export type * from './session-data.js'
export { type IdCodec, publicIdOf, RandomIdCodec } from './session-id.js'
export type {
  ReplacedSession,
  SessionInit,
  SessionStats,
  SessionSummary,
  SessionTransport,
  SessionTunnel,
  SessionUse,
} from './session-init.js'
export type { SessionKickFilter, SessionKickOptions, SessionKickQuery } from './session-kick.js'
export { SessionMedia, type StreamTransport } from './session-media.js'
export { isClaimAccepted, type SessionBinding, type SessionOwner } from './session-owner.js'
export { SessionPool, type SessionPoolEvents } from './session-pool.js'
export { type SessionPoolOptions, sessionPoolDefaults } from './session-pool-options.js'
export type { SessionPoolStats } from './session-pool-stats.js'
export type { SessionListQuery, SessionPage, SessionQuestion } from './session-registry.js'
export {
  type FilterAnswer,
  FilterResult,
  type RemovalReason,
  removalReasons,
  type SessionState,
} from './session-state.js'
