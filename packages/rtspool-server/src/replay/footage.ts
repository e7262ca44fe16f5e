import type { Clock, ClockTimer } from 'rtspool'
import { codeOf } from '../recording/segment-store.js'
import type { StoredFragment } from '../recording/stored/fragment-index.js'
import { FootageFile, type FootageIndexes } from './footage-file.js'
import type { StoredSample } from './stored-samples.js'
import type { StoredTrack } from './stored-tracks.js'

/**
 * File with footage (recorded pictures and sound) of a path, and its time on the clock of this machine, in milliseconds
 * since 1970.
 */
export interface Clip {
  /** Folder of the recording. */
  readonly folder: string
  /** Name of the file, relative to the folder. */
  readonly file: string
  readonly startMs: number
  /** End of the last picture; of a file that is being written, the time of its last write. */
  readonly endMs: number
}

/** Files of one recorded path, as they are at the moment. */
export interface ClipList {
  /** Files by time, the oldest first. */
  readonly clips: readonly Clip[]
  /** True while the path is recorded, so that more is to come. */
  readonly isGrowing: boolean
}

/** One picture or frame of sound of the footage. Times are on the clock of this machine. */
export interface FootageUnit {
  /** Index of the track in the session description, from 0. */
  readonly lane: number
  /** Time of presentation in milliseconds since 1970. */
  readonly unixMs: number
  /**
   * Time to send the unit in milliseconds since 1970: its decoding time, which is earlier for pictures that others
   * refer to.
   */
  readonly sendMs: number
  readonly durationMs: number
  readonly isSync: boolean
  /** NAL units of a picture, or one frame of sound. */
  readonly parts: readonly Buffer[]
  /** True for the first unit of its track after a gap, or after a jump backwards. */
  readonly isDiscontinuous: boolean
  /** True for the last unit of its track in front of a gap or of the end, in the direction of playback. */
  readonly isEnd: boolean
  /** True for the last unit of its track in the direction of playback: no footage follows. */
  readonly isTerminal: boolean
  /** Milliseconds of all gaps between the start of the playback and the unit, which the playback skips. */
  readonly skippedMs: number
}

/** Milliseconds without footage above which there is a gap. Shorter pauses result from the clocks of two files. */
const gapMs = 500
/** Milliseconds between two looks for more footage of a path that is recorded. */
const growthCheckMs = 500

export interface FootageOptions {
  /** Lists the files of the path as they are now. @throws The error of the system. */
  readonly list: () => Promise<ClipList>
  readonly indexes: FootageIndexes
  /**
   * Tracks of the session description, in its order. Tracks of the files whose `coding` is in none of them are left
   * out.
   */
  readonly tracks: readonly StoredTrack[]
  readonly clock: Clock
}

/** Part of the footage to read, in milliseconds since 1970. */
export interface FootageRange {
  readonly fromMs: number
  /**
   * End of the range, which is before `fromMs` for {@link Footage.backwards}. Forward, `Infinity` goes on while the
   * path is recorded.
   */
  readonly toMs: number
}

/** Open file of the footage, its time, and its tracks that are played. */
interface OpenClip {
  readonly clip: Clip
  readonly file: FootageFile
  /** Index of the `m=` section in the session description (`lane`), and the track, by track id of the file. */
  readonly lanes: ReadonlyMap<number, { readonly lane: number; readonly track: StoredTrack }>
}

/** Fragment to read from an open file, and its position relative to gaps in the direction of playback. */
interface ReadFragment extends OpenClip {
  readonly fragment: StoredFragment
  /** True for the first fragment after a gap. */
  readonly isAfterGap: boolean
  /** True for the last fragment in front of a gap, or in front of the end. */
  readonly isBeforeGap: boolean
  readonly isLast: boolean
  readonly skippedMs: number
  /** End of the range, if it is read forward. */
  readonly toMs?: number
}

/**
 * Reads the footage (recorded pictures and sound) of one path from its files, forward or backwards. Yields unit by
 * unit: a picture or a frame of sound.
 */
export class Footage {
  readonly #options: FootageOptions
  #isClosed = false
  #waiting: { readonly timer: ClockTimer; readonly resolve: () => void } | undefined

  constructor(options: FootageOptions) {
    this.#options = options
  }

  /** Ends all reading: the generators return soon. */
  close(): void {
    this.#isClosed = true
    this.#waiting?.timer.cancel()
    this.#waiting?.resolve()
  }

