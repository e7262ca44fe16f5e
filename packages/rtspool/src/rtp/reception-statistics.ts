import { InterarrivalJitter } from './interarrival-jitter.js'
import { sequenceNumberOf, timestampOf } from './packet.js'
import { ReceivedNumbers } from './received-numbers.js'

/** Values of a reception report about a source; RFC 3550 section 6.4.1 defines the fields. */
export interface ReceptionReportValues {
  readonly ssrc: number
  /** Fraction of packets lost since the last report, in 1/256; 0 to 255. */
  readonly fractionLost: number
  /** Number of packets lost since the beginning of reception, 24 bits signed; negative when there are duplicates. */
  readonly cumulativeLost: number
  readonly extendedHighestSequenceNumber: number
  /** Interarrival jitter of the packets, in ticks of the RTP clock. */
  readonly interarrivalJitter: number
  readonly lsr: number
  /** Time from the arrival of the source's last sender report to this report, in 1/65536 s; 0 if none has arrived. */
  readonly dlsr: number
}

export interface ReceptionStatisticsOptions {
  /** SSRC of the source whose reception is measured. */
  readonly ssrc: number
  /** Clock rate of the source: ticks of its RTP timestamp in a second. */
  readonly clockRate: number
  /**
   * Number of consecutive packets after which a source counts as valid. 0 trusts the first packet,
   * for a source that is identified by other means.
   * @default 2
   */
  readonly probation?: number
}

/**
 * Number of different sequence numbers. This constant and the next two have the names and values of
 * RFC 3550 A.1.
 */
const sequenceNumbers = 2 ** 16
const maxDropout = 3000
const maxMisorder = 100
const minSequential = 2

/**
 * Computes the reception statistics of one source from its sequence numbers, timestamps and arrival
 * times.
 *
 * `received` counts late and duplicate packets (RFC 3550 A.3), so duplicates hide losses in
 * reports. `packetsLost` corrects for duplicates.
 *
 * @see RFC 3550 A.1 (validity), A.3 (loss), A.8 (jitter)
 */
export class ReceptionStatistics {
  readonly ssrc: number
  readonly #minSequential: number
  /**
   * Remembers which sequence numbers were received: more numbers than a packet may be late
   * (`maxMisorder`).
   */
  readonly #numbers = new ReceivedNumbers()
  readonly #jitter: InterarrivalJitter
  #probation: number
  #isStarted = false
  #baseSequenceNumber = 0
  #highest = 0
  #cycles = 0
  /**
   * Sequence number of a packet that would confirm a restart of the source: the one after the last packet that
   * jumped; -1 = none.
   */
  #restartSequenceNumber = -1
  #received = 0
  #restarts = 0
  #expectedPrior = 0
  #receivedPrior = 0
  #lsr = 0
  #senderReportArrivalMs = 0

  constructor(options: ReceptionStatisticsOptions) {
    this.ssrc = options.ssrc
    this.#jitter = new InterarrivalJitter(options.clockRate)
    this.#minSequential = options.probation ?? minSequential
    this.#probation = this.#minSequential
  }

  /** Number of received packets, including late and duplicate ones. */
  get received(): number {
    return this.#received
  }

  /** Number of packets whose sequence number was received before, within the last 1024 numbers. */
  get duplicates(): number {
    return this.#numbers.duplicates
  }

  /** Number of restarts of the sequence numbers; each resets all other counts. */
  get restarts(): number {
    return this.#restarts
  }

