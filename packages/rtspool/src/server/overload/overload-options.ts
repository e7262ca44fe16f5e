import { totalmem } from 'node:os'
import {
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  checkSeconds,
  shown,
} from '../../option-checks.js'
import type { LevelLimits, PressureParts } from './pressure.js'

/**
 * Measures of a server against overload. Its pressure is the largest of four parts, from 0 to 1: heap of JavaScript,
 * memory of the control group, delay of the event loop, and bytes that wait for clients.
 */
export interface OverloadOptions {
  /**
   * Pressure above which the server saves memory. The time limits `maxIdleSetup` and `idleTimeout`
   * shrink, to a tenth at pressure 1. New viewers are not sent the packets since the last key
   * frame. Announced session timeouts stay.
   * @default 0.8
   */
  readonly saveAbove?: number | undefined
  /**
   * Pressure above which a SETUP that would create a session gets 503 with Retry-After.
   * @default 0.9
   */
  readonly refuseAbove?: number | undefined
  /**
   * Pressure above which the sessions of the interleaved viewers with the most unsent bytes end,
   * with reason `overload`. Publishers and viewers without unsent bytes stay.
   * @default 0.95
   */
  readonly shedAbove?: number | undefined
  /**
   * Seconds for which the pressure must stay 0.05 below one of these limits before its measures end; 0 = at once.
   * @default 5
   */
  readonly calmSeconds?: number | undefined
  /**
   * Maximum number of viewers whose sessions end in half a second; 0 = none ends.
   * @default 16
   */
  readonly maxShedAtOnce?: number | undefined
  /**
   * Delay of the event loop in milliseconds that counts as pressure 1, if it is reached in two half seconds in
   * succession; 0 = not watched.
   * @default 2000
   */
  readonly maxLoopDelayMs?: number | undefined
  /**
   * Bytes waiting in the process for all clients that count as pressure 1; 0 = not watched. Each viewer counts all its
   * bytes, although viewers of one stream may share them.
   * @default half of the memory of the machine, or of the control group
   */
  readonly maxQueuedBytes?: number | undefined
  /**
   * Function that returns parts of the pressure (heap, memory, loop delay, queues). They replace the measured parts:
   * in tests, or by measurements of your own. Called twice a second.
   *
   * @default measures all parts
   */
  readonly measure?: (() => Partial<PressureParts>) | undefined
}

export const overloadDefaults = Object.freeze({
  saveAbove: 0.8,
  refuseAbove: 0.9,
  shedAbove: 0.95,
  calmSeconds: 5,
  maxShedAtOnce: 16,
  maxLoopDelayMs: 2000,
  maxQueuedBytes: undefined,
  measure: undefined,
}) satisfies { [K in keyof Required<OverloadOptions>]: OverloadOptions[K] }

export interface ResolvedOverloadOptions extends LevelLimits {
  readonly maxShedAtOnce: number
  readonly maxLoopDelayMs: number
  readonly maxQueuedBytes: number
  readonly measure: (() => Partial<PressureParts>) | undefined
}

const msPerSecond = 1000

/**
 * Checks the option `overload` and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one.
 */
export function resolveOverload(
  options: OverloadOptions | false,
): ResolvedOverloadOptions | undefined {
  if (options === false) return undefined
  const defaults = overloadDefaults
  checkOptions('overload', options, Object.keys(defaults))
  const { measure } = options
  if (measure !== undefined) checkFunction('overload.measure', measure)
  const queued = options.maxQueuedBytes
  return Object.freeze({
    ...limitsOf(options),
    calmMs:
      checkSeconds('overload.calmSeconds', options.calmSeconds ?? defaults.calmSeconds) *
      msPerSecond,
    maxShedAtOnce: checkInteger(
      'overload.maxShedAtOnce',
      options.maxShedAtOnce ?? defaults.maxShedAtOnce,
    ),
    maxLoopDelayMs: checkSeconds(
      'overload.maxLoopDelayMs',
      options.maxLoopDelayMs ?? defaults.maxLoopDelayMs,
    ),
    maxQueuedBytes:
      queued === undefined ? memoryBytes() / 2 : checkInteger('overload.maxQueuedBytes', queued),
    measure,
  })
}

function limitsOf(options: OverloadOptions): Omit<LevelLimits, 'calmMs'> {
  const defaults = overloadDefaults
  const names = ['saveAbove', 'refuseAbove', 'shedAbove'] as const
  const limits = names.map((name) =>
    checkNumber(`overload.${name}`, options[name] ?? defaults[name], 1),
  )
  const [saveAbove = 0, refuseAbove = 0, shedAbove = 0] = limits
  if (saveAbove === 1) {
    throw new RangeError('overload.saveAbove must be below 1; overload: false turns the guard off')
  }
  if (saveAbove <= refuseAbove && refuseAbove <= shedAbove)
    return { saveAbove, refuseAbove, shedAbove }
  const got = shown({ saveAbove, refuseAbove, shedAbove })
  throw new RangeError(
    `overload: expected saveAbove, refuseAbove and shedAbove in ascending order, got ${got}`,
  )
}

/**
 * Returns the number of bytes that the process may use: the memory of the machine, or the limit of
 * its control group.
 */
function memoryBytes(): number {
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
