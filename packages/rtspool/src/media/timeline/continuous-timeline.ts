import type { Clock } from '../../clock.js'
import {
  rewriteRtpHeader,
  sequenceDistance,
  sequenceNumberOf,
  ssrcOf,
  timestampDistance,
  timestampOf,
} from '../../rtp/index.js'
import { CatchUp } from './catch-up.js'
import type { CommonJump } from './common-jump.js'
import type { TimelineBreak } from './timeline.js'
import type { TrackTime } from './track-time.js'

/**
 * Packets of one source between two jumps or restarts, and the offsets that convert their numbers
 * to those that viewers see.
 */
interface Segment {
  readonly ssrc: number
  /**
   * Number to add to the source's sequence numbers to get those that viewers see. `timestampOffset` is that for
   * timestamps, in ticks.
   */
  readonly sequenceOffset: number
  readonly timestampOffset: number
  /** Highest sequence number received from the source, and highest timestamp, both before conversion. */
  highestSequenceNumber: number
  highestTimestamp: number
  /** Timestamps of the first pictures, if they are older than what viewers have been sent. */
  catchUp?: CatchUp | undefined
}

/** Timestamps at which viewers are sent the beginning of another source. */
export interface TimelinePlace {
  /** Timestamp of the first packet by its age. */
  readonly at: number
  /** Timestamp that the source has reached meanwhile: up to there, pictures that are too old catch up. */
  readonly present: number
}

/** SSRC, sequence number and timestamp of one packet of a source. */
export interface SourcePosition {
  readonly ssrc: number
  readonly sequenceNumber: number
  readonly timestamp: number
}

/**
 * Smallest forward step in sequence numbers that counts as a restart of the numbers, unless the
 * source was silent for {@link minOutageMs}. Smaller steps are loss (MAX_DROPOUT in RFC 3550 A.1).
 */
const maxDropout = 3000
const maxMisorder = 100
/**
 * Silence in milliseconds after which a step of {@link maxDropout} or more is loss too. An outage cannot lose so many
 * packets in less time.
 */
const minOutageMs = 1_000
/** Milliseconds after a jump or restart during which late packets from before it are still sent to viewers. */
const maxLateMs = 1_000
const maxStepMs = 1_000

/**
 * Rewrites the packets of one track so that viewers see one continuous stream: one SSRC, and
 * sequence numbers and timestamps that continue. Distances between packets stay unless the source
 * jumps, so that losses, reordering and B-frames remain visible.
 *
 * ```text
 * in   ssrc 7: 10 11 13 14 │ ssrc 9: 500 501 502     sequence numbers; 12 is lost
 * out  ssrc 7: 10 11 13 14 │ ssrc 7:  15  16  17
 * ```
 *
 * After a jump or restart (`│`), time continues with the monotonic clock. All tracks of a source
 * that jump together jump by the same amount.
 */
export class ContinuousTimeline {
  readonly #clock: Clock
  readonly #time: TrackTime
  readonly #clockRate: number
  readonly #jump: CommonJump
  readonly #onBreak: (kind: TimelineBreak['kind']) => void
  #ssrc = 0
  #segment: Segment | undefined
  /** Packets and offsets from before the last jump, of which late packets may still arrive. */
  #former: Segment | undefined
  #brokenAt = 0
  #lastAt = 0
  #isNewSource = false
  /** Highest sequence number sent to viewers, modulo 2^16; packets of another source continue from there. */
  #highestSequenceNumber = 0
  #highestTimestamp = 0
  #stepTicks: number
  #ownTimestamp: number | undefined

  constructor(init: {
    readonly clock: Clock
    /** Time of the track: maps the RTP timestamps that viewers see to wall-clock time. */
    readonly time: TrackTime
    readonly clockRate: number
    readonly jump: CommonJump
    /** Called at each break that {@link expectNewSource} has not announced. */
    readonly onBreak: (kind: TimelineBreak['kind']) => void
    /**
     * SSRC, sequence number and timestamp of the last packet that was sent before the timeline became continuous;
     * `undefined` if there was none.
     */
    readonly last?: SourcePosition | undefined
  }) {
    this.#clock = init.clock
    this.#time = init.time
    this.#clockRate = init.clockRate
    this.#jump = init.jump
    this.#onBreak = init.onBreak
    this.#stepTicks = Math.round(init.clockRate / 1000)
    if (init.last) this.#adopt(init.last)
  }

  /** Announces that the next packet comes from another source, whatever its SSRC is. */
  expectNewSource(): void {
    this.#isNewSource = this.#segment !== undefined
  }

  /** True if another source has been announced and has not sent a packet yet. */
  get awaitsSource(): boolean {
    return this.#isNewSource
  }

