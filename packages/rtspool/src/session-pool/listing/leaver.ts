import type { InspectOptions } from 'node:util'
import { type Inspect, inspectCustom, inspectSummary } from '../../inspection.js'
import { tellFailure } from '../../listeners.js'
import type { Session } from '../session.js'
import type { SessionGroups } from '../session-groups.js'
import type { SessionStats, SessionUse } from '../session-init.js'
import type { TransportReception } from '../session-media.js'
import type { RemovalReason, SessionState } from '../session-state.js'

/**
 * Maximum number of paths that the record of a removed session contains. `maxTracks` limits its tracks, and `maxText`
 * the characters of each text.
 */
const maxPaths = 4
const maxTracks = 4
const maxText = 256

/** Last reception report about one track of a removed session. */
export interface LeaverReception extends TransportReception {
  /** Index of the track that the report is about, from 0. */
  readonly index: number
}

/** Leaver: the record of a session that has been removed from its pool. */
export class Leaver {
  /** Public id that the session had in logs, events and APIs. */
  readonly publicId: string
  readonly owner: { readonly address: string; readonly user: string | undefined } | undefined
  /** State of the session at its end. */
  readonly state: SessionState
  /** Paths of the session: at most 4, of at most 256 characters each. */
  readonly paths: readonly string[]
  readonly groups: SessionGroups | undefined
  readonly use: SessionUse | undefined
  readonly reason: RemovalReason
  /**
   * Free text of the operator or program that removed the session; see {@link Session.removalNote}.
   */
  readonly note: string | undefined
  readonly stats: Readonly<SessionStats>
  /** Last reception reports of the session, for at most 4 tracks. */
  readonly receptions: readonly LeaverReception[]
  /** Milliseconds from the creation of the session to its removal. */
  readonly durationMs: number
  /** Serial number of the removal: the pool numbers all removed sessions. @internal */
  readonly serial: number
  readonly #endedMs: number

  /**
   * Creates the record of a session, after its removal and before its media are released.
   *
   * @param now - Milliseconds of the pool's clock.
   * @param unixTimeMs - The same moment by the wall clock.
   */
  constructor(
    session: Session,
    reason: RemovalReason,
    serial: number,
    now: number,
    unixTimeMs: number,
  ) {
    const { owner, use } = session
    this.publicId = session.publicId
    this.owner = owner && { address: copy(owner.address), user: owner.user && copy(owner.user) }
    this.state = session.state
    this.paths = session.paths.slice(0, maxPaths).map(copy)
    this.groups = session.groups
    this.use = use && copyUse(use)
    this.reason = reason
    this.note = session.removalNote
    this.stats = { ...session.stats }
    this.receptions = receptionsOf(session)
    this.durationMs = now - session.createdAt
    this.serial = serial
    this.#endedMs = unixTimeMs
  }

  get createdTime(): Date {
    return new Date(this.#endedMs - this.durationMs)
  }

  get endedTime(): Date {
    return new Date(this.#endedMs)
  }

  toJSON(): LeaverSummary {
    const { publicId, owner, state, paths, groups, use, reason, note, stats, receptions } = this
    return {
      publicId,
      state,
      paths,
      owner,
      groups,
      createdTime: this.createdTime,
      endedTime: this.endedTime,
      durationMs: this.durationMs,
      reason,
      note,
      action: use?.action,
      transport: use?.transport,
      isSecure: use?.isSecure,
      tunnel: use?.tunnel,
      userAgent: use?.userAgent,
      connectionId: use?.connectionId,
      stats,
      receptions,
    }
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary('Leaver', this.toJSON(), depth, options, inspect)
  }
}

/** Record of a removed session as `JSON.stringify` and `console.log` show it. */
export interface LeaverSummary
  extends Pick<
      Leaver,
      'publicId' | 'owner' | 'state' | 'paths' | 'groups' | 'reason' | 'note' | 'stats'
    >,
    Pick<Leaver, 'receptions' | 'durationMs' | 'createdTime' | 'endedTime'> {
  /**
   * Action of the client, and further members of {@link SessionUse}; each is `undefined` if the session had no SETUP.
   */
  readonly action: SessionUse['action'] | undefined
  readonly transport: SessionUse['transport'] | undefined
  readonly isSecure: boolean | undefined
  readonly tunnel: SessionUse['tunnel']
  readonly userAgent: string | undefined
  readonly connectionId: string | undefined
}

function receptionsOf(session: Session): readonly LeaverReception[] {
  const receptions: LeaverReception[] = []
  for (const { transports } of session.filter()) {
    for (const [index, transport] of transports) {
      const { reception } = transport
      if (reception === undefined || receptions.length === maxTracks) continue
      const { fractionLost, cumulativeLost, jitterMs, roundTripMs } = reception
      receptions.push({ index, fractionLost, cumulativeLost, jitterMs, roundTripMs })
    }
  }
  return receptions
}

function copyUse(use: SessionUse): SessionUse {
  const { action, transport, isSecure, tunnel, userAgent, connectionId } = use
  const agent = userAgent === undefined ? undefined : copy(userAgent)
  return { action, transport, isSecure, tunnel, userAgent: agent, connectionId }
}

/**
 * Copies a text up to the maximum length. Without a copy, V8 would keep the whole received message
 * of which the text is a part.
 */
const copy = (text: string): string => Buffer.from(text.slice(0, maxText)).toString()

/**
 * Publishes the error of an application's transport whose statistics cannot be read, on the
 * diagnostics channel `rtspool:callback-failed`.
 */
export const tellUnreadable = (error: unknown): void => tellFailure('figures of a transport', error)
