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
  /** Limits on the packets that are kept without a receiver. */
  readonly limits: GopCacheLimits
  /** Called with the first packet of a connection; the first of video, if there is video. */
  readonly arrived: () => void
  /** Called when new viewers can get the description. */
  readonly described: (description: SessionDescription) => void
  /** Called before media continue with another connection, or end because its codecs differ. */
  readonly returns: () => void
  /** Called when a media has been closed. @returns Resolves when nothing is open that nobody needs. */
  readonly closed: () => Promise<void>
}

/** Milliseconds that viewers wait for a key frame after a return; then any picture may begin. */
const maxKeyFrameWaitMs = 10_000

/** Packets on their way from the present connection to the media of the relay. */
export class RelayFlow {
  readonly #init: RelayFlowInit
  readonly #outlet = new Outlet()
  /** Description of the present connection. */
  #present: SessionDescription | undefined
  /** Description that new viewers get; `undefined` if they have to wait for a connection. */
  #description: SessionDescription | undefined
  /** Packets without a receiver; `undefined` while packets are passed on. */
  #backlog: Backlog | undefined
  /** True while viewers wait for the return of the source. */
  #isAway = false
  /** Arrival of the first packet of the connection in milliseconds of the clock; `undefined` before. */
  #firstAt: number | undefined
  /** Wait for the reports of the source, and the step that follows it. */
  #reports: { readonly timer: ClockTimer; readonly next: () => void } | undefined

  constructor(init: RelayFlowInit) {
    this.#init = init
  }

  /** Number of media that are fed, or will be after the return of the source. */
  get size(): number {
    return this.#outlet.size
  }

  /** Description for new viewers; `undefined` if they have to wait for a connection. */
  get description(): SessionDescription | undefined {
    return this.#description
  }

  /** Returns a source for another media. */
  open(description: SessionDescription): MediaSource {
    const source = new RelaySource(description, this.#init.clock, {
      attached: (each) => this.#attach(each),
      closed: (each) => this.#detach(each),
    })
    this.#outlet.add(source)
    return source
  }

  /** Begins a connection, whose packets follow. */
  begin(description: SessionDescription): void {
    this.#present = description
    this.#firstAt = undefined
    this.#backlog = new Backlog(description.media, this.#init.limits)
  }

  /** Notes that the connection plays: new viewers get its description, unless others wait with an earlier one. */
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

  /** Ends the connection: viewers wait for the next, or leave. */
  leave(): void {
    this.#present = undefined
    this.#backlog = undefined
    this.#cancelReports()
    this.#isAway = this.#outlet.size > 0
    if (!this.#isAway) this.#description = undefined
    this.#outlet.away()
  }

  /** Continues at once with the packets of another connection, which begin with a key frame. */
  takeOver(contents: NonNullable<Standby['contents']>): void {
    this.#cancelReports()
    this.#present = contents.description
    this.#backlog = contents.backlog
    this.#firstAt = this.#init.clock.now()
    this.#outlet.restate(contents.times)
    if (this.#outlet.isAttached) this.#return()
    else if (!this.#isAway) this.#description = this.#present
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

  /** Keeps a packet until viewers can continue with a key frame. */
  #collect(backlog: Backlog, track: number, packet: Buffer): void {
    backlog.push(track, packet)
    if (!this.#outlet.isAttached || this.#firstAt === undefined || this.#reports) return
    if (!backlog.isReady) {
      if (this.#init.clock.now() - this.#firstAt < maxKeyFrameWaitMs) return
      this.#return({ track, packet })
    } else if (backlog.isEmpty) this.#return({ track, packet })
    else this.#afterReports(() => this.#return())
  }

  /** Continues with a step when the source has reported the times of all tracks, or a moment later. */
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
   * Continues all media with the present connection and its kept packets. Those with other codecs end.
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
