// Longer than usual: one class, which passes each call on to a part with a file of its own. Its fast path, from push to the
// readers, stands together in #send.

import { bufferOf } from '../../bytes.js'
import type { Clock } from '../../clock.js'
import type { TrackOutput, TrackPosition } from '../../public/track.js'
import { type NtpTimestamp, unixMsFromNtp } from '../../rtcp/index.js'
import {
  isValidRtp,
  markerOf,
  payloadEndOf,
  payloadOffsetOf,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
} from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { SrtpSender, SrtpSuite } from '../../srtp/index.js'
import { isReadingShared } from '../../transport/system/read-memory.js'
import { DeliveryTroubles } from '../fan-out/delivery-troubles.js'
import type { DatagramReader, Reader } from '../fan-out/reader.js'
import { TrackReaders } from '../fan-out/track-readers.js'
import type { StatedTime } from '../timeline/return-place.js'
import { SourceClock } from '../timeline/source-clock.js'
import { areTimes, checkPosition } from '../timeline/source-numbers.js'
import type { SourceReturn } from '../timeline/source-return.js'
import type { TrackPlace } from '../timeline/track-place.js'
import { TrackTime } from '../timeline/track-time.js'
import { TrackTimeline } from '../timeline/track-timeline.js'
import { RecentPackets } from './gop-cache.js'
import { maxPacketBytes, RefusedPackets } from './refused-packets.js'
import { ReturnGate } from './return-gate.js'
import { StreamNumbers } from './stream-numbers.js'
import type { TrackInit } from './track-init.js'
import { TrackPayload } from './track-payload.js'
import { TrackReports } from './track-reports.js'

export type { TrackInit } from './track-init.js'

/**
 * One RTP stream of a media: its description, the numbers of its next packet, and its readers (the viewers that are
 * sent it).
 */
export class Track implements TrackOutput {
  /** Position in the session description, from 0. */
  readonly index: number
  readonly description: MediaDescription
  /** Clock rate of the RTP timestamps, in ticks a second. */
  readonly clockRate: number
  /** Number of packets dropped because they were not RTP, or too large for any transport. */
  invalidPackets = 0

  readonly #clock: Clock
  readonly #readers: TrackReaders
  readonly #refused: RefusedPackets
  readonly #payload: TrackPayload
  /** True for video: several packets may form a frame, and the marker ends it (RFC 3551 section 4.2). */
  readonly #hasFrames: boolean
  readonly #recent: RecentPackets | undefined
  readonly #listener: Pick<TrackInit, 'onKeyFrame' | 'onKeyFrameWanted'>
  readonly #numbers = new StreamNumbers()
  readonly #time: TrackTime
  readonly #timeline: TrackTimeline
  readonly #reports: TrackReports
  readonly #gate: ReturnGate

