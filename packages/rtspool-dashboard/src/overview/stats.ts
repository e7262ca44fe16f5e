import { reasonTexts } from '../leavers/reasons.js'

/** Members of the server's statistics, as the API returns them, that the page shows. */
export interface StatsView {
  readonly sessions: {
    readonly now: number
    readonly highWaterMark: number
    readonly created: number
    readonly removed: Readonly<Record<string, number>>
    readonly refused: Readonly<Record<string, number>>
  }
  readonly connections: number
  readonly refusedConnections: number
  readonly media: number
  readonly mediaDown: number
  readonly pressure?: {
    readonly value: number
    readonly level: string
    readonly parts: Readonly<Record<string, number>>
    readonly refusedSetups: number
  }
}

/** Version of the server, and the time since its start. */
export interface VersionView {
  readonly version: string
  readonly uptimeSeconds: number
}

/** A reason for which sessions ended, or a limit that refused clients, with the number of cases. */
export interface Cause {
  readonly name: string
  /** Explanation for the user; empty for a name that the page does not know. */
  readonly text: string
  readonly count: number
  /** Share of the cases with this reason in all cases, from 0 to 1. */
  readonly share: number
}

const limitTexts: Readonly<Record<string, string>> = {
  maxSessions: 'The server has its largest number of sessions.',
  maxSessionsPerAddress: 'The address has its largest number of sessions.',
  maxSessionsPerUser: 'The user has the largest number of sessions.',
  maxSessionsPerPath: 'The path has its largest number of sessions.',
  maxSessionsPerGroup: 'A group of the client has its largest number of sessions.',
  onAdmit: 'A rule of the operator has refused the client.',
  admissionControl: 'The servers together have their largest number of sessions.',
  bans: 'A ban keeps the client out.',
}

/** Lists the reasons for which sessions ended since the start, the most frequent one first. */
export const leavingCauses = (stats: StatsView): Cause[] =>
  causesOf(stats.sessions.removed, reasonTexts)

/** Lists the limits that refused sessions since the start, the most frequent one first. */
export const refusalCauses = (stats: StatsView): Cause[] =>
  causesOf(stats.sessions.refused, limitTexts)

function causesOf(
  counts: Readonly<Record<string, number>>,
  texts: Readonly<Record<string, string>>,
): Cause[] {
  const given = Object.entries(counts).filter(([, count]) => count > 0)
  const total = given.reduce((sum, [, count]) => sum + count, 0)
  return given
    .map(([name, count]) => ({ name, text: texts[name] ?? '', count, share: count / total }))
    .sort((a, b) => b.count - a.count)
}

/** Sentences about the measures against overload, by the name of their level in the API. */
export const levelTexts: Readonly<Record<string, string>> = {
  normal: 'No measure is needed.',
  saving: 'Idle sessions leave sooner, and new viewers begin without a burst.',
  refusing: 'New clients are refused.',
  shedding: 'The viewers with the largest queues leave.',
}

const partTexts: Readonly<Record<string, string>> = {
  heap: 'the heap',
  memory: 'the memory of the container',
  loopDelay: 'the event loop',
  queues: 'the queues of viewers',
}

/**
 * Returns the name of the resource that is nearest to its limit, such as the heap.
 *
 * @param parts - Load of each resource, from 0 to 1, by its name in the API.
 */
export function tightestPart(parts: Readonly<Record<string, number>>): string {
  const [name = ''] = Object.entries(parts).sort(([, a], [, b]) => b - a)[0] ?? []
  return partTexts[name] ?? name
}