  /** Earliest timestamp that viewers may see from another source; `undefined` before the first packet. */
  get nextTimestamp(): number | undefined {
    return this.#segment && (this.#highestTimestamp + this.#stepTicks) >>> 0
  }

  /**
   * Returns the timestamp with which the stream continues for viewers after a break at an instant of the monotonic
   * clock; `undefined` before the first packet.
   */
  presentAt(clockMs: number): number | undefined {
    const next = this.nextTimestamp
    if (next === undefined) return undefined
    const ticks = timestampDistance(next, this.#time.continuationAt(clockMs))
    return (next + Math.max(0, ticks)) >>> 0
  }

  /** Timestamp that the last packet would have had without a {@link CatchUp}; `undefined` if it has this one. */
  get ownTimestamp(): number | undefined {
    return this.#ownTimestamp
  }

  /** Converts a timestamp of the present source to the timestamp that viewers see. */
  timestampOnLine(timestamp: number): number {
    return (timestamp + (this.#segment?.timestampOffset ?? 0)) >>> 0
  }

  /**
   * Rewrites the header of a packet to the SSRC, sequence number and timestamp that viewers see.
   *
   * @param packet - Valid RTP; changed in place.
   */
  rewrite(packet: Buffer): void {
    const ssrc = ssrcOf(packet)
    const sequenceNumber = sequenceNumberOf(packet)
    const timestamp = timestampOf(packet)
    const now = this.#clock.now()
    const segment = this.#segmentOf(ssrc, sequenceNumber, timestamp, now)
    const written = this.#written(segment, timestamp)
    this.#note(segment, sequenceNumber, timestamp, written, now)
    const writtenSequenceNumber = (sequenceNumber + segment.sequenceOffset) & 0xffff
    rewriteRtpHeader(packet, writtenSequenceNumber, written, this.#ssrc)
  }

  /** Returns the timestamp that viewers are sent for one of a segment. */
  #written(segment: Segment, timestamp: number): number {
    const own = (timestamp + segment.timestampOffset) >>> 0
    const { catchUp } = segment
    if (catchUp?.isOver(own)) segment.catchUp = undefined
    const written = catchUp ? catchUp.timestampOf(own) : own
    this.#ownTimestamp = written === own ? undefined : own
    return written
  }

  /**
   * Converts the position of the source's next packet to the one that viewers see. If the source is a new one, this
   * position sets the offsets for the source's packets.
   *
   * @param at - Place of the beginning of another source.
   *   @default the present time of the timeline, or the jump that other tracks have just made
   */
  place(beginning: SourcePosition, at?: TimelinePlace): SourcePosition {
    const { ssrc, sequenceNumber, timestamp } = beginning
    let segment = this.#segment ?? this.#adopt(beginning)
    if (ssrc !== segment.ssrc || this.#isNewSource) {
      segment = this.#break(segment, beginning, this.#clock.now(), at)
    }
    return {
      ssrc: this.#ssrc,
      sequenceNumber: (sequenceNumber + segment.sequenceOffset) & 0xffff,
      timestamp: this.#written(segment, timestamp),
    }
  }

  #segmentOf(ssrc: number, sequenceNumber: number, timestamp: number, now: number): Segment {
    const segment = this.#segment
    if (!segment) return this.#adopt({ ssrc, sequenceNumber, timestamp })
    if (this.#goesOn(segment, ssrc, sequenceNumber, timestamp, now)) return segment
    const former = this.#former
    if (former && this.#isLate(former, ssrc, sequenceNumber, timestamp, now)) return former
    return this.#break(segment, { ssrc, sequenceNumber, timestamp }, now)
  }

  #adopt({ ssrc, sequenceNumber, timestamp }: SourcePosition): Segment {
    this.#ssrc = ssrc
    this.#highestSequenceNumber = sequenceNumber
    this.#highestTimestamp = timestamp
    this.#lastAt = this.#clock.now()
    this.#segment = {
      ssrc,
      sequenceOffset: 0,
      timestampOffset: 0,
      highestSequenceNumber: sequenceNumber,
      highestTimestamp: timestamp,
    }
    return this.#segment
  }

  #goesOn(
    segment: Segment,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    now: number,
  ): boolean {
    if (ssrc !== segment.ssrc || this.#isNewSource) return false
    if (this.#time.isJump(timestamp + segment.timestampOffset)) return false
    const ahead = sequenceDistance(segment.highestSequenceNumber, sequenceNumber)
    if (ahead >= maxDropout) return now - this.#lastAt >= minOutageMs
    if (ahead >= -maxMisorder) return true
    // Far behind in sequence numbers but not in time: the numbers have begun again.
    return timestampDistance(segment.highestTimestamp, timestamp) < 0
  }

  /**
   * Returns whether a packet was sent before the last jump and arrives late, with a sequence number
   * that is still unused.
   */
  #isLate(
    former: Segment,
    ssrc: number,
    sequenceNumber: number,
    timestamp: number,
    now: number,
  ): boolean {
    if (ssrc !== former.ssrc || this.#isNewSource || now - this.#brokenAt > maxLateMs) return false
    const ahead = sequenceDistance(former.highestSequenceNumber, sequenceNumber)
    // Another segment may have begun at the end of this one.
    const maxAhead = former.sequenceOffset === this.#segment?.sequenceOffset ? maxMisorder : 0
    if (ahead < -maxMisorder || ahead > maxAhead) return false
    return !this.#time.isJump(timestamp + former.timestampOffset)
  }

  /**
   * Chooses new offsets after a jump of the source. Viewers then see sequence numbers and
   * timestamps continue those from before the jump.
   *
   * @param beginning - First packet after the jump, with the source's own numbers.
   * @param now - Milliseconds of the monotonic clock.
   * @param place - Place of the beginning of the segment. @default the one that continues the line
   */
  #break(before: Segment, beginning: SourcePosition, now: number, place?: TimelinePlace): Segment {
    const { ssrc, sequenceNumber, timestamp } = beginning
    const isAnnounced = this.#isNewSource
    const isSameSource = ssrc === before.ssrc && !isAnnounced
    const ahead = sequenceDistance(before.highestSequenceNumber, sequenceNumber)
    const keepsSequence = isSameSource && ahead > -maxMisorder && ahead < maxDropout
    const sequenceOffset = keepsSequence
      ? before.sequenceOffset
      : (this.#highestSequenceNumber + 1 - sequenceNumber) & 0xffff
    const timestampOffset = place
      ? (place.at - timestamp) | 0
      : this.#timestampOffset(before, timestamp, now)
    const keepsTime = timestampOffset === before.timestampOffset
    // A source that was announced, such as one that returns after a gap, is expected to have other numbers.
    if (!isAnnounced)
      this.#onBreak(isSameSource ? (keepsTime ? 'sequence' : 'timestamp') : 'source')
    this.#former = before
    this.#brokenAt = now
    this.#isNewSource = false
    this.#segment = {
      ssrc,
      sequenceOffset,
      timestampOffset,
      highestSequenceNumber: sequenceNumber,
      highestTimestamp: timestamp,
      catchUp: this.#catchUpFrom(place),
    }
    return this.#segment
  }

  #catchUpFrom(place: TimelinePlace | undefined): CatchUp | undefined {
    const next = this.nextTimestamp
    if (!place || next === undefined || timestampDistance(place.at, next) <= 0) return undefined
    return new CatchUp({ ...place, next, clockRate: this.#clockRate })
  }

  #timestampOffset(before: Segment, timestamp: number, now: number): number {
    if (!this.#isNewSource) {
      if (!this.#time.isJump(timestamp + before.timestampOffset)) return before.timestampOffset
      const former = this.#former
      // A stray packet caused the last break: the line continues as before it.
      if (former && !this.#time.isJump(timestamp + former.timestampOffset)) {
        return former.timestampOffset
      }
    }
    const ticksPerMs = this.#clockRate / 1000
    const unchanged = timestamp + before.timestampOffset
    const present = this.presentAt(now) ?? timestamp
    const jumpMs = this.#jump.adopt(timestampDistance(present, unchanged) / ticksPerMs, now)
    const common = unchanged - Math.round(jumpMs * ticksPerMs)
    const shortTicks = 1 - timestampDistance(this.#highestTimestamp, common)
    return (common + Math.max(0, shortTicks) - timestamp) | 0
  }

  #note(
    segment: Segment,
    sequenceNumber: number,
    timestamp: number,
    writtenTimestamp: number,
    now: number,
  ): void {
    this.#lastAt = now
    if (sequenceDistance(segment.highestSequenceNumber, sequenceNumber) > 0) {
      segment.highestSequenceNumber = sequenceNumber
    }
    if (timestampDistance(segment.highestTimestamp, timestamp) > 0) {
      segment.highestTimestamp = timestamp
    }
    const written = (sequenceNumber + segment.sequenceOffset) & 0xffff
    if (sequenceDistance(this.#highestSequenceNumber, written) > 0) {
      this.#highestSequenceNumber = written
    }
    const ticks = timestampDistance(this.#highestTimestamp, writtenTimestamp)
    if (ticks <= 0) return
    this.#highestTimestamp = writtenTimestamp
    // The step from one frame to the next, which a break leaves at least.
    if (ticks * 1000 <= maxStepMs * this.#clockRate) this.#stepTicks = ticks
  }
}
