/** Measures against overload, each of which includes those before; see {@link OverloadOptions}. */
export const overloadLevels = Object.freeze(['normal', 'saving', 'refusing', 'shedding'] as const)

/** One of {@link overloadLevels}. */
export type OverloadLevel = (typeof overloadLevels)[number]

/** Load of a server by resource: 0 = none, 1 = at the limit. */
export interface PressureParts {
  /** Heap of JavaScript against the limit of V8, which holds for all but new objects. */
  readonly heap: number
  /**
   * Memory of the control group of the process, without file cache, against its limit. Memory of a process without such a
   * limit is 0.
   */
  readonly memory: number
  /** Delay of the event loop against `maxLoopDelayMs`. */
  readonly loopDelay: number
  /** Bytes that wait in the process for viewers and other clients, against `maxQueuedBytes`. */
  readonly queues: number
}

export const noPressure: PressureParts = Object.freeze({
  ...{ heap: 0, memory: 0, loopDelay: 0, queues: 0 },
})

/** Returns the largest part, which may be above 1. */
export const largestPart = ({ heap, memory, loopDelay, queues }: PressureParts): number =>
  Math.max(heap, memory, loopDelay, queues)

/** Load of a server, and the measures that it takes. */
export interface RtspServerPressure {
  /** The largest part, at most 1. */
  readonly value: number
  readonly parts: PressureParts
  readonly level: OverloadLevel
  /** SETUP requests refused so far because of overload. */
  readonly refusedSetups: number
}

/** Pressures above which a level begins, and the way back. */
export interface LevelLimits {
  readonly saveAbove: number
  readonly refuseAbove: number
  readonly shedAbove: number
  readonly calmMs: number
}

/** A level ends only this far below its limit. */
const margin = 0.05

/**
 * Level of a server. A level begins at once, and ends when the pressure has stayed below its limit for a time, because the
 * heap of a healthy process falls at each collection and grows again.
 */
export class LevelState {
  #index = 0
  #calmSince: number | undefined

  get level(): OverloadLevel {
    return overloadLevels[this.#index] as OverloadLevel
  }

  /** Notes a pressure. @param now - Milliseconds of the clock. */
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

/** Smallest share of a time limit that is left at full pressure. */
const smallestShare = 0.1

/** Share of a time limit that is left at a pressure: 1 up to `saveAbove`, then linear to a tenth at 1. */
export function shareOfTime(value: number, { saveAbove }: Pick<LevelLimits, 'saveAbove'>): number {
  if (value <= saveAbove) return 1
  return Math.max(smallestShare, (1 - value) / (1 - saveAbove))
}
