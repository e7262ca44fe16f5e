import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.js'
import { RequestError } from '../../errors.js'
import { createSessionDescription } from '../../sdp/index.js'
import type { MediaSource } from '../media-source.js'
import type { GopCacheLimits } from '../track/gop-cache-options.js'
import { LiveBacklog } from './live-backlog.js'
import type { LiveLink } from './live-link.js'
import { LiveSource } from './live-source.js'
import { LiveTimeline } from './live-timeline.js'

type Described = NonNullable<LiveLink['coded']>

export interface LiveOutletInit {
  readonly clock: Clock
  readonly gopCache: GopCacheLimits | undefined
  readonly name: string
  readonly leader: number | undefined
  readonly onKeyFrameWanted: (track: number) => void
  /**
   * Called with true when a request or a media begins to use the tracks, and none did before. Called with false when
   * the last has gone.
   */
  readonly onWanted: (isWanted: boolean) => void
}

/**
 * Connects the tracks of a live media with the media that servers create for their viewers: any number of them, or
 * none.
 *
 * ```text
 *  LiveTrack ─▶ packets ─▶ LiveOutlet ─▶ LiveSource ─▶ tracks of a media ─▶ viewers
 *                              └─▶ LiveBacklog           (one for each server or mount)
 * ```
 */
export class LiveOutlet {
  readonly timeline: LiveTimeline
  readonly #init: LiveOutletInit
  readonly #backlog: LiveBacklog
  readonly #links: LiveLink[] = []
  readonly #sources = new Set<LiveSource>()
  readonly #waiting = new Set<() => void>()
  /** Number of calls of {@link open} that wait until all tracks have their parameters, such as SPS and PPS. */
  #requests = 0
  #isWanted = false
  /** True from {@link noteAway} to the next unit of the leader, or packet. */
  #isAway = false
  readonly #closing = new AbortController()

