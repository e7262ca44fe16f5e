import type { OpenClip } from './footage-clips.js'
import type { FootageUnit } from './footage-units.js'

/**
 * Leaves out sound at the beginning of a file that playback has reached already with the file before, because the two
 * files overlap. A fragment holds the sound that came with its pictures, which may belong to earlier ones.
 */
export class SoundOverlaps {
  #file: OpenClip['file'] | undefined
  /** End of the last unit of each track in milliseconds of playback, by `lane`. */
  readonly #ends = new Map<number, number>()
  /** Tracks that may still begin with units that are too early, by `lane`. */
  readonly #beginning = new Set<number>()

  /** Returns the units of a fragment, the next in playback, that do not precede what was played before. */
  without({ file, lanes }: OpenClip, units: readonly FootageUnit[]): readonly FootageUnit[] {
    if (file !== this.#file) {
      this.#file = file
      for (const { lane, track } of lanes.values())
        if (track.kind === 'audio') this.#beginning.add(lane)
    }
    return units.filter((unit) => this.#isPlayed(unit))
  }

  #isPlayed({ lane, unixMs, durationMs, skippedMs }: FootageUnit): boolean {
    const atMs = unixMs - skippedMs
    const endMs = this.#ends.get(lane)
    if (this.#beginning.has(lane) && endMs !== undefined && atMs < endMs - durationMs / 2)
      return false
    this.#beginning.delete(lane)
    this.#ends.set(lane, atMs + durationMs)
    return true
  }
}
