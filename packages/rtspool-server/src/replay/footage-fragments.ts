import type { StoredFragment } from '../recording/stored/fragment-index.js'
import {
  endOf,
  type FootageClips,
  gapMs,
  isReached,
  leaderEndOf,
  type OpenClip,
  roundingMs,
} from './footage-clips.js'

/** Fragment to read from an open file, and its position relative to gaps in the direction of playback. */
export interface ReadFragment extends OpenClip {
  readonly fragment: StoredFragment
  /** True for the first fragment after a gap. */
  readonly isAfterGap: boolean
  /** True for the last fragment in front of a gap, or in front of the end. */
  readonly isBeforeGap: boolean
  readonly isLast: boolean
  /** Milliseconds of gaps in front of the fragment, less those for which two files overlap: playback takes no time for them. */
  readonly skippedMs: number
  /** End of the range in milliseconds since 1970, if the range is read forward. */
  readonly toMs?: number
}

/**
 * Yields the fragments from the last one at or before `fromMs` with which a decoder can begin, up to `toMs`. Both are
 * times in milliseconds since 1970.
 */
export async function* fragmentsForward(
  footage: FootageClips,
  fromMs: number,
  toMs: number,
): AsyncGenerator<ReadFragment, void, void> {
  const first = await footage.at(fromMs)
  let { clip } = first
  let beforeEndMs: number | undefined
  let beforeLeaderEndMs = Number.NEGATIVE_INFINITY
  let skippedMs = 0
  while (clip && clip.startMs < toMs && !footage.isClosed) {
    const open = await footage.open(clip)
    if (open) {
      try {
        const { file } = open
        const startMs = (fragment: StoredFragment): number =>
          open.clip.startMs + file.startMsOf(fragment)
        const wantedMs: number = beforeEndMs ?? fromMs
        // What is being recorded goes on: it begins with its last key frame.
        const isLive = first.isLive && clip === first.clip
        const isGone = !isLive && file.fragments.length > 0 && endOf(open) <= wantedMs
        let index = isGone
          ? file.fragments.length
          : entryAt(open, wantedMs, beforeEndMs !== undefined)
        let isFirst = true
        for (; !footage.isClosed; index++) {
          if (index >= file.fragments.length && !(await footage.grows(open, toMs))) break
          const fragment = file.fragments[index]
          if (!fragment) break
          if (startMs(fragment) >= toMs) return
          if (isFirst && !file.isEntry(fragment)) continue
          const pauseMs = beforeEndMs === undefined ? 0 : startMs(fragment) - beforeEndMs
          const isAfterGap = isFirst && pauseMs > gapMs
          const overlapMs = isFirst ? beforeLeaderEndMs - startMs(fragment) : 0
          if (isAfterGap) skippedMs += pauseMs
          else if (overlapMs > roundingMs) skippedMs -= overlapMs
          const after = await footage.followerOf(open, index, toMs)
          const isBeforeGap = after === 'gap' || after === 'end'
          const isLast = after === 'end'
          yield { ...open, fragment, isAfterGap, isBeforeGap, isLast, skippedMs, toMs }
          isFirst = false
        }
        if (isReached(open, toMs)) return
        if (!isFirst) {
          beforeEndMs = endOf(open)
          beforeLeaderEndMs = leaderEndOf(open)
        }
      } finally {
        await open.file.close()
      }
    }
    clip = await footage.after(clip)
  }
}

/**
 * Yields groups of fragments backwards, the last group at or before `fromMs` first. Each group begins with a fragment
 * with which a decoder can begin, and has its fragments in forward order.
 */
export async function* groupsBackwards(
  footage: FootageClips,
  fromMs: number,
  toMs: number,
): AsyncGenerator<ReadFragment[], void, void> {
  const { clips } = await footage.list()
  let laterStartMs: number | undefined
  let skippedMs = 0
  for (const clip of clips.toReversed()) {
    if (footage.isClosed || clip.endMs < toMs - gapMs) return
    if (clip.startMs > fromMs) continue
    const open = await footage.open(clip)
    if (!open) continue
    try {
      const { fragments } = open.file
      const pauseMs = laterStartMs === undefined ? 0 : laterStartMs - endOf(open)
      const isGap = pauseMs > gapMs
      if (isGap) skippedMs += pauseMs
      let isFirst = true
      let end = fragments.length
      for (let index = fragments.length - 1; index >= 0 && !footage.isClosed; index--) {
        const fragment = fragments[index]
        if (!fragment || !open.file.isEntry(fragment)) continue
        const startMs = clip.startMs + open.file.startMsOf(fragment)
        const group = fragments.slice(index, end)
        end = index
        const isOverlap = laterStartMs !== undefined && startMs >= laterStartMs
        if (startMs > fromMs + roundingMs || isOverlap) continue
        if (startMs < toMs - roundingMs) return
        const isFirstOfClip = index === 0
        const isLast = isFirstOfClip && clip === clips[0]
        yield group.map((each, position) => ({
          ...open,
          ...{ fragment: each, skippedMs, isLast },
          isAfterGap: isGap && isFirst && position === 0,
          isBeforeGap: isFirstOfClip && position === group.length - 1,
        }))
        isFirst = false
      }
      laterStartMs = clip.startMs
    } finally {
      await open.file.close()
    }
  }
}

/**
 * Returns the index of the fragment to begin with: the last entry at or before a time in milliseconds since 1970, or 0.
 * An entry is a fragment with which a decoder can begin.
 *
 * @param isOverlap - True to begin with the first entry at or after the time, because the file before lasts until then.
 */
function entryAt({ clip, file }: OpenClip, atMs: number, isOverlap: boolean): number {
  const { fragments } = file
  const startMs = (fragment: StoredFragment): number => clip.startMs + file.startMsOf(fragment)
  if (isOverlap) {
    const first = fragments.findIndex((each) => file.isEntry(each) && startMs(each) >= atMs - gapMs)
    return first < 0 ? fragments.length : first
  }
  const last = fragments.findLastIndex(
    (each) => file.isEntry(each) && startMs(each) <= atMs + roundingMs,
  )
  return Math.max(0, last)
}
