import { type Clock, type ClockTimer, scheduleAfterReads } from '../clock.js'
import type { MediaSource } from '../media/media-source.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import type { SessionDescription } from '../sdp/index.js'
import { Backlog, type TrackPacket } from './backlog.js'
import { Outlet, RelaySource } from './outlet.js'
import type { Standby } from './standby.js'
import { maxReportWaitMs, type StatedTime } from './upstream.js'

export interface RelayFlowInit {
  readonly clock: Clock
  /** Limits on the packets that are kept while no media can receive them. */
  readonly limits: GopCacheLimits
  /** Called once for each connection, with its first packet; with the first of video, if there is video. */
  readonly arrived: () => void
  /** Called with the description for new viewers as soon as it is available. */
  readonly described: (description: SessionDescription) => void
  /** Called before the media switch to another connection to a source. Media whose codecs differ then end. */
  readonly returns: () => void
  /**
   * Called when a media has been closed.
   *
   * @returns Resolves when the connection is closed, if no media needs it any more; otherwise at once.
   */
  readonly closed: () => Promise<void>
}

/**
 * Milliseconds after the first packet of a new connection in which viewers wait for a key frame; then any packet may
 * do.
 */
const maxKeyFrameWaitMs = 10_000

/**
 * Passes the packets of the present connection on to the media of the relay. Keeps packets while no media can receive
 * them, and until the first key frame after a return.
 */
export class RelayFlow {
  readonly #init: RelayFlowInit
  readonly #outlet = new Outlet()
  /** Description of the present connection; `undefined` without a connection, or before its DESCRIBE. */
  #present: SessionDescription | undefined
  /** Description for new media; `undefined` if they have to wait for a connection. */
  #description: SessionDescription | undefined
  /**
   * Packets since the last key frame that no media has received yet; `undefined` while packets are passed on at once.
   */
  #backlog: Backlog | undefined
  /** True from the loss of a connection with viewers until the viewers continue with the next one. */
  #isAway = false
  /** Arrival of the first packet (of video, if there is video) in milliseconds of the clock; `undefined` before. */
  #firstAt: number | undefined
  /**
   * Timer of a wait for the sender reports of the source, and the function to call after the wait; `undefined` without
   * a wait.
   */
  #reports: { readonly timer: ClockTimer; readonly next: () => void } | undefined

  constructor(init: RelayFlowInit) {
    this.#init = init
  }

  /** Number of media that the relay serves, including those that wait for the return of the source. */
  get size(): number {
    return this.#outlet.size
  }

  /** Description for new media; `undefined` if they have to wait for a connection. */
  get description(): SessionDescription | undefined {
    return this.#description
  }

