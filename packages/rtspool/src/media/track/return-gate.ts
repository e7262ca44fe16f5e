import { sequenceNumberOf, ssrcOf, timestampDistance, timestampOf } from '../../rtp/index.js'
import { packetRoles } from '../fan-out/packet-roles.js'
import type { TimelinePlace } from '../timeline/continuous-timeline.js'
import { ReturnPlaces, type ReturnPlacesInit, type StatedTime } from '../timeline/return-place.js'
import type { SourceReturn } from '../timeline/source-return.js'
import { RecentPackets } from './gop-cache.js'

/**
 * Milliseconds from the return of a source after which any picture may begin, because some streams never send a key
 * frame.
 */
const maxKeyFrameWaitMs = 30_000
/** Limits on the leads of a key frame, such as SPS and PPS, that are kept until the key frame arrives. */
const leadLimits = Object.freeze({ maxBytes: 1024 * 1024, maxSeconds: 10 })
export interface ReturnGateInit extends ReturnPlacesInit {
  readonly index: number
  /** True if key frames of the track's encoding can be recognized. */
  readonly hasKeyFrames: boolean
  /**
   * Returns new RTP packets with the SPS and PPS of the session description, numbered to precede `packet`; empty if it
   * has none.
   */
  readonly parameterSetsBefore: (packet: Buffer) => readonly Buffer[]
}

/**
 * Holds the packets of one track back from the departure of its source until viewers can continue. Pictures begin at a
 * key frame, and sound begins with the pictures.
 *
 * ```text
 * source   P P P ╎ away ╎ P P  SPS PPS IDR P P      video
 *          A A A ╎      ╎ A A A A A A  A A A        audio
 * viewers  P P P ╎               SPS PPS IDR P P    sequence numbers continue by one
 *          A A A ╎                     A A A        RTP time continues by the clock
 * ```
 *
 * RTP timestamps of the new source have no relation to those before, and none from track to track. Its sender reports
 * relate the tracks, so that sound and pictures match to the tick. Without reports, arrival decides.
 */
export class ReturnGate {
  /** True from the absence of the source until viewers continue with it: packets are held back. */
  isShut = false
  /** True while a slate (clip) takes the place of the source: packets of the source are dropped. */
  isForSlate = false
  /** True while viewers are sent packets of a slate: a clip in place of the source. */
  isSlateOpen = false
  /** True if the packets that viewers were sent last are those of a slate (clip), and not of the source. */
  #followsSlate = false
  readonly #init: ReturnGateInit
  readonly #places: ReturnPlaces
  /**
   * Packets such as SPS and PPS that may belong to the next key frame; `undefined` for encodings without known key
   * frames.
   */
  #leads: RecentPackets | undefined
  #return: SourceReturn | undefined
  #stated: StatedTime | undefined

  constructor(init: ReturnGateInit) {
    this.#init = init
    this.#places = new ReturnPlaces(init)
  }

  /** Holds all packets back until {@link noteReturn}, because the source is away. */
  shut(): void {
    const { hasKeyFrames, clockRate } = this.#init
    this.isShut = true
    this.#followsSlate ||= this.isSlateOpen
    this.isForSlate = false
    this.isSlateOpen = false
    this.#leads?.clear()
    this.#leads = hasKeyFrames ? new RecentPackets(leadLimits, clockRate) : undefined
    this.#return = undefined
    this.#stated = undefined
  }

  /** Drops the kept packets, because the track is closed. */
  close(): void {
    this.#leads?.clear()
  }

  /** Latest pair of wall-clock time and RTP timestamp that the source has stated since its return. */
  get stated(): StatedTime | undefined {
    return this.#stated
  }

