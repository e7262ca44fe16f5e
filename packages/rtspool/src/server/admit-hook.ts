import type { RtspRequest } from '../rtsp/index.js'
import type { AdmitAnswer, AdmitContext, SessionOwner } from '../session-pool/index.js'
import type { AccessAction } from './auth/rules.js'

/** Argument of the hook `onAdmit` of a server: an authenticated client requests a session. */
export interface RtspAdmitContext extends AdmitContext {
  /** Remote address and user of the client. */
  readonly owner: SessionOwner
  /** Path of the presentation to be set up. */
  readonly path: string
  /** Query of the URI without `?`, as received; empty where there is none. */
  readonly query: string
  /** Purpose of the session: to play the presentation, or to publish it. */
  readonly action: AccessAction
  /** The SETUP request. */
  readonly request: RtspRequest
  /** Aborts when the connection closes: the answer is no longer needed. */
  readonly signal: AbortSignal
}

/** Hook that decides which client of a server gets a session; see {@link AdmitAnswer}. */
export type RtspAdmitHook = (context: RtspAdmitContext) => AdmitAnswer | Promise<AdmitAnswer>
