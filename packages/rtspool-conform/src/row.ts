import type { CarrierName } from './carriers/carrier.js'
import type { Trial } from './trial.js'

/**
 * Force of a requirement. `must`, `should` and `may` are the words of the RFC. `house` is a
 * decision of this project, if no standard decides or several responses are legal.
 */
export const levels = ['must', 'should', 'may', 'house'] as const

/** One of {@link levels}. */
export type Level = (typeof levels)[number]

/** Precondition of a row: given on the command line, or found out about the server. */
export type Need = 'publish' | 'seekable' | 'private' | 'multicast' | 'udp' | 'two tracks'

/** One requirement, and the trial that shows if a server meets it. */
export interface Row {
  /** Id such as `A-MSG-2`. A letter behind the number tells apart the rows of one requirement. */
  readonly id: string
  readonly level: Level
  /** Source of the requirement: `RFC 2326 10`, or `own decision`. */
  readonly reference: string
  /** The requirement in a few words. */
  readonly requirement: string
  /** Expected behaviour on the wire. */
  readonly expected: string
  readonly needs?: readonly Need[]
  /** Carriers on which the row is meaningful. Default: all. */
  readonly carriers?: readonly CarrierName[]
  /** Seconds that the row takes, if more than the usual limit. */
  readonly seconds?: number
  /** Runs only if requested, because the row takes long. */
  readonly isSlow?: boolean
  /**
   * Runs the row. Any error other than a `Skip` is a failure.
   *
   * @returns The server's behaviour, if "as expected" says too little.
   */
  run(trial: Trial): Promise<string | undefined>
}