  constructor(init: LiveOutletInit) {
    this.#init = init
    this.timeline = new LiveTimeline(init.clock)
    this.#backlog = new LiveBacklog(init.gopCache, init.leader)
    // Each stream that writes to a track listens.
    setMaxListeners(0, this.#closing.signal)
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Signal that is aborted when the live media closes, so that writers stop waiting. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** True while a request or a media uses the tracks. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  /** Adds a track of the live media. The index of the track is the number of tracks added before. */
  join(link: LiveLink): void {
    this.#links.push(link)
  }

  /**
   * Creates the source of a media. Waits until all tracks have their parameters, but not longer than `maxWaitMs`. The
   * media then has the tracks that can be described.
   *
   * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE` if no track can be described, or the live media is closed.
   */
  async open(maxWaitMs: number): Promise<MediaSource> {
    this.#requests++
    this.#noteWanted()
    try {
      await this.#whole(maxWaitMs)
      const links = this.#links.filter(({ coded }) => coded !== undefined)
      if (this.isClosed || links.length === 0) {
        const reason = this.isClosed ? 'has been closed' : 'has no parameters of any track yet'
        throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the live media ${reason}`)
      }
      return this.#create(links)
    } finally {
      this.#requests--
      this.#noteWanted()
    }
  }

  /**
   * Sends the RTP packets of one picture or sound frame to all media.
   *
   * @param position - Time of the unit on the common timeline, in seconds.
   */
  send(track: number, position: number, packets: readonly Buffer[], isKey: boolean): void {
    const isNew = this.timeline.note(position)
    // Sound of before the first picture does not end the slate.
    const { leader = track } = this.#init
    if (this.#isAway && track === leader) this.#noteBack()
    if (isNew) this.#tell()
    const isKept = this.#backlog.add({ track, position, packets }, isKey)
    let left = this.#sources.size + (isKept ? 1 : 0)
    // A media may rewrite the headers of its packets.
    for (const source of this.#sources) {
      source.send(track, --left > 0 ? packets.map((packet) => Buffer.from(packet)) : packets)
    }
  }

  /** Sends an RTP packet of a {@link LiveRtpTrack} to all media. The packet keeps the timestamp of the application. */
  sendRaw(track: number, packet: Buffer): void {
    if (this.#isAway) this.#noteBack()
    let left = this.#sources.size
    // A media may rewrite the header of its packet.
    for (const source of this.#sources) {
      source.sendOne(track, --left > 0 ? Buffer.from(packet) : packet)
    }
  }

  /**
   * Notes that a track has new parameters, such as SPS and PPS, and completes the requests that wait for them. Ends the
   * media whose description no longer fits.
   *
   * @param before - Description and payloader until now.
   */
  noteParameters(track: number, before: Described | undefined): void {
    const coded = this.#links[track]?.coded
    if (coded && before !== coded) {
      if (before && isSameFormat(before, coded)) {
        for (const source of this.#sources) source.describe(track, coded)
      } else {
        // Viewers cannot decode the new packets by the description that they have, or lack the track.
        this.#backlog.clear()
        for (const source of [...this.#sources]) source.end()
      }
    }
    if (!this.#isWhole) return
    for (const resolve of this.#waiting) resolve()
  }

  /** Notes that the application writes nothing for a while: viewers of all media wait, or are sent a slate. Idempotent. */
  noteAway(): void {
    if (this.#isAway || this.isClosed) return
    this.#isAway = true
    this.#backlog.clear()
    for (const source of this.#sources) source.away()
  }

  #noteBack(): void {
    this.#isAway = false
    const instant = this.timeline.tell()
    for (const source of this.#sources) source.back(instant)
  }

  /** Ends all media, and refuses new ones. Idempotent. */
  close(): void {
    this.#closing.abort()
    this.#backlog.clear()
    for (const resolve of this.#waiting) resolve()
    for (const source of [...this.#sources]) source.end()
  }

  get #isWhole(): boolean {
    return this.#links.every(({ isComplete }) => isComplete)
  }

  async #whole(maxWaitMs: number): Promise<void> {
    if (this.#isWhole || this.isClosed || maxWaitMs <= 0) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.cancel()
        this.#waiting.delete(done)
        resolve()
      }
      const timer = this.#init.clock.schedule(done, maxWaitMs, false)
      this.#waiting.add(done)
    })
  }

  #create(links: readonly LiveLink[]): LiveSource {
    const description = createSessionDescription({
      originId: 0,
      address: '0.0.0.0',
      name: this.#init.name,
      range: 'npt=now-',
    })
    const source = new LiveSource(description, links, {
      began: () => this.#begin(source),
      closed: () => {
        this.#sources.delete(source)
        this.#noteWanted()
      },
      keyFrameWanted: (track) => {
        if (this.#links[track]?.wantKeyFrame()) this.#init.onKeyFrameWanted(track)
      },
    })
    this.#sources.add(source)
    return source
  }

  /** Sends a new media the packets since the last key frame, so that its first viewer begins with a picture at once. */
  #begin(source: LiveSource): void {
    if (this.#isAway) {
      source.away()
      return
    }
    const instant = this.timeline.tell()
    const { now } = this.timeline
    if (instant) source.begin(instant, this.#backlog.at(now), now)
  }

  #tell(): void {
    const instant = this.timeline.tell()
    if (!instant) return
    for (const source of this.#sources) source.tell(instant)
  }

  #noteWanted(): void {
    const isWanted = this.#requests > 0 || this.#sources.size > 0
    if (isWanted === this.#isWanted) return
    this.#isWanted = isWanted
    this.#init.onWanted(isWanted)
  }
}

/** Returns whether two descriptions differ in nothing but `a=fmtp` of an encoding that has its parameters in the stream. */
function isSameFormat(one: Described, other: Described): boolean {
  const [first, second] = [one.description, other.description]
  const isVideo = first.kind === 'video' && second.kind === 'video'
  return isVideo && first.attribute('rtpmap') === second.attribute('rtpmap')
}
