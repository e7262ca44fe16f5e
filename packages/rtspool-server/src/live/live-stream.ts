import type { AccessUnit, Clock, ClockTimer, RemovalReason, RtspServer, TrackInfo } from 'rtspool'
import { beginningWith, type CommonInstant } from '../codec/media-times.js'
import { initSegment } from '../fmp4/init-segment.js'
import { mimeOf } from '../fmp4/track-format.js'
import { KeptFragments } from './kept-fragments.js'
import type { LiveFragment, LiveTrack } from './live-track.js'
import type { LiveOffer, LiveViewer } from './live-viewer.js'
import { type OpenTracks, openTracks } from './open-tracks.js'
import { boxFrame, textFrame } from './websocket-frame.js'

/**
 * Milliseconds for which browsers wait for a sound track that the media describes but that has sent
 * nothing yet.
 */
const soundWaitMs = 200

export interface LiveStreamOptions {
  readonly clock: Clock
  /** Maximum bytes of the stored fragments, as in `LiveOptions`. */
  readonly maxKeptBytes: number
  /** Called once when the last browser has left, or the media has ended. */
  readonly onEnd: () => void
}

/**
 * Sends one media to all browsers that watch it. The stream reads the media once, and builds each
 * fragment once for all browsers. It stores the fragments since the last key frame for browsers
 * that join.
 *
 * ```text
 * server.read ─▶ track: fragment ─┬▶ kept since the key frame ─▶ browser that joins
 *                                 └▶ viewer, viewer, …
 * ```
 */
export class LiveStream {
  readonly #server: RtspServer
  readonly #options: LiveStreamOptions
  readonly #viewers = new Set<LiveViewer>()
  readonly #reading = new AbortController()
  readonly #kept: KeptFragments
  readonly #tracks = new Map<TrackInfo, LiveTrack>()
  #opened: OpenTracks | undefined
  #common: CommonInstant | undefined
  /**
   * Track at whose key frames browsers begin: the video track, or the audio track if there is no
   * video.
   */
  #leader: LiveTrack | undefined
  /** Tracks that have sent a fragment to browsers already. */
  readonly #heard = new Set<LiveTrack>()
  #offer: LiveOffer | undefined
  #soundWait: ClockTimer | undefined

  /**
   * Starts to read the media at a path.
   *
   * @param path - Decoded path, without a query.
   */
  constructor(server: RtspServer, path: string, options: LiveStreamOptions) {
    this.#server = server
    this.#options = options
    this.#kept = new KeptFragments(options.maxKeptBytes)
    void this.#run(path)
  }

  /** Adds a browser, which is sent the fragments since the last key frame first. */
  add(viewer: LiveViewer): void {
    this.#viewers.add(viewer)
    viewer.onClosed(() => this.#remove(viewer))
    if (this.#offer) viewer.begin(this.#offer, this.#kept.frames)
  }

  checkViewers(): void {
    for (const viewer of this.#viewers) viewer.check()
  }

  #remove(viewer: LiveViewer): void {
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#end()
  }

  #end(): void {
    if (this.#reading.signal.aborted) return
    this.#reading.abort()
    this.#soundWait?.cancel()
    this.#kept.clear()
    this.#options.onEnd()
  }

  async #run(path: string): Promise<void> {
    const { signal } = this.#reading
    let reason: RemovalReason = 'mediaEnded'
    try {
      for await (const unit of this.#server.read(path, { signal })) this.#take(unit)
      for (const track of this.#tracks.values()) this.#send(track, track.finish())
    } catch {
      reason = 'mediaFailed'
    }
    this.#end()
    this.#endSessions(reason)
  }

  #endSessions(reason: RemovalReason): void {
    for (const { session } of [...this.#viewers]) session.end(reason)
  }

  #take(unit: AccessUnit): void {
    this.#opened ??= this.#open(unit)
    const track = this.#tracks.get(unit.track)
    if (!track) return
    this.#common ??= beginningWith(unit)
    this.#send(track, track.push(unit, this.#common))
  }

  #send(track: LiveTrack, fragment: LiveFragment | undefined): void {
    if (!fragment) return
    const { frame, isEntry, format } = fragment
    const isBeginning = isEntry && track === this.#leader
    const isNew = !this.#heard.has(track)
    this.#heard.add(track)
    this.#kept.add(frame, isBeginning)
    if (isNew || format) this.#renewOffer()
    else if (this.#offer) for (const viewer of this.#viewers) viewer.send(frame, isBeginning)
  }

  #open({ track }: AccessUnit): OpenTracks {
    const media = [...this.#server.media].find(({ tracks }) => tracks.includes(track))
    const opened = openTracks(media?.tracks ?? [track])
    for (const each of opened.tracks) this.#tracks.set(each.info, each)
    this.#leader = opened.tracks.find(isVideo) ?? opened.tracks[0]
    if (!this.#leader) {
      const offer = offerOf([], opened)
      for (const viewer of this.#viewers) viewer.begin(offer, [])
      this.#endSessions('removed')
    }
    return opened
  }

  /**
   * Sends all browsers a new description of the tracks that have sent a fragment. Waits until the
   * video track has sent one, and then up to {@link soundWaitMs} for the audio track.
   */
  #renewOffer(): void {
    const missing = (this.#opened?.tracks ?? []).filter((track) => !this.#heard.has(track))
    if (missing.some(isVideo)) return
    if (this.#offer || missing.length === 0) this.#beginAll()
    else this.#soundWait ??= this.#options.clock.schedule(this.#beginAll, soundWaitMs, false)
  }

  readonly #beginAll = (): void => {
    if (!this.#opened || this.#reading.signal.aborted) return
    this.#soundWait?.cancel()
    this.#offer = offerOf([...this.#heard], this.#opened)
    for (const viewer of this.#viewers) viewer.begin(this.#offer, this.#kept.frames)
  }
}

const isVideo = ({ info }: LiveTrack): boolean => info.description.kind === 'video'

/**
 * Returns the first messages to a browser: one that describes the tracks, and the init segment of
 * each.
 */
function offerOf(tracks: readonly LiveTrack[], { unplayable }: OpenTracks): LiveOffer {
  const formats = tracks.flatMap(({ id, format }) => (format ? [{ id, format }] : []))
  const described = formats.map(({ id, format }) => {
    const { kind, width, height } = format
    return { id, kind, mime: mimeOf(format), ...(kind === 'video' && { width, height }) }
  })
  const message = textFrame(JSON.stringify({ type: 'tracks', tracks: described, unplayable }))
  const segments = formats.map(({ id, format }) => boxFrame(id, initSegment([format])))
  return { frames: [message, ...segments] }
}