  constructor(init: TrackInit) {
    const { index, description, clock, cname, jump, path = '' } = init
    const { sourceClock = new SourceClock(), awaitsReport = false, timeline: policy } = init
    this.index = index
    this.description = description
    this.#clock = clock
    this.#listener = init
    this.#hasFrames = description.kind === 'video'
    const place: TrackPlace = { path, track: index, address: init.remoteAddress }
    this.#payload = new TrackPayload(place, description)
    const { clockRate } = this.#payload
    this.clockRate = clockRate
    const time = new TrackTime({ clock, clockRate, sourceClock, awaitsReport })
    this.#time = time
    const { isSeekable } = init
    this.#timeline = new TrackTimeline({ place, clock, time, clockRate, jump, policy, isSeekable })
    const troubles = new DeliveryTroubles(path, index)
    this.#refused = new RefusedPackets(path, index)
    // This track has no key frames: its cache starts at a key frame of another track.
    const readers = new TrackReaders(clock, troubles, !this.hasKeyFrames)
    this.#readers = readers
    this.#reports = new TrackReports({ stream: this, time, readers, clock, cname })
    this.#recent =
      init.gopCache &&
      new RecentPackets(init.gopCache, clockRate, this.hasKeyFrames, init.cacheShare)
    const { hasKeyFrames } = this
    const timeline = this.#timeline
    const payload = this.#payload
    this.#gate = new ReturnGate({
      ...{ index, hasKeyFrames, clockRate, clock, time, timeline, sourceClock },
      parameterSetsBefore: (packet) => payload.parameterSetsBefore(packet),
    })
  }

  /** Last segment of the track's control URI, such as `trackID=0`. */
  get control(): string {
    return `trackID=${this.index}`
  }

  /** True if key frames of the encoding can be recognized, so that viewers can begin with one. */
  get hasKeyFrames(): boolean {
    return this.#payload.hasKeyFrames
  }

  /** Seconds between the last two key frames; `undefined` if they are not known. */
  get keyFrameIntervalSeconds(): number | undefined {
    return this.#payload.keyFrameIntervalSeconds
  }

  /**
   * Number of packets whose payload type the description does not list. They are sent to viewers,
   * but none is the first packet that a viewer is sent.
   */
  get unlistedPackets(): number {
    return this.#payload.unlistedPackets
  }

  /** Synchronisation source (SSRC) of the stream; `undefined` until it is known. */
  get ssrc(): number | undefined {
    return this.#numbers.ssrc
  }

  /**
   * Returns the SSRC of the stream for a client that must know it at once. Before the source has sent a packet, draws
   * an SSRC, which then takes the place of the source's first one.
   */
  promiseSsrc(): number {
    return this.ssrc ?? this.#timeline.promiseSsrc()
  }

  /** Number of RTP packets sent with the present SSRC (RFC 3550 section 6.4.1). */
  get packetCount(): number {
    return this.#numbers.packetCount
  }

  /** Number of payload octets sent with the present SSRC, without headers and padding. */
  get octetCount(): number {
    return this.#numbers.octetCount
  }

  /**
   * True while viewers wait for the source to return, or for its first picture. False while they are sent a clip
   * (slate) instead.
   */
  get isInGap(): boolean {
    return this.#gate.isShut && !this.#gate.isSlateOpen
  }

  /** SSRC and sequence number of the next packet, with the timestamp of the last one; `undefined` if unknown. */
  get position(): TrackPosition | undefined {
    return this.#numbers.position
  }

  /**
   * Sets the position of the next packet before the source pushes it, so that the response to PLAY can contain the
   * position.
   *
   * @throws {RangeError} If a number does not fit an RTP packet.
   */
  startAt(position: TrackPosition): void {
    checkPosition(position)
    // After a gap, the first picture sets the position.
    if (this.#gate.isShut) return
    const placed = this.#timeline.place(position)
    if (placed.ssrc !== this.ssrc) this.#beginSource(placed.ssrc)
    this.#time.restartLine()
    this.#numbers.continueAt(placed)
  }

  /**
   * Announces that the next packet comes from another source, such as another publisher. The timeline is continuous
   * from here on, whatever the policy was.
   */
  expectNewSource(): void {
    const { position } = this
    const last = position && { ...position, sequenceNumber: (position.sequenceNumber - 1) & 0xffff }
    this.#timeline.expectNewSource(last)
  }

  /**
   * Drops the packets of the source until {@link endGap}, because the source is away. Viewers stay. New viewers begin
   * with the source's return, so the kept packets are dropped.
   */
  beginGap(): void {
    this.#gate.shut()
    this.#recent?.clear()
    this.#reports.isQuiet = true
  }

  /** Lets the source continue after {@link beginGap}, at its next key frame and with any SSRC and numbers. */
  endGap(sourceReturn: SourceReturn): void {
    this.expectNewSource()
    this.#payload.reset()
    this.#gate.noteReturn(sourceReturn)
  }

  /**
   * Lets a slate (clip) take the place of the absent source after {@link beginGap}, until the next {@link beginGap}.
   */
  beginSlate(slateReturn: SourceReturn): void {
    this.endGap(slateReturn)
    this.#gate.noteSlate(slateReturn)
  }

  /**
   * Sends one valid RTP packet of the slate (clip) to everybody who plays this track. Drops the packet if no slate
   * takes the place of the source.
   */
  receiveSlate(packet: Buffer): void {
    if (this.#gate.isSlateOpen) this.#send(packet)
    else if (this.#gate.isForSlate) this.#receiveInGap(packet)
  }

  /** Accepts a pair of wall-clock time and RTP timestamp from the slate (clip); see {@link mapTime}. */
  mapSlateTime(unixMs: number, rtpTime: number, clockMs = this.#clock.now()): void {
    if (!areTimes(unixMs, rtpTime, clockMs, this.#clock.now())) return
    const stated = { unixMs, rtpTime, clockMs, isReport: false }
    if (this.#gate.isSlateOpen) this.#useStated(stated)
    else this.#gate.noteStated(stated)
  }

  /**
   * Sends one RTP packet of the source to everybody who plays this track. The packet is unchanged, except for its
   * header on a `continuous` timeline after a jump, and an SSRC that {@link promiseSsrc} replaces. Never throws.
   *
   * @param packet - Any `Uint8Array`, including a `Buffer`. It belongs to the track from now on: do not change or
   *   reuse it. It is sent at the end of its frame, and may be kept for new viewers until the next key frame. See
   *   `MediaSource.start`.
   * @returns `false` for a packet that is not valid RTP, or has more than 65,535 bytes: it is counted and dropped.
   *   The first of a track is published on the diagnostics channel `rtspool:refused-packet`.
   */
  push(packet: Uint8Array): boolean {
    const bytes = bufferOf(packet)
    if (bytes === undefined) this.invalidPackets++
    else if (this.receive(bytes)) return true
    this.#refused.tell(packet)
    return false
  }

  /** Sends one RTP packet of a remote peer, like {@link push}. An invalid packet is counted, but not published. */
  receive(packet: Buffer): boolean {
    if (packet.length > maxPacketBytes || !isValidRtp(packet)) {
      this.invalidPackets++
      return false
    }
    if (!this.#gate.isShut) this.#send(packet)
    else if (!this.#gate.isForSlate) this.#receiveInGap(packet)
    return true
  }

  #send(packet: Buffer): void {
    this.#timeline.rewrite(packet)
    const ssrc = ssrcOf(packet)
    const numbers = this.#numbers
    if (ssrc !== numbers.ssrc) this.#beginSource(ssrc)
    const start = payloadOffsetOf(packet)
    const end = payloadEndOf(packet)
    numbers.notePacket(packet, start, end)
    const { timestamp } = numbers
    const arrival = this.#time.noteArrival(this.#timeline.ownTimestamp ?? timestamp)
    if (arrival !== 'steady') this.#timeline.noteArrival(arrival)
    this.#reports.notePacket(numbers.packetCount)
    const endsFrame = !this.#hasFrames || markerOf(packet)
    const role = this.#payload.roleOf(packet, start, end, timestamp, endsFrame)
    // A copy of a packet in shared memory belongs to the cache alone. SRTP needs the same object later.
    const isShared = isReadingShared()
    const isPrivate = isShared && !this.#readers.isSecure
    const cached = this.#recent ? this.#keep(this.#recent, packet, role, isPrivate) : packet
    this.#readers.push(isShared ? packet : cached, role, endsFrame, cached)
  }

  /**
   * Examines a packet of the source that has returned. Sends the packet, and those in front that a decoder needs, once
   * viewers can continue.
   */
  #receiveInGap(packet: Buffer): void {
    const [start, end] = [payloadOffsetOf(packet), payloadEndOf(packet)]
    const endsFrame = !this.#hasFrames || markerOf(packet)
    const role = this.#payload.roleOf(packet, start, end, timestampOf(packet), endsFrame)
    const first = this.#gate.push(packet, role)
    if (!first) return
    this.#payload.reset()
    this.#reports.isQuiet = false
    const { stated } = this.#gate
    if (stated) this.#useStated(stated)
    for (const each of first) this.#send(each)
  }

  /**
   * Returns whether a packet may be one of the last that were sent.
   *
   * @param beginning - First bytes of the packet. Fewer than the fixed header never match.
   */
  hasSent(beginning: Buffer): boolean {
    return this.#numbers.hasSent(beginning)
  }

  /**
   * Returns the cached packets that a new viewer may be sent first: those from the last key frame,
   * or from the instant set by {@link beginRecentAt}. Empty if there is no complete start.
   *
   * @param from - Sequence number of the first wanted packet, if it is among them.
   * @param srtp - For a reader with SRTP: returns only packets that {@link SrtpSender.repeatable}
   * allows.
   */
  recentPackets(from?: number, srtp?: SrtpSender): readonly Buffer[] {
    const recent = this.#recent?.packets ?? []
    const packets = srtp ? srtp.repeatable(recent) : recent
    if (from === undefined) return packets
    const index = packets.findIndex((packet) => sequenceNumberOf(packet) === from)
    return index < 0 ? packets : packets.slice(index)
  }

  /**
   * Returns the RTP timestamp at which a viewer begins. Parameter sets in front of a key frame,
   * such as SPS and PPS, do not count, because they may have any timestamp.
   *
   * @param first - Packets from {@link recentPackets}.
   */
  beginningOf(first: readonly Buffer[]): number | undefined {
    const [packet] = first
    const isWhole = packet !== undefined && packet === this.#recent?.packets[0]
    const beginning = (isWhole ? this.#recent?.entryPacket : packet) ?? packet
    return beginning && timestampOf(beginning)
  }

  /**
   * Returns the SRTP sender that all readers with SRTP share. The first call creates its key.
   *
   * @param suite - Cipher suite of the key; ignored if the key exists.
   */
  srtp(suite: SrtpSuite): SrtpSender {
    return this.#readers.srtp(suite, this.#recent?.packets ?? [])
  }

  /**
   * Drops the cached packets from before `unixMs`, an instant of the source's wall clock in milliseconds since 1970.
   */
  beginRecentAt(unixMs: number): void {
    const timestamp = this.#time.firstRtpTimeFrom(unixMs)
    if (timestamp !== undefined) this.#recent?.beginNotBefore(timestamp)
  }

  /**
   * States that the sample with `rtpTime` was captured when the source's wall clock showed
   * `unixMs`: now, or at `clockMs` of the monotonic clock. Sender reports continue from there, so
   * that a jump of this server's wall clock never shows. Invalid times change nothing; the
   * first are published on the diagnostics channel `rtspool:callback-failed`.
   */
  mapTime(unixMs: number, rtpTime: number, clockMs = this.#clock.now()): void {
    if (!areTimes(unixMs, rtpTime, clockMs, this.#clock.now())) {
      this.#refused.tellTimes([unixMs, rtpTime, clockMs])
      return
    }
    this.#noteStated({ unixMs, rtpTime, clockMs, isReport: false })
  }

  /**
   * Accepts a time from an RTCP sender report of a remote peer: `rtpTime` belongs to `unixMs`, in milliseconds since
   * 1970. `clockMs` is the arrival of the report on the monotonic clock. See {@link TrackOutput.mapReportedTime}.
   */
  mapReportedTime(unixMs: number, rtpTime: number, clockMs = this.#clock.now()): void {
    if (areTimes(unixMs, rtpTime, clockMs, this.#clock.now())) {
      this.#noteStated({ unixMs, rtpTime, clockMs, isReport: true })
    } else this.#refused.tellTimes([unixMs, rtpTime, clockMs])
  }

  /**
   * Accepts the time in a sender report of the source, unless {@link TrackTime.report} refuses it. NTP time 0 means
   * that the source has no wall clock (RFC 3550 section 6.4.1), and is ignored: time then follows arrival.
   */
  noteSenderReport(ntpTime: NtpTimestamp, rtpTime: number, clockMs: number): void {
    if (ntpTime.seconds === 0 && ntpTime.fraction === 0) return
    this.#noteStated({ unixMs: unixMsFromNtp(ntpTime), rtpTime, clockMs, isReport: true })
  }

  /**
   * Returns the source's wall clock at an RTP timestamp, in milliseconds since 1970; `undefined` if unknown.
   *
   * @param rtpTime - Default: the timestamp of the last packet.
   */
  unixTimeMsAt(rtpTime = this.#numbers.timestamp): number | undefined {
    return this.#time.unixTimeMsAt(rtpTime)
  }

  /**
   * Returns the RTP timestamp at an instant of the source's wall clock, in milliseconds since 1970; `undefined` if
   * unknown.
   */
  rtpTimeAt(unixMs: number): number | undefined {
    return this.#time.rtpTimeAt(unixMs)
  }

  /**
   * Returns the RTP timestamp at `unixMs` of the source's wall clock, in milliseconds since 1970, for RTP-Info;
   * `undefined` if unknown. Viewers then know the track's time, so that later corrections are gradual.
   */
  announceRtpTimeAt(unixMs: number): number | undefined {
    this.#time.noteAnnounced()
    return this.#time.rtpTimeAt(unixMs)
  }

  /**
   * Adds a reader, which is sent a sender report if there is one, then the cached packets `first`,
   * then the packets pushed from now on. Soon after the first packet, the reader is sent another
   * report.
   *
   * @param first - Packets from {@link recentPackets}.
   */
  addReader(reader: Reader, first?: readonly Buffer[]): void {
    this.#reports.sendFirst(reader)
    this.#readers.add(reader, first)
    this.#noteWatched()
    const hasPackets = first !== undefined && first.length > 0
    if (this.hasKeyFrames && !hasPackets) this.#listener.onKeyFrameWanted?.(this)
    if (this.packetCount === 0) return
    this.#reports.addNewcomer(reader, hasPackets)
  }

  /** Removes a reader (viewer of the track), after the queued packets have been sent to it. */
  removeReader(reader: Reader): void {
    this.#reports.remove(reader)
    this.#readers.remove(reader)
    this.#noteWatched()
  }

  /** Updates a reader's counters of sent packets and bytes; see {@link FanOut.settle}. */
  settleCounters(reader: Reader): void {
    this.#readers.settle(reader)
  }

  /**
   * Returns the packets already pushed that were not sent yet to a reader. A viewer that joins the
   * multicast group of this reader now is sent them first.
   */
  waitingPackets(reader: DatagramReader): readonly Buffer[] {
    return this.#readers.waitingPackets(reader)
  }

  get readerCount(): number {
    return this.#readers.count
  }

  /** True while a viewer, or another reader that needs each packet at once, reads the track. */
  get isWatched(): boolean {
    return this.#readers.isWatched
  }

  /** Sends a sender report with SDES to all readers (RFC 3550 section 6.4.1). */
  sendSenderReport(): void {
    this.#reports.send()
  }

  /** Sends an RTCP BYE to one reader, because the stream has ended for it (RFC 3550 section 6.6). */
  sendBye(reader: Reader): void {
    this.#reports.sendBye(reader)
  }

  /** Sends the queued packets, and stops all reports and deliveries. Idempotent. */
  close(): void {
    this.#reports.close()
    this.#readers.close()
    this.#recent?.clear()
    this.#gate.close()
  }

  #noteStated(stated: StatedTime): void {
    if (!this.#gate.isShut) this.#useStated(stated)
    else if (!this.#gate.isForSlate) this.#gate.noteStated(stated)
  }

  #useStated(stated: StatedTime): void {
    const { unixMs, rtpTime, clockMs, isReport } = stated
    if (isReport && this.#timeline.awaitsSource) return
    const wasWaiting = this.#time.isWaiting
    const timestamp = this.#timeline.timestampOf(rtpTime)
    if (!isReport) this.#time.map(unixMs, timestamp, clockMs)
    else if (!this.#time.report(unixMs, timestamp, clockMs)) return
    if (wasWaiting) this.sendSenderReport()
  }

  #noteWatched(): void {
    if (this.#recent) this.#recent.isWatched = this.readerCount > 0
  }

  #keep(recent: RecentPackets, packet: Buffer, role: number, isPrivate: boolean): Buffer {
    const { starts } = recent
    const kept = recent.push(packet, role, isPrivate)
    if (recent.starts !== starts) this.#tellStart(recent)
    return kept
  }

  #tellStart({ entryPacket }: RecentPackets): void {
    if (!this.hasKeyFrames || !entryPacket) return
    const instant = this.unixTimeMsAt(timestampOf(entryPacket))
    if (instant !== undefined) this.#listener.onKeyFrame?.(this, instant)
  }

  #beginSource(ssrc: number): void {
    this.#recent?.clear()
    this.#payload.reset()
    // A sender report before the first packet stays valid.
    if (this.ssrc !== undefined) {
      this.#time.forget()
      this.#timeline.noteSource()
    }
    this.#numbers.begin(ssrc)
  }
}