  /**
   * Notes a pair of wall-clock time and RTP timestamp that the source has stated. A pair from before its return is
   * dropped.
   */
  noteStated(stated: StatedTime): void {
    if (this.#return) this.#stated = stated
  }

  /**
   * Notes that the source has returned. From now on {@link push} looks in its packets for one with which viewers can
   * continue.
   */
  noteReturn(sourceReturn: SourceReturn): void {
    this.#return = sourceReturn
  }

  /**
   * Notes that a slate (clip) takes the place of the source. From now on {@link push} gets the packets of the slate,
   * and none of the source.
   */
  noteSlate(slateReturn: SourceReturn): void {
    this.noteReturn(slateReturn)
    this.isForSlate = true
  }

  /**
   * Examines a packet of the source, or of the slate in its place.
   *
   * @param role - Bits of {@link packetRoles}.
   * @returns The packets with which viewers continue, after the timeline has set their numbers; `undefined` while
   *   viewers have to wait.
   */
  push(packet: Buffer, role: number): readonly Buffer[] | undefined {
    const sourceReturn = this.#return
    if (sourceReturn === undefined) return undefined
    const found = this.#beginning(sourceReturn, packet, role)
    if (!found || !sourceReturn.admits(this.#init.index)) return undefined
    const first = this.#withParameterSets(found)
    if (!this.#place(sourceReturn, first)) return undefined
    this.#leads?.clear()
    this.#leads = undefined
    if (this.isForSlate) this.isSlateOpen = true
    else {
      this.isShut = false
      this.#followsSlate = false
    }
    return first
  }

  /**
   * Puts the SPS and PPS of the session description in front of the source's first packets after a slate, which has
   * sent others. Many sources send none, because the session description has them.
   */
  #withParameterSets(first: readonly [Buffer, ...Buffer[]]): readonly [Buffer, ...Buffer[]] {
    if (!this.#followsSlate || this.isForSlate) return first
    const [sets, ...others] = this.#init.parameterSetsBefore(first[0])
    return sets ? [sets, ...others, ...first] : first
  }

  /**
   * Returns the packets with which a decoder can begin: those of a key frame, or long after the return any picture.
   * `undefined` if viewers have to wait.
   */
  #beginning(
    { at }: SourceReturn,
    packet: Buffer,
    role: number,
  ): readonly [Buffer, ...Buffer[]] | undefined {
    const leads = this.#leads
    if (!leads) return [packet]
    // A key frame that had to wait for another track is of no use any more.
    if (leads.entryPacket) leads.clear()
    leads.push(packet, role)
    const [first, ...others] = leads.entryPacket ? leads.packets : []
    if (first) return [first, ...others]
    const isLate = this.#init.clock.now() - at > maxKeyFrameWaitMs
    return isLate && role & packetRoles.frameStart ? [packet] : undefined
  }

  /**
   * Sets the numbers that viewers see of the first packets. Pictures that are older than what viewers have been sent
   * catch up. Sound of that age is left out.
   *
   * @returns `false` if viewers have already been sent later timestamps. Viewers then wait for other first packets.
   */
  #place(sourceReturn: SourceReturn, [packet]: readonly [Buffer, ...Buffer[]]): boolean {
    const { timeline, time, clock, sourceClock } = this.#init
    const timestamp = timestampOf(this.#leads?.entryPacket ?? packet)
    const place = this.#placeOf(sourceReturn, timestamp)
    const mayCatchUp = this.#leads !== undefined
    if (place && !mayCatchUp && this.#isTooEarly(place.at)) return false
    const position = { ssrc: ssrcOf(packet), sequenceNumber: sequenceNumberOf(packet), timestamp }
    const isFirst = timeline.nextTimestamp === undefined
    const continuation = time.continuationAt(clock.now())
    const { timestamp: placed } = timeline.place(position, place)
    const isMeasured = !place && !isFirst
    // The source's report may put a track further from its arrival than a jump is.
    time.restartLine(isMeasured ? Math.max(0, timestampDistance(continuation, placed)) : undefined)
    if (isMeasured && !sourceReturn.isOpen) sourceClock.expectOther()
    sourceReturn.isOpen = true
    return true
  }

  /** Returns where viewers continue by the times that the source has stated; `undefined` = at the present. */
  #placeOf(sourceReturn: SourceReturn, timestamp: number): TimelinePlace | undefined {
    const stated = this.#stated
    if (!stated) return undefined
    if (!sourceReturn.isOpen) {
      const place = this.#places.ofLeader(stated, timestamp)
      if (place) sourceReturn.isTimed = true
      return place
    }
    return sourceReturn.isTimed ? this.#places.ofFollower(stated, timestamp) : undefined
  }

  #isTooEarly(timestamp: number): boolean {
    const next = this.#init.timeline.nextTimestamp
    return next !== undefined && timestampDistance(next, timestamp) < 0
  }
}
