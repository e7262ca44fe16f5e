import type { RtspRequest } from '../rtsp/index.js'
import type { AdmitAnswer, AdmitContext, SessionOwner } from '../session-pool/index.js'
import type { AccessAction } from './auth/rules.js'

/** What the hook `onAdmit` of a server is shown: somebody who has been authenticated asks for a session. */
export interface RtspAdmitContext extends AdmitContext {
  /** Remote address, and the user who has logged in. */
  readonly owner: SessionOwner
  /** Path of the presentation that is to be set up. */
  readonly path: string
  /** What the session is for: to play what is at the path, or to publish there. */
  readonly action: AccessAction
  /** The SETUP that asks. */
  readonly request: RtspRequest
  /** Aborts when the connection closes: nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Hook that decides which client of a server gets a session; see {@link AdmitAnswer}. */
export type RtspAdmitHook = (context: RtspAdmitContext) => AdmitAnswer | Promise<AdmitAnswer>