  /**
   * Reads forward, over the borders of files and over gaps. Begins with the last key frame at or before `fromMs`; in a
   * gap, with the first one after it. Pictures after the end are read only if an earlier one needs them.
   */
  async *forward({ fromMs, toMs }: FootageRange): AsyncGenerator<FootageUnit, void, void> {
    const held = new Map<number, FootageUnit[]>()
    const beginnings = new Set<number>()
    let startMs: number | undefined
    for await (const read of this.#fragments(fromMs, toMs)) {
      if (read.isAfterGap) for (const { lane } of read.lanes.values()) beginnings.add(lane)
      const units = unitsOf(read, await read.file.read(read.fragment), beginnings)
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
    for await (const read of this.#fragments(fromMs, toMs)) {
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
    for await (const group of this.#groups(fromMs, toMs)) {
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

  /** Yields the fragments from the last one at or before `fromMs` with which a decoder can begin, up to `toMs`. */
  async *#fragments(fromMs: number, toMs: number): AsyncGenerator<ReadFragment, void, void> {
    const first = await this.#clipAt(fromMs)
    let { clip } = first
    let beforeEndMs: number | undefined
    let skippedMs = 0
    while (clip && clip.startMs < toMs && !this.#isClosed) {
      const open = await this.#open(clip)
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
          for (; !this.#isClosed; index++) {
            if (index >= file.fragments.length && !(await this.#grows(open, toMs))) break
            const fragment = file.fragments[index]
            if (!fragment) break
            if (startMs(fragment) >= toMs) return
            if (isFirst && !file.isEntry(fragment)) continue
            const pauseMs = beforeEndMs === undefined ? 0 : startMs(fragment) - beforeEndMs
            const isAfterGap = isFirst && pauseMs > gapMs
            if (isAfterGap) skippedMs += pauseMs
            const after = await this.#after(open, index, toMs)
            const isBeforeGap = after === 'gap' || after === 'end'
            const isLast = after === 'end'
            yield { ...open, fragment, isAfterGap, isBeforeGap, isLast, skippedMs, toMs }
            isFirst = false
          }
          if (isReached(open, toMs)) return
          if (!isFirst) beforeEndMs = endOf(open)
        } finally {
          await open.file.close()
        }
      }
      clip = await this.#next(clip)
    }
  }

  /**
   * Yields groups of fragments backwards, the last group at or before `fromMs` first. Each group begins with a fragment
   * with which a decoder can begin, and has its fragments in forward order.
   */
  async *#groups(fromMs: number, toMs: number): AsyncGenerator<ReadFragment[], void, void> {
    const { clips } = await this.#options.list()
    let laterStartMs: number | undefined
    let skippedMs = 0
    for (const clip of clips.toReversed()) {
      if (this.#isClosed || clip.endMs < toMs - gapMs) return
      if (clip.startMs > fromMs) continue
      const open = await this.#open(clip)
      if (!open) continue
      try {
        const { fragments } = open.file
        const pauseMs = laterStartMs === undefined ? 0 : laterStartMs - endOf(open)
        const isGap = pauseMs > gapMs
        if (isGap) skippedMs += pauseMs
        let isFirst = true
        let end = fragments.length
        for (let index = fragments.length - 1; index >= 0 && !this.#isClosed; index--) {
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

  /** Returns the clip at a time. `isLive`: more of it is being recorded. */
  async #clipAt(fromMs: number): Promise<{ clip: Clip | undefined; isLive: boolean }> {
    const { clips, isGrowing } = await this.#options.list()
    const clip = clips.findLast(({ startMs }) => startMs <= fromMs) ?? clips[0]
    return { clip, isLive: isGrowing && clip === clips.at(-1) }
  }

  /** Returns the next later file; waits for one while the path is recorded. @returns `undefined` if none follows. */
  async #next({ startMs }: Clip): Promise<Clip | undefined> {
    while (!this.#isClosed) {
      const { clips, isGrowing } = await this.#options.list()
      const next = clips.find((each) => each.startMs > startMs)
      if (next || !isGrowing) return next
      await this.#wait()
    }
    return undefined
  }

  /** Waits until the file has grown. @returns False if it will not grow any more, or not up to `toMs`. */
  async #grows(open: OpenClip, toMs: number): Promise<boolean> {
    const { clip, file } = open
    while (!this.#isClosed && !isReached(open, toMs)) {
      if (await file.refresh()) return true
      const { clips, isGrowing } = await this.#options.list()
      const isNewest = !clips.some(({ startMs }) => startMs > clip.startMs)
      // The last fragment may have been written between the two looks.
      if (!isNewest || !isGrowing) return file.refresh()
      await this.#wait()
    }
    return false
  }

  async #wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.schedule(resolve, growthCheckMs, false)
      this.#waiting = { timer, resolve }
    })
    this.#waiting = undefined
  }

  /** Tells what follows a fragment of a file in a range that ends at `toMs`. */
  async #after(open: OpenClip, index: number, toMs: number): Promise<'more' | 'gap' | 'end'> {
    const { clip, file } = open
    if (index + 1 >= file.fragments.length && !isReached(open, toMs)) await file.refresh()
    const following = file.fragments[index + 1]
    if (following) return clip.startMs + file.startMsOf(following) >= toMs ? 'end' : 'more'
    if (isReached(open, toMs)) return 'end'
    const { clips, isGrowing } = await this.#options.list()
    const next = clips.find(({ startMs }) => startMs > open.clip.startMs)
    if (!next) return isGrowing ? 'more' : 'end'
    if (next.startMs >= toMs) return 'end'
    return next.startMs - endOf(open) > gapMs ? 'gap' : 'more'
  }

