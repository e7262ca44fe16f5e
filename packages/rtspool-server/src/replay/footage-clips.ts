import type { Clock, ClockTimer } from 'rtspool'
import { codeOf } from '../recording/segment-store.js'
import { FootageFile, type FootageIndexes } from './footage-file.js'
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
  /**
   * End of the last picture, or of a file that is being written the time of its last write, in milliseconds since 1970.
   */
  readonly endMs: number
}

/** Files of one recorded path, as they are at the moment. */
export interface ClipList {
  /** Files by time, the oldest first. */
  readonly clips: readonly Clip[]
  /** True while the path is recorded, so that more footage follows. */
  readonly isGrowing: boolean
}

/** Open file of the footage, its time, and its tracks that are played. */
export interface OpenClip {
  readonly clip: Clip
  readonly file: FootageFile
  /** Index of the `m=` section in the session description (`lane`), and the track, by track id of the file. */
  readonly lanes: ReadonlyMap<number, { readonly lane: number; readonly track: StoredTrack }>
}

/** Milliseconds without footage above which there is a gap. Shorter pauses result from the clocks of two files. */
export const gapMs = 500
/** Milliseconds between two checks for more footage of a path that is being recorded. */
const growthCheckMs = 500

/** Maximum milliseconds by which two equal times differ because of rounding. */
export const roundingMs = 0.5

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

/**
 * Finds and opens the files with the footage of one path, and waits for more footage while the path is recorded.
 */
export class FootageClips {
  readonly #init: FootageOptions
  #isClosed = false
  #waiting: { readonly timer: ClockTimer; readonly resolve: () => void } | undefined

  constructor(init: FootageOptions) {
    this.#init = init
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Ends all waits for more footage, which then find none. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#waiting?.timer.cancel()
    this.#waiting?.resolve()
  }

  /** Lists the files of the path as they are now. @throws The error of the system. */
  list(): Promise<ClipList> {
    return this.#init.list()
  }

  /**
   * Returns the last file that begins at or before `fromMs` (milliseconds since 1970), or else the first file.
   * `isLive`: the path is being recorded, and the file is the newest. `clip` is `undefined` if there are no files.
   */
  async at(fromMs: number): Promise<{ clip: Clip | undefined; isLive: boolean }> {
    const { clips, isGrowing } = await this.list()
    const clip = clips.findLast(({ startMs }) => startMs <= fromMs) ?? clips[0]
    return { clip, isLive: isGrowing && clip === clips.at(-1) }
  }

  /** Returns the next later file, and waits for one while the path is recorded; `undefined` if none follows. */
  async after({ startMs }: Clip): Promise<Clip | undefined> {
    while (!this.isClosed) {
      const { clips, isGrowing } = await this.list()
      const next = clips.find((each) => each.startMs > startMs)
      if (next || !isGrowing) return next
      await this.#wait()
    }
    return undefined
  }

  /** Waits until an open file has further fragments. @returns False if none will follow, or the file reaches `toMs`. */
  async grows(open: OpenClip, toMs: number): Promise<boolean> {
    const { clip, file } = open
    while (!this.isClosed && !isReached(open, toMs)) {
      if (await file.refresh()) return true
      const { clips, isGrowing } = await this.list()
      const isNewest = !clips.some(({ startMs }) => startMs > clip.startMs)
      // The last fragment may have been written between the two looks.
      if (!isNewest || !isGrowing) return file.refresh()
      await this.#wait()
    }
    return false
  }

  async #wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#init.clock.schedule(resolve, growthCheckMs, false)
      this.#waiting = { timer, resolve }
    })
    this.#waiting = undefined
  }

  /**
   * Returns whether more footage, a gap, or the end of a range follows the fragment `index` of an open file.
   *
   * @param toMs - End of the range, in milliseconds since 1970.
   */
  async followerOf(open: OpenClip, index: number, toMs: number): Promise<'more' | 'gap' | 'end'> {
    const { clip, file } = open
    if (index + 1 >= file.fragments.length && !isReached(open, toMs)) await file.refresh()
    const following = file.fragments[index + 1]
    if (following) return clip.startMs + file.startMsOf(following) >= toMs ? 'end' : 'more'
    if (isReached(open, toMs)) return 'end'
    const { clips, isGrowing } = await this.list()
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
  async open(clip: Clip): Promise<OpenClip | undefined> {
    let file: FootageFile
    try {
      file = await FootageFile.open(clip.folder, clip.file, this.#init.indexes)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
    const lanes = lanesOf(file.tracks, this.#init.tracks)
    if (lanes.size > 0) return { clip, file, lanes }
    await file.close()
    return undefined
  }
}

/**
 * Returns the end of a file, in milliseconds since 1970: the later of the ends of its last fragment and of its leading
 * track. The last fragment may have only sound that came late.
 */
export function endOf({ clip, file }: OpenClip): number {
  const last = file.fragments.at(-1)
  return last ? clip.startMs + Math.max(file.endMsOf(last), file.leaderEndMs) : clip.startMs
}

/** Returns the end of the leading track of a file, in milliseconds since 1970. */
export function leaderEndOf({ clip, file }: OpenClip): number {
  return clip.startMs + file.leaderEndMs
}

/**
 * Returns whether the leading track of a file has footage up to `toMs`, the end of a range in milliseconds since 1970.
 */
export function isReached(open: OpenClip, toMs: number): boolean {
  return open.file.fragments.length > 0 && leaderEndOf(open) >= toMs - roundingMs
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
