import type { CarrierName } from './carriers/carrier.js'
import type { Trial } from './trial.js'

/**
 * Levels of requirements. `must`, `should` and `may` are the words of the RFC. `house` is a
 * decision of this project, if no standard decides or several responses are legal.
 */
export const levels = ['must', 'should', 'may', 'house'] as const

/** One of {@link levels}. */
export type Level = (typeof levels)[number]

/**
 * Precondition of a conformance test: a URL given on the command line, or a property of the server.
 * The URL of `private` requires the user name and password of `--user`.
 */
export type Need = 'publish' | 'seekable' | 'private' | 'multicast' | 'udp' | 'two tracks'

/**
 * A conformance test, called a row of the checklist: one requirement, and the function that tests
 * it.
 */
export interface Row {
  /**
   * Id such as `A-MSG-2`. A letter after the number distinguishes tests of the same requirement.
   */
  readonly id: string
  readonly level: Level
  /** Source of the requirement: `RFC 2326 10`, or `own decision`. */
  readonly reference: string
  /** Requirement on a server that the test checks, in a few words. */
  readonly requirement: string
  /** Behaviour that the requirement demands, in protocol messages, for the report. */
  readonly expected: string
  readonly needs?: readonly Need[]
  /** Carriers (TCP, TLS, tunnels) on which the test makes sense. @default all */
  readonly carriers?: readonly CarrierName[]
  /** Time limit in seconds, if the test takes longer than the usual limit allows. */
  readonly seconds?: number
  /** True if the test takes so long that it runs only with `--slow`. */
  readonly isSlow?: boolean
  /**
   * Tests the requirement. A {@link Mismatch} means that the test has failed, a {@link Skip} that
   * it cannot be run.
   *
   * @returns The server's behaviour, for the report; `undefined` = "as expected".
   */
  run(trial: Trial): Promise<string | undefined>
}
