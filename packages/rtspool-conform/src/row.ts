import type { CarrierName } from './carriers/carrier.js'
import type { Trial } from './trial.js'

/**
 * How binding a requirement is: `must`, `should` and `may` are the words of the RFC; `house` is a decision of
 * this project where no standard decides, or where several answers are legal.
 */
export const levels = ['must', 'should', 'may', 'house'] as const

/** One of {@link levels}. */
export type Level = (typeof levels)[number]

/** What a row can need apart from a server: given on the command line, or found out about the server. */
export type Need = 'publish' | 'seekable' | 'private' | 'multicast' | 'udp' | 'two tracks'

/** One requirement, and the trial that shows whether a server meets it. */
export interface Row {
  /** As in `A-MSG-2`; a letter behind the number tells rows of one requirement apart. */
  readonly id: string
  readonly level: Level
  /** Where the requirement comes from: `RFC 2326 10`, or `own decision`. */
  readonly reference: string
  /** In a few words. */
  readonly requirement: string
  /** What the wire should show. */
  readonly expected: string
  readonly needs?: readonly Need[]
  /** The carriers on which the row means something; all where it is left out. */
  readonly carriers?: readonly CarrierName[]
  /** Seconds that the row takes where that is more than the usual limit. */
  readonly seconds?: number
  /** Whether it takes so long that it runs only when it is asked for. */
  readonly isSlow?: boolean
  /**
   * Tries it. Whatever it throws that is not a `Skip` is a failure.
   *
   * @returns What the server did, when "as expected" says too little.
   */
  run(trial: Trial): Promise<string | undefined>
}