  /**
   * Number of packets that the source has sent, by its first and highest sequence number (RFC 3550
   * A.3).
   */
  get expected(): number {
    if (this.#received === 0) return 0
    return this.#cycles + this.#highest - this.#baseSequenceNumber + 1
  }

  /** Number of packets that were never received. Duplicates do not hide losses here. */
  get packetsLost(): number {
    return Math.max(0, this.expected - (this.#received - this.duplicates))
  }

  /** Interarrival jitter of the source's packets in ticks of the RTP clock, with fractions. */
  get interarrivalJitter(): number {
    return this.#jitter.ticks
  }

  /**
   * Updates the statistics with a received packet.
   *
   * @param packet - Accepted by `isValidRtp`, and from this source.
   * @param arrivalMs - Monotonic time of arrival, in milliseconds.
   * @returns Whether the packet counts; `false` on probation and right after a jump.
   */
  update(packet: Uint8Array, arrivalMs: number): boolean {
    const counts = this.#updateSequence(sequenceNumberOf(packet))
    if (counts) this.#jitter.update(timestampOf(packet), arrivalMs)
    return counts
  }

  /**
   * Stores the time of a sender report of the source, which {@link report} needs for `lsr` and
   * `dlsr`.
   *
   * @param ntpMiddle32 - Middle 32 bits of the NTP time in the report.
   */
  noteSenderReport(ntpMiddle32: number, arrivalMs: number): void {
    this.#lsr = ntpMiddle32
    this.#senderReportArrivalMs = arrivalMs
  }

  /**
   * Returns the values for a reception report about the source. `fractionLost` covers the time since the previous
   * call.
   *
   * @param nowMs - Monotonic time in milliseconds.
   */
  report(nowMs: number): ReceptionReportValues {
    const expected = this.expected
    const expectedInterval = expected - this.#expectedPrior
    const lostInterval = expectedInterval - (this.#received - this.#receivedPrior)
    this.#expectedPrior = expected
    this.#receivedPrior = this.#received
    const isLossy = expectedInterval > 0 && lostInterval > 0
    const dlsr = this.#lsr === 0 ? 0 : ((nowMs - this.#senderReportArrivalMs) * 65536) / 1000
    return {
      ssrc: this.ssrc,
      fractionLost: isLossy
        ? Math.min(255, Math.floor((lostInterval * 256) / expectedInterval))
        : 0,
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received)),
      extendedHighestSequenceNumber: (this.#cycles + this.#highest) % 2 ** 32,
      interarrivalJitter: Math.min(0xffffffff, Math.floor(this.#jitter.ticks)),
      lsr: this.#lsr,
      dlsr: Math.max(0, Math.min(0xffffffff, Math.round(dlsr))),
    }
  }

  /**
   * Updates the counts of packets with the sequence number of a received packet.
   *
   * @returns Whether the packet counts (RFC 3550 A.1, update_seq).
   */
  #updateSequence(sequenceNumber: number): boolean {
    if (!this.#isStarted) {
      this.#isStarted = true
      this.#highest = (sequenceNumber - 1) & (sequenceNumbers - 1)
      if (this.#probation === 0) return this.#begin(sequenceNumber)
    }
    if (this.#probation > 0) return this.#updateProbation(sequenceNumber)
    const ahead = (sequenceNumber - this.#highest) & (sequenceNumbers - 1)
    if (ahead < maxDropout) {
      this.#advance(sequenceNumber, ahead)
    } else if (ahead <= sequenceNumbers - maxMisorder) {
      return this.#updateAfterJump(sequenceNumber)
    } else {
      this.#numbers.mark(sequenceNumber)
    }
    this.#received++
    return true
  }

  #updateProbation(sequenceNumber: number): boolean {
    const isNext = sequenceNumber === ((this.#highest + 1) & (sequenceNumbers - 1))
    this.#probation = isNext ? this.#probation - 1 : this.#minSequential - 1
    this.#highest = sequenceNumber
    return this.#probation === 0 && this.#begin(sequenceNumber)
  }

  /**
   * Handles a packet whose sequence number is far from the highest one: ignores the packet. Two such packets in
   * sequence mean that the source has restarted.
   *
   * @returns `false` if the packet is ignored, `true` if the statistics begin anew with it.
   */
  #updateAfterJump(sequenceNumber: number): boolean {
    if (sequenceNumber === this.#restartSequenceNumber) {
      this.#restarts++
      return this.#begin(sequenceNumber)
    }
    this.#restartSequenceNumber = (sequenceNumber + 1) & (sequenceNumbers - 1)
    return false
  }

  /** Raises the highest sequence number received by `ahead`, and marks the numbers in between as not received. */
  #advance(sequenceNumber: number, ahead: number): void {
    if (sequenceNumber < this.#highest) this.#cycles += sequenceNumbers
    this.#numbers.advance(this.#highest, ahead)
    this.#highest = sequenceNumber
    this.#numbers.mark(sequenceNumber)
  }

  /** Resets the statistics, and counts this packet as the first (RFC 3550 A.1, init_seq). */
  #begin(sequenceNumber: number): true {
    this.#baseSequenceNumber = sequenceNumber
    this.#highest = sequenceNumber
    this.#cycles = 0
    this.#restartSequenceNumber = -1
    this.#received = 1
    this.#expectedPrior = 0
    this.#receivedPrior = 0
    // The timestamps have most likely jumped with the sequence numbers.
    this.#jitter.noteJump()
    this.#numbers.clear()
    this.#numbers.mark(sequenceNumber)
    return true
  }
}
