import type { Clock } from '../clock.js'
import { tellFailure } from '../listeners.js'
import type { MediaDescription, SessionDescription } from '../sdp/index.js'
import { closeSource, settleInTime } from './close-source.js'
import { canSplice, codecTextOf } from './gap/same-codecs.js'
import { SlateTrack } from './gap/slate-track.js'
import type { GapSlate } from './gap/source-gap.js'
import { isSeekable, type MediaOutput, type MediaSource, sourceProblem } from './media-source.js'
import { SourceReturn } from './timeline/source-return.js'
import type { Track } from './track/track.js'

/**
 * Creates the source of a slate: a clip, such as a text that the camera is away. The source must be live and go on for
 * as long as the outage may last, such as `openFileSource('away.mp4', { loop: true })`.
 *
 * @param path - Decoded path of the media whose source is away.
 */
export type CreateSlate = (path: string) => MediaSource | Promise<MediaSource>

export interface SlateInit {
  readonly path: string
  readonly clock: Clock
  /** Tracks of the media whose viewers are sent the slate. */
  readonly tracks: readonly Track[]
  /**
   * Returns the function that creates the source of the next slate (clip), which may have changed meanwhile;
   * `undefined` = viewers see none.
   */
  readonly create: () => CreateSlate | undefined
}

/** Clip that the viewers of a media are sent while its source is away. Each outage opens the clip anew. */
export class Slate implements GapSlate {
  readonly #init: SlateInit
  #run: SlateRun | undefined

  constructor(init: SlateInit) {
    this.#init = init
  }

  start(): void {
    const create = this.#init.create()
    if (create && !this.#run) this.#run = new SlateRun(this.#init, create)
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = undefined
    await run?.stop()
  }
}

/**
 * Clip (slate) that viewers are sent during one absence of their source, from the creation of the clip's source to its
 * end.
 */
class SlateRun {
  readonly #init: SlateInit
  readonly #opened: Promise<void>
  #source: MediaSource | undefined
  #tracks: readonly SlateTrack[] = []
  #closing: Promise<void> | undefined

  constructor(init: SlateInit, create: CreateSlate) {
    this.#init = init
    this.#opened = this.#open(create)
  }

  /** Ends the clip, and closes its source. Idempotent. */
  stop(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #open(create: CreateSlate): Promise<void> {
    try {
      const source = await create(this.#init.path)
      if (this.#closing) await this.#closeSource(source)
      else await this.#play(source)
    } catch (error) {
      if (!this.#closing) this.#fail(error)
    }
  }

  async #play(source: MediaSource): Promise<void> {
    const problem = sourceProblem(source, false)
    if (problem !== undefined) {
      if (typeof source?.close === 'function') void this.#closeSource(source)
      throw new TypeError(problem)
    }
    this.#source = source
    if (isSeekable(source)) {
      throw new TypeError(
        'a slate needs a live source, such as openFileSource(file, { loop: true })',
      )
    }
    const { tracks, clock } = this.#init
    const pairs = pairsOf(source.description, tracks)
    const spliced = pairs.flatMap(({ track }) => track ?? [])
    const leader = spliced.find(({ hasKeyFrames }) => hasKeyFrames) ?? spliced.find(isVideo)
    this.#tracks = pairs.map(({ media, track }, index) => new SlateTrack(index, media, track))
    const slateReturn = new SourceReturn(leader?.index, clock.now())
    for (const track of spliced) track.beginSlate(slateReturn)
    const output = this.#output()
    await source.prepare?.(output)
    // The slate may have ended meanwhile: a closed source must not start.
    if (!this.#closing) await source.start(output)
  }

  #output(): MediaOutput {
    const end = (): void => this.#fail(new Error('the source of the slate has ended'))
    return {
      tracks: this.#tracks,
      clock: this.#init.clock,
      end,
      rangeEnded: () => {},
      fail: end,
      drained: () => Promise.resolve(),
      sourceAway: end,
      sourceBack: () => false,
      descriptionChanged: () => {},
    }
  }

  /** Ends a clip (slate) whose source has failed or ended: viewers then wait without pictures. */
  #fail(error: unknown): void {
    if (this.#closing) return
    tellFailure(`the slate of ${this.#init.path}`, error)
    const isPlaying = this.#tracks.length > 0
    void this.stop()
    if (isPlaying) for (const track of this.#init.tracks) track.beginGap()
  }

  async #close(): Promise<void> {
    for (const track of this.#tracks) track.end()
    this.#tracks = []
    const { path, clock } = this.#init
    // A source that opens later is closed then, but nobody waits for it.
    const opened = settleInTime(() => this.#opened, path, { clock, what: 'opening a slate' })
    await Promise.all([this.#source && this.#closeSource(this.#source), opened])
  }

  #closeSource(source: MediaSource): Promise<void> {
    return closeSource(source, this.#init.path, this.#init.clock)
  }
}

interface SlatePair {
  readonly media: MediaDescription
  /** Track of the media on which viewers are sent a track of the slate; `undefined` if none fits. */
  readonly track: Track | undefined
}

const isVideo = ({ description }: Pick<Track, 'description'>): boolean =>
  description.kind === 'video'

/**
 * Finds, for each track of a slate (clip), the track of the media in which viewers can decode it.
 *
 * @throws {Error} The slate has no track that viewers could decode in place of the video, or of the sound if there is
 *   no video.
 */
function pairsOf({ media }: SessionDescription, tracks: readonly Track[]): SlatePair[] {
  const free = new Set(tracks)
  const pairs = media.map((each): SlatePair => {
    const track = [...free].find(({ description }) => canSplice(description, each))
    if (track) free.delete(track)
    return { media: each, track }
  })
  const needed = tracks.some(isVideo) ? tracks.filter(isVideo) : tracks
  if (needed.some((track) => !free.has(track))) return pairs
  const expected = needed.map(({ description }) => codecTextOf(description)).join(' or ')
  throw new Error(`expected a track of ${expected}, got ${media.map(codecTextOf).join(' and ')}`)
}
