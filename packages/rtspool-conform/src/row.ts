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
  /** The requirement in a few words. */
  readonly requirement: string
  /** Expected behaviour of the server in protocol messages. */
  readonly expected: string
  readonly needs?: readonly Need[]
  /** Carriers (TCP, TLS, tunnels) on which the test makes sense. @default all */
  readonly carriers?: readonly CarrierName[]
  /** Time in seconds that the test takes, if that is more than the usual limit. */
  readonly seconds?: number
  /** True if the test takes so long that it runs only when requested. */
  readonly isSlow?: boolean
  /**
   * Tests the requirement. Any error other than a {@link Skip} means that the test has failed.
   *
   * @returns The server's behaviour, for the report; `undefined` = "as expected".
   */
  run(trial: Trial): Promise<string | undefined>
}