  /** Creates the source of another media with this description, and serves the media from then on. */
  open(description: SessionDescription): MediaSource {
    const source = new RelaySource(description, this.#init.clock, {
      attached: (each) => this.#attach(each),
      closed: (each) => this.#detach(each),
    })
    this.#outlet.add(source)
    return source
  }

  /** Notes that a new connection has described its stream. Its packets follow by {@link push}. */
  begin(description: SessionDescription): void {
    this.#present = description
    this.#firstAt = undefined
    this.#setBacklog(new Backlog(description.media, this.#init.limits))
  }

  /**
   * Notes the response to PLAY: new viewers can get the description. While earlier viewers wait for the return of the
   * source, new ones get the earlier description.
   */
  notePlayed(): void {
    if (this.#isAway) this.#tellDescription()
    else this.#afterReports(() => this.#tellDescription())
  }

  push(track: number, packet: Buffer): void {
    const backlog = this.#backlog
    if (this.#firstAt === undefined) this.#noteArrival(track)
    if (backlog) this.#collect(backlog, track, packet)
    else this.#outlet.push(track, packet)
  }

  tell(track: number, time: StatedTime): void {
    this.#outlet.tell(track, time)
    const { next } = this.#reports ?? {}
    if (!next || !this.#areTracksTimed) return
    this.#cancelReports()
    next()
  }

  /** Notes that the connection has ended: viewers wait for the next one, or leave, as the option `onAway` says. */
  leave(): void {
    this.#present = undefined
    this.#setBacklog(undefined)
    this.#cancelReports()
    this.#isAway = this.#outlet.size > 0
    if (!this.#isAway) this.#description = undefined
    this.#outlet.away()
  }

  /**
   * Passes on the packets of another connection, which is ready, from now on. The packets kept from it begin with a key
   * frame.
   */
  takeOver(contents: NonNullable<Standby['contents']>): void {
    this.#cancelReports()
    this.#present = contents.description
    this.#setBacklog(contents.backlog)
    this.#firstAt = this.#init.clock.now()
    this.#outlet.restate(contents.times)
    if (this.#outlet.isAttached) this.#return()
    else if (!this.#isAway) this.#description = this.#present
  }

  /** Replaces the kept packets, and gives the memory of the earlier ones back. */
  #setBacklog(backlog: Backlog | undefined): void {
    this.#backlog?.clear()
    this.#backlog = backlog
  }

  #noteArrival(track: number): void {
    const media = this.#present?.media ?? []
    const hasVideo = media.some(({ kind }) => kind === 'video')
    if (hasVideo && media[track]?.kind !== 'video') return
    this.#firstAt = this.#init.clock.now()
    this.#init.arrived()
  }

  get #areTracksTimed(): boolean {
    return this.#present?.media.every((_, track) => this.#outlet.isTimed(track)) ?? true
  }

  /**
   * Keeps a packet, and continues the media once the kept packets begin with a key frame, or {@link maxKeyFrameWaitMs}
   * have passed.
   */
  #collect(backlog: Backlog, track: number, packet: Buffer): void {
    backlog.push(track, packet)
    if (!this.#outlet.isAttached || this.#firstAt === undefined || this.#reports) return
    if (!backlog.isReady) {
      if (this.#init.clock.now() - this.#firstAt < maxKeyFrameWaitMs) return
      this.#return({ track, packet })
    } else if (backlog.isEmpty) this.#return({ track, packet })
    else this.#afterReports(() => this.#return())
  }

  /** Calls `next` once the source has reported the times of all tracks, at the latest after {@link maxReportWaitMs}. */
  #afterReports(next: () => void): void {
    if (this.#areTracksTimed) {
      next()
      return
    }
    const over = (): void => {
      this.#reports = undefined
      next()
    }
    this.#cancelReports()
    this.#reports = { timer: scheduleAfterReads(this.#init.clock, over, maxReportWaitMs), next }
  }

  #cancelReports(): void {
    this.#reports?.timer.cancel()
    this.#reports = undefined
  }

  #tellDescription(): void {
    if (!this.#isAway) this.#description = this.#present
    if (this.#description) this.#init.described(this.#description)
  }

  /**
   * Continues all media with the present connection and its kept packets. Media with other codecs end.
   *
   * @param latest - Packet to send if none is kept.
   */
  #return(latest?: TrackPacket): void {
    this.#cancelReports()
    const backlog = this.#backlog
    if (!this.#present || !backlog) return
    const kept = backlog.take()
    this.#backlog = undefined
    this.#isAway = false
    this.#description = this.#present
    this.#init.returns()
    this.#outlet.back(this.#present)
    for (const each of kept.length === 0 && latest ? [latest] : kept) {
      this.#outlet.push(each.track, each.packet)
    }
  }

  #attach(source: RelaySource): void {
    if (this.#isAway) {
      source.away()
      return
    }
    const packets = this.#backlog?.take() ?? []
    this.#backlog = undefined
    this.#outlet.begin(source, packets)
  }

  #detach(source: RelaySource): Promise<void> {
    this.#outlet.remove(source)
    if (this.#outlet.size === 0) this.#isAway = false
    const present = this.#present
    if (!present) {
      if (!this.#isAway) this.#description = undefined
    } else if (!this.#outlet.isAttached && !this.#backlog) {
      this.#backlog = new Backlog(present.media, this.#init.limits)
    }
    return this.#init.closed()
  }
}
