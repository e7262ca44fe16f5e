/**
 * Levels of measures against overload. Each includes the measures of the levels before; see
 * {@link OverloadOptions}.
 */
export const overloadLevels = Object.freeze(['normal', 'saving', 'refusing', 'shedding'] as const)

/** One of {@link overloadLevels}. */
export type OverloadLevel = (typeof overloadLevels)[number]

/** Load of a server by resource: 0 = none, 1 = at the limit. */
export interface PressureParts {
  /** Heap of JavaScript as a share of V8's limit. */
  readonly heap: number
  /**
   * Memory of the process's control group, without file cache, as a share of the group's limit; 0
   * without a limit.
   */
  readonly memory: number
  /** Delay of the event loop as a share of `maxLoopDelayMs`. */
  readonly loopDelay: number
  /**
   * Bytes that wait in the process for viewers and other clients, as a share of `maxQueuedBytes`.
   */
  readonly queues: number
}

export const noPressure: PressureParts = Object.freeze({
  ...{ heap: 0, memory: 0, loopDelay: 0, queues: 0 },
})

/** Returns the largest part of a server's load, 1 = at the limit; the part may be above 1. */
export const largestPart = ({ heap, memory, loopDelay, queues }: PressureParts): number =>
  Math.max(heap, memory, loopDelay, queues)

/** Load of a server, and the measures that it takes. */
export interface RtspServerPressure {
  /** Pressure (load) of the server, 0 to 1: the largest of its parts. */
  readonly value: number
  readonly parts: PressureParts
  readonly level: OverloadLevel
  /** Number of SETUP requests refused so far because of overload. */
  readonly refusedSetups: number
}

/**
 * Pressures (loads from 0 to 1) above which the levels begin, and the time after which they end.
 */
export interface LevelLimits {
  readonly saveAbove: number
  readonly refuseAbove: number
  readonly shedAbove: number
  readonly calmMs: number
}

/** Amount by which the pressure (load from 0 to 1) must fall below the limit of a level before the level ends. */
const margin = 0.05

/**
 * Overload level of a server. A level begins at once, and ends when the pressure has stayed below
 * its limit for a time, because the heap of a healthy process falls at each collection and grows
 * again.
 */
export class LevelState {
  #index = 0
  #calmSince: number | undefined

  get level(): OverloadLevel {
    return overloadLevels[this.#index] as OverloadLevel
  }

  /** Updates the overload level from the measured pressure of the server. @param now - Milliseconds of the clock */
  note(value: number, now: number, limits: LevelLimits): void {
    const entered = countAbove(value, limits)
    const kept = countAbove(value + margin, limits)
    if (entered >= this.#index || kept >= this.#index) {
      this.#index = Math.max(this.#index, entered)
      this.#calmSince = undefined
      return
    }
    this.#calmSince ??= now
    if (now - this.#calmSince < limits.calmMs) return
    this.#index = kept
    this.#calmSince = undefined
  }

  reset(): void {
    this.#index = 0
    this.#calmSince = undefined
  }
}

function countAbove(value: number, { saveAbove, refuseAbove, shedAbove }: LevelLimits): number {
  return Number(value > saveAbove) + Number(value > refuseAbove) + Number(value > shedAbove)
}

/** Share to which the time limits of idle clients shrink at pressure 1, the highest load. */
const smallestShare = 0.1

/**
 * Returns the share to which the time limits of idle clients shrink under overload. The share is 1 for pressures up
 * to `saveAbove`, then falls linearly to a tenth at pressure 1.
 *
 * @param value - Pressure (load) of the server, 0 to 1.
 */
export function shareOfTime(value: number, { saveAbove }: Pick<LevelLimits, 'saveAbove'>): number {
  if (value <= saveAbove) return 1
  return Math.max(smallestShare, (1 - value) / (1 - saveAbove))
}
