import type { Clock } from '../clock.js'
import type { MediaSource } from '../media/media-source.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import type { SessionDescription } from '../sdp/index.js'
import { Backlog } from './backlog.js'
import { Outlet, RelaySource } from './outlet.js'
import type { StatedTime } from './upstream.js'

export interface RelayFlowInit {
  readonly clock: Clock
  /** Limits on the packets that are kept without a receiver. */
  readonly limits: GopCacheLimits
  /** Called with the first packet of a connection; the first of video, if there is video. */
  readonly arrived: () => void
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
    if (!this.#isAway) this.#description = this.#present
  }

  push(track: number, packet: Buffer): void {
    const backlog = this.#backlog
    if (this.#firstAt === undefined) this.#noteArrival(track)
    if (backlog) this.#collect(backlog, track, packet)
    else this.#outlet.push(track, packet)
  }

  tell(track: number, time: StatedTime): void {
    this.#outlet.tell(track, time)
  }

  /** Ends the connection: viewers wait for the next, or leave. */
  leave(): void {
    this.#present = undefined
    this.#backlog = undefined
    this.#isAway = this.#outlet.size > 0
    if (!this.#isAway) this.#description = undefined
    this.#outlet.away()
  }

  #noteArrival(track: number): void {
    const media = this.#present?.media ?? []
    const hasVideo = media.some(({ kind }) => kind === 'video')
    if (hasVideo && media[track]?.kind !== 'video') return
    this.#firstAt = this.#init.clock.now()
    this.#init.arrived()
  }

  #collect(backlog: Backlog, track: number, packet: Buffer): void {
    backlog.push(track, packet)
    if (!this.#outlet.isAttached || this.#firstAt === undefined) return
    const waitedMs = this.#init.clock.now() - this.#firstAt
    if (!backlog.isReady && waitedMs < maxKeyFrameWaitMs) return
    const packets = backlog.isEmpty ? [{ track, packet }] : backlog.take()
    this.#return()
    for (const each of packets) this.#outlet.push(each.track, each.packet)
  }

  /** Continues all media with the present connection. Those with other codecs end. */
  #return(): void {
    this.#backlog = undefined
    this.#isAway = false
    this.#description = this.#present
    this.#init.returns()
    if (this.#present) this.#outlet.back(this.#present)
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
