import type { Clock, ClockTimer } from 'rtspool'
import { matchesPath, type RecordingPlan, recordsPath } from '../recording-plan.js'

/** Motion before cameras, as recordings use it. */
export interface MotionFeed {
  /** Paths of the cameras before which something moves. */
  readonly movingPaths: Iterable<string>
  on(event: 'changed', listener: (path: string, isMoving: boolean) => void): unknown
  off(event: 'changed', listener: (path: string, isMoving: boolean) => void): unknown
}

/**
 * Condition `when: motion` of one recording: tells at which paths something moves before the camera, or did some seconds
 * ago.
 */
export class MotionCondition {
  readonly #plan: RecordingPlan
  readonly #feed: MotionFeed
  readonly #clock: Clock
  readonly #onChange: () => void
  /** Cameras with motion, by the path that counts: that of each camera, or `whenPath`. */
  readonly #moving = new Map<string, Set<string>>()
  /** Ends of `keepSeconds` after the last motion, by the same paths. */
  readonly #kept = new Map<string, ClockTimer>()
  readonly #listener = (path: string, isMoving: boolean): void => this.#note(path, isMoving)

  /** @param onChange - Called when the condition begins or ceases to hold at a path. */
  constructor(plan: RecordingPlan, feed: MotionFeed, clock: Clock, onChange: () => void) {
    this.#plan = plan
    this.#feed = feed
    this.#clock = clock
    this.#onChange = onChange
    for (const path of feed.movingPaths) this.#begin(this.#countedPath(path), path)
    feed.on('changed', this.#listener)
  }

  holds(path: string): boolean {
    const counted = this.#plan.whenPath ?? path
    return this.#moving.has(counted) || this.#kept.has(counted)
  }

  close(): void {
    this.#feed.off('changed', this.#listener)
    for (const timer of this.#kept.values()) timer.cancel()
    this.#kept.clear()
  }

  #note(path: string, isMoving: boolean): void {
    const counted = this.#countedPath(path)
    if (isMoving) {
      if (this.#begin(counted, path)) this.#onChange()
    } else if (counted !== undefined) this.#end(counted, path)
  }

  /** Notes a camera with motion. @returns Whether the condition now holds at a path where it did not */
  #begin(counted: string | undefined, path: string): boolean {
    if (counted === undefined) return false
    const cameras = this.#moving.get(counted) ?? new Set()
    const isNew = cameras.size === 0 && !this.#kept.has(counted)
    this.#moving.set(counted, cameras.add(path))
    this.#kept.get(counted)?.cancel()
    this.#kept.delete(counted)
    return isNew
  }

  /** Returns the path at which the motion of a camera counts; `undefined` if it does not count. */
  #countedPath(path: string): string | undefined {
    const { whenPath } = this.#plan
    if (whenPath === undefined) return recordsPath(this.#plan, path) ? path : undefined
    return matchesPath(whenPath, path) ? whenPath : undefined
  }

  #end(counted: string, path: string): void {
    const cameras = this.#moving.get(counted)
    if (!cameras?.delete(path) || cameras.size > 0) return
    this.#moving.delete(counted)
    const end = (): void => {
      this.#kept.delete(counted)
      this.#onChange()
    }
    const { keepSeconds } = this.#plan
    if (keepSeconds === 0) end()
    else this.#kept.set(counted, this.#clock.schedule(end, keepSeconds * 1000, false))
  }
}
