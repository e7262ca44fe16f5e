import type { RtspRequest } from '../rtsp/index.js'
import type {
  AdmitAnswer,
  AdmitContext,
  SessionData,
  SessionOwner,
  SessionPoolOptions,
} from '../session-pool/index.js'
import type { AccessAction } from './auth/rules.js'

/** Argument of the hook `onAdmit` of a server: an authenticated client requests a session. */
export interface RtspAdmitContext<Data extends object = SessionData> extends AdmitContext<Data> {
  /** Address and user of the client, which become the owner of the session. */
  readonly owner: SessionOwner
  /** Decoded path of the presentation that the client sets up. */
  readonly path: string
  /** Query of the URI without `?`, as received; empty where there is none. */
  readonly query: string
  /** Purpose of the session: `read` to play the presentation, `publish` to record to it. */
  readonly action: AccessAction
  /** SETUP request for which the client needs the session. */
  readonly request: RtspRequest
  /** True if another server of the same cluster pulls the stream: the option `isPeer` has said so. */
  readonly isPeer: boolean
  /** Signal that aborts when the connection closes: nobody waits for the decision any more. */
  readonly signal: AbortSignal
}

/** Hook that decides whether an authenticated client gets a session; see {@link AdmitAnswer}. */
export type RtspAdmitHook<Data extends object = SessionData> = (
  context: RtspAdmitContext<Data>,
) => AdmitAnswer<Data> | Promise<AdmitAnswer<Data>>

/** Options of the session pool that a server creates. */
export interface RtspPoolOptions<Data extends object = SessionData>
  extends Omit<SessionPoolOptions<Data>, 'onAdmit'> {
  /** Called for each new session, after authentication. @default admits everybody */
  readonly onAdmit?: RtspAdmitHook<Data> | undefined
}
