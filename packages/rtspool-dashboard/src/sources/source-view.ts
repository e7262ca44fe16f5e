/** Settings of a source without its credentials, as the API returns them. */
export interface SourceSettings {
  /** Transport that the configuration sets for a pull, such as `auto`; absent for a program. */
  readonly transport?: string
  /** Connections on which the server may send the password in clear to the camera; absent for a program. */
  readonly basic?: string
  /** Seconds between two attempts to return from a spare URL to the first; 0 = none. Absent for a program. */
  readonly returnSeconds?: number
  readonly lingerSeconds: number
  readonly holdSeconds: number
  readonly startSeconds: number
  readonly stallSeconds: number
}

/** Source of the media at a path (a pulled RTSP stream or a program) with its state, as the API returns it. */
export interface SourceView {
  readonly path: string
  readonly kind: 'exec' | 'pull'
  readonly state: string
  /** Time at which the present state began, in ISO 8601. */
  readonly since: string
  /** Time of the next attempt to start the source, in ISO 8601; absent unless the server waits for one. */
  readonly until?: string
  /** Reason of the last failure, by its name in the API, such as `unreachable`; absent if there was none. */
  readonly reason?: string
  /** Number of attempts to start the source since it last sent media. */
  readonly attempts: number
  /** Message of the last failure, without credentials; absent if there was none. */
  readonly lastError?: string
  /** Number of bytes of media that the source has sent. */
  readonly bytes: number
  /** URL that is used or tried, without credentials, or name of the program. */
  readonly source: string
  /** URLs of a pull in the order of preference, without credentials; absent for a program. */
  readonly sources?: readonly string[]
  /** Transport on which the packets of a pull arrive now, such as `tcp`; absent without a connection. */
  readonly transport?: string
  readonly alwaysOn: boolean
  /** False for a program, which only the configuration file can change. */
  readonly canChange: boolean
  readonly settings: SourceSettings
}

/** Explanations of the reasons of a source's failure for the user, by the names of the reasons in the API. */
export const reasonTexts: Readonly<Record<string, string>> = {
  exited: 'the program has ended',
  wrongOutput: 'wrong output',
  notStarted: 'the program does not start',
  unreachable: 'no connection',
  timeout: 'no response',
  disconnected: 'connection lost',
  stalled: 'no picture',
  ended: 'ended by the camera',
  refused: 'refused',
  updated: 'settings changed',
  unauthorized: 'wrong user or password',
  notFound: 'no such stream',
  unsupported: 'nothing that can be pulled',
  certificate: 'another certificate',
  loop: 'a pull of this server itself',
}

/** States in which a source sends no media because of a failure. */
const failures: readonly string[] = ['waiting', 'failed', 'stalled']

/** Returns the state of a source for the user: `playing (tcp)`, or `failed: wrong user or password`. */
export function stateText({ state, reason, transport }: SourceView): string {
  if (state === 'playing') return transport === undefined ? state : `${state} (${transport})`
  if (!failures.includes(state) || reason === undefined || reason === state) return state
  return `${state}: ${reasonTexts[reason] ?? reason}`
}

/** Returns the CSS class for the colour of a source's state; `undefined` for a state that needs no attention. */
export function stateClass({ state }: SourceView): 'good' | 'warn' | 'alarm' | undefined {
  if (state === 'playing' || state === 'running') return 'good'
  if (state === 'failed') return 'alarm'
  return failures.includes(state) ? 'warn' : undefined
}

/** Returns the kind of a source in one word for the user. */
export const kindText = ({ kind }: SourceView): string => (kind === 'pull' ? 'pull' : 'program')
