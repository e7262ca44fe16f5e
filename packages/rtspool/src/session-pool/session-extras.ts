import type { Clock } from '../clock.js'
import type { SessionBounds } from './session-bounds.js'
import type { SessionGroups } from './session-groups.js'
import type { SessionStats, SessionUse } from './session-init.js'
import type { SessionMedia } from './session-media.js'
import type { SessionState } from './session-state.js'

/** Rarely used fields of a session. All of them always exist, so that V8 sees one shape. */
export class Extras {
  publicId: string | undefined = undefined
  state: SessionState = 'Init'
  stats: SessionStats | undefined = undefined
  data: object | undefined = undefined
  media: SessionMedia[] | undefined = undefined
  /** Path for which the session was created; `undefined` = none, or SETUP has added a media there. */
  reservedPath: string | undefined = undefined
  /** Paths of the session at the time it left its pool. */
  leftPaths: readonly string[] | undefined = undefined
  /** Free text about the removal, from the operator or program that removed the session. */
  removalNote: string | undefined = undefined
  groups: SessionGroups | undefined = undefined
  bounds: SessionBounds | undefined = undefined
  clock: Clock | undefined = undefined
  use: SessionUse | undefined = undefined
  /** Number of calls of `preventExpire` without a matching `allowExpire`; above 0, the session does not time out. */
  prevented = 0
  /**
   * Timeout in milliseconds that the last `Session` header announced to the client; 0 = none yet.
   */
  toldTimeoutMs = 0
  /** Number of effects of `holdSession`: open connections that keep the session from timing out. */
  holds = 0
}

/** Stand-in for the pool of a session outside any pool: ignores all notifications of the session. */
export const soloHost = {
  isPool: false,
  isStalled: () => false,
  end: () => false,
  dueChanged: () => {},
  stateChanged: () => {},
  publicIdMade: () => {},
  pathEntered: () => {},
  pathLeft: () => {},
}