  /**
   * Opens a file, which the caller must close.
   *
   * @returns `undefined` for a file that was deleted, or that has no track of the session description.
   */
  async #open(clip: Clip): Promise<OpenClip | undefined> {
    let file: FootageFile
    try {
      file = await FootageFile.open(clip.folder, clip.file, this.#options.indexes)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
    const lanes = lanesOf(file.tracks, this.#options.tracks)
    if (lanes.size > 0) return { clip, file, lanes }
    await file.close()
    return undefined
  }
}

/** Milliseconds by which times may differ because they are rounded. */
const roundingMs = 0.5

/** Returns the end of the last fragment of a file, in milliseconds since 1970. */
function endOf({ clip, file }: OpenClip): number {
  const last = file.fragments.at(-1)
  return last ? clip.startMs + file.endMsOf(last) : clip.startMs
}

/** Returns whether a file has all of the leading track up to the end of a range. */
function isReached({ clip, file }: OpenClip, toMs: number): boolean {
  const last = file.fragments.at(-1)
  return last !== undefined && clip.startMs + file.leaderEndMsOf(last) >= toMs - roundingMs
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

function lanesOf(
  own: readonly StoredTrack[],
  described: readonly StoredTrack[],
): OpenClip['lanes'] {
  const lanes = new Map<number, { readonly lane: number; readonly track: StoredTrack }>()
  for (const track of own) {
    const lane = described.findIndex(({ coding }) => coding === track.coding)
    if (lane >= 0) lanes.set(track.trackId, { lane, track })
  }
  return lanes
}

/** Returns the key frame of a fragment, or its first frame of sound if there is no picture. */
function keyOf({ lanes }: ReadFragment, units: readonly FootageUnit[]): FootageUnit | undefined {
  const video = [...lanes.values()].find(({ track }) => track.kind === 'video')
  return video ? units.find(({ lane, isSync }) => lane === video.lane && isSync) : units[0]
}

/**
 * Returns the time of the first unit to send in milliseconds since 1970: the first picture, or the sound at the wanted
 * time. Sound of that time is sent even if the first picture is later, at the beginning of footage.
 */
function startOf(
  { lanes }: ReadFragment,
  units: readonly FootageUnit[],
  fromMs: number,
): number | undefined {
  const video = [...lanes.values()].find(({ track }) => track.kind === 'video')
  const picture = units.find(({ lane }) => lane === video?.lane)
  const sound = units.find(
    ({ lane, unixMs, durationMs }) =>
      lane !== video?.lane && unixMs + durationMs > fromMs + roundingMs,
  )
  if (!picture) return sound?.unixMs
  return picture.unixMs > fromMs && sound ? Math.min(picture.unixMs, sound.unixMs) : picture.unixMs
}

/**
 * Returns the units (pictures and frames of sound) of a fragment in the order of sending.
 *
 * @param beginnings - Indexes (`lane`) of the tracks whose next unit follows a gap or a jump. The function removes
 * those of the units that it returns.
 */
function unitsOf(
  read: ReadFragment,
  samples: readonly StoredSample[],
  beginnings: Set<number>,
): FootageUnit[] {
  const { clip, lanes, isBeforeGap, isLast, skippedMs, toMs = Number.POSITIVE_INFINITY } = read
  const units: FootageUnit[] = []
  const lastOf = new Map<number, number>()
  for (const sample of samples) {
    const found = lanes.get(sample.trackId)
    if (!found) continue
    const { lane, track } = found
    const ms = (ticks: number): number => (ticks / track.clockRate) * 1000
    const unixMs = clip.startMs + ms(sample.time)
    if (unixMs < toMs) lastOf.set(lane, units.length)
    units.push({
      lane,
      unixMs,
      sendMs: clip.startMs + ms(sample.decodeTime),
      durationMs: ms(sample.duration),
      isSync: sample.isSync,
      parts: track.partsOf(sample),
      isDiscontinuous: beginnings.delete(lane),
      isEnd: false,
      isTerminal: false,
      skippedMs,
    })
  }
  if (isBeforeGap) {
    for (const index of lastOf.values()) {
      const unit = units[index]
      if (unit) units[index] = { ...unit, isEnd: true, isTerminal: isLast }
    }
  }
  return units.sort((one, other) => one.sendMs - other.sendMs)
}
