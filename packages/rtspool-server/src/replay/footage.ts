import { FootageClips, type FootageOptions, roundingMs } from './footage-clips.js'
import { fragmentsForward, groupsBackwards } from './footage-fragments.js'
import { type FootageUnit, keyOf, startOf, unitsOf } from './footage-units.js'
import { SoundOverlaps } from './sound-overlaps.js'

/** Part of the footage to read, in milliseconds since 1970. */
export interface FootageRange {
  readonly fromMs: number
  /**
   * End of the range, which is before `fromMs` for {@link Footage.backwards}. Forward, `Infinity` goes on while the
   * path is recorded.
   */
  readonly toMs: number
}

/**
 * Reads the footage (recorded pictures and sound) of one path from its files, forward or backwards. Yields unit by
 * unit: a picture or a frame of sound.
 */
export class Footage {
  readonly #clips: FootageClips

  constructor(options: FootageOptions) {
    this.#clips = new FootageClips(options)
  }

  /** Ends all reading of footage: the generators of this object return soon. */
  close(): void {
    this.#clips.close()
  }

  /**
   * Reads forward, over the borders of files and over gaps. Begins with the last key frame at or before `fromMs`; in a
   * gap, with the first one after it. Pictures after the end are read only if an earlier one needs them.
   */
  async *forward({ fromMs, toMs }: FootageRange): AsyncGenerator<FootageUnit, void, void> {
    const held = new Map<number, FootageUnit[]>()
    const beginnings = new Set<number>()
    const overlaps = new SoundOverlaps()
    let startMs: number | undefined
    for await (const read of fragmentsForward(this.#clips, fromMs, toMs)) {
      if (read.isAfterGap) for (const { lane } of read.lanes.values()) beginnings.add(lane)
      const all = unitsOf(read, await read.file.read(read.fragment), beginnings)
      const units = overlaps.without(read, all)
      startMs ??= startOf(read, units, fromMs)
      for (const unit of units) {
        if (startMs === undefined || unit.unixMs < startMs - roundingMs) continue
        const beyond = held.get(unit.lane) ?? []
        if (unit.unixMs >= toMs) {
          held.set(unit.lane, [...beyond, unit])
          continue
        }
        held.delete(unit.lane)
        yield* beyond
        yield unit
      }
    }
  }

  /** Reads the key frames forward, without sound. @param intervalMs - Minimum milliseconds between two of them. */
  async *keyFrames(
    { fromMs, toMs }: FootageRange,
    intervalMs: number,
  ): AsyncGenerator<FootageUnit, void, void> {
    let lastMs = Number.NEGATIVE_INFINITY
    const beginnings = new Set<number>()
    for await (const read of fragmentsForward(this.#clips, fromMs, toMs)) {
      if (read.isAfterGap) for (const { lane } of read.lanes.values()) beginnings.add(lane)
      if (!read.file.isEntry(read.fragment)) continue
      const key = keyOf(read, unitsOf(read, await read.file.read(read.fragment), beginnings))
      if (!key || key.unixMs >= toMs || key.unixMs < lastMs + intervalMs) continue
      lastMs = key.unixMs
      yield key
    }
  }

  /**
   * Reads backwards: the last key frame at or before `fromMs`, the one before it, and so on to the first one at or
   * after `toMs`. Without `isWhole`, only the key frames, without sound.
   *
   * @param isWhole - True to read the groups of pictures in this order, each of them forward.
   * @param intervalMs - Minimum milliseconds between two key frames without `isWhole`.
   */
  async *backwards(
    { fromMs, toMs }: FootageRange,
    { isWhole, intervalMs }: { readonly isWhole: boolean; readonly intervalMs: number },
  ): AsyncGenerator<FootageUnit, void, void> {
    let lastMs = Number.POSITIVE_INFINITY
    for await (const group of groupsBackwards(this.#clips, fromMs, toMs)) {
      const beginnings = new Set([...(group[0]?.lanes.values() ?? [])].map(({ lane }) => lane))
      for (const read of group) {
        const units = unitsOf(read, await read.file.read(read.fragment), beginnings)
        const key = keyOf(read, units)
        if (isWhole) yield* units.filter(({ unixMs }) => unixMs < fromMs + roundingMs)
        else if (key && key.unixMs <= lastMs - intervalMs) {
          lastMs = key.unixMs
          yield key
        }
        if (!isWhole) break
      }
    }
  }
}
