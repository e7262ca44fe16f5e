import { sequenceNumberOf, timestampOf } from './packet.js'

/** What a reception report says about a source; see RFC 3550 section 6.4.1 for the fields. */
export interface ReceptionReportValues {
  readonly ssrc: number
  /** Share of packets lost since the last report, in 1/256; 0 to 255. */
  readonly fractionLost: number
  /** 24 bits signed. */
  readonly cumulativeLost: number
  readonly extendedHighestSequenceNumber: number
  /** In ticks of the RTP clock. */
  readonly interarrivalJitter: number
  readonly lsr: number
  /** In 1/65536 s. */
  readonly dlsr: number
}

export interface ReceptionStatisticsOptions {
  /** The source that is watched. */
  readonly ssrc: number
  /** Ticks of the RTP timestamp in a second. */
  readonly clockRate: number
  /**
   * Packets in sequence before a source counts as valid; 0 trusts the first one, for a source whose
   * identity is known by other means.
   * @default 2
   */
  readonly probation?: number
}

/** Names of RFC 3550 A.1. */
const sequenceNumbers = 2 ** 16
const maxDropout = 3000
const maxMisorder = 100
const minSequential = 2
/** Gain of the jitter filter, RFC 3550 A.8. */
const jitterGain = 1 / 16
/** Sequence numbers behind the highest one of which we know whether they came; more than maxMisorder. */
const windowSize = 1024

/**
 * What one source sends, judged by its sequence numbers, timestamps and times of arrival.
 *
 * `received` counts late and duplicate packets, as RFC 3550 A.3 has it, so that duplicates hide losses in
 * reports; `packetsLost` does not let them.
 *
 * @see RFC 3550 A.1 (validity), A.3 (loss), A.8 (jitter)
 */
export class ReceptionStatistics {
  readonly ssrc: number
  readonly #clockRate: number
  readonly #minSequential: number
  /** One flag a sequence number, at its remainder by the size: whether it came. */
  readonly #window = new Uint8Array(windowSize)
  #probation: number
  #isStarted = false
  #baseSequenceNumber = 0
  #highest = 0
  #cycles = 0
  /** A jump was seen; when the next packet is this one, the source has restarted. */
  #restartSequenceNumber = -1
  #received = 0
  #duplicates = 0
  #restarts = 0
  #expectedPrior = 0
  #receivedPrior = 0
  #transit = 0
  #hasTransit = false
  #jitter = 0
  #lsr = 0
  #senderReportArrivalMs = 0

  constructor(options: ReceptionStatisticsOptions) {
    this.ssrc = options.ssrc
    this.#clockRate = options.clockRate
    this.#minSequential = options.probation ?? minSequential
    this.#probation = this.#minSequential
  }

  /** Packets that count, late and duplicate ones too. */
  get received(): number {
    return this.#received
  }

  /** Packets whose sequence number came before, as far as 1024 numbers back. */
  get duplicates(): number {
    return this.#duplicates
  }

  /** How often the sequence numbers have begun anew; all other counts begin anew then. */
  get restarts(): number {
    return this.#restarts
  }

  /** Packets from the first to the highest sequence number (RFC 3550 A.3). */
  get expected(): number {
    if (this.#received === 0) return 0
    return this.#cycles + this.#highest - this.#baseSequenceNumber + 1
  }

  /** Packets that never came, duplicates not mistaken for them. */
  get packetsLost(): number {
    return Math.max(0, this.expected - (this.#received - this.#duplicates))
  }

  /** In ticks of the RTP clock, with fractions. */
  get interarrivalJitter(): number {
    return this.#jitter
  }

  /**
   * Counts a packet.
   *
   * @param packet - Accepted by `isValidRtp`, and from this source.
   * @param arrivalMs - Monotonic time of arrival, in milliseconds.
   * @returns Whether the packet counts: not while on probation, nor right after a jump.
   */
  update(packet: Uint8Array, arrivalMs: number): boolean {
    const counts = this.#updateSequence(sequenceNumberOf(packet))
    if (counts) this.#updateJitter(timestampOf(packet), arrivalMs)
    return counts
  }

  /**
   * Notes a sender report of the source, for `lsr` and `dlsr`.
   *
   * @param ntpMiddle32 - Middle 32 bits of its NTP time.
   */
  noteSenderReport(ntpMiddle32: number, arrivalMs: number): void {
    this.#lsr = ntpMiddle32
    this.#senderReportArrivalMs = arrivalMs
  }

  /** What to report now; the next call's `fractionLost` counts from this one. */
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
      interarrivalJitter: Math.min(0xffffffff, Math.floor(this.#jitter)),
      lsr: this.#lsr,
      dlsr: Math.max(0, Math.min(0xffffffff, Math.round(dlsr))),
    }
  }

  /** RFC 3550 A.1, update_seq. */
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
      this.#mark(sequenceNumber)
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

  /** A stray packet is ignored; two in sequence mean that the source has restarted. */
  #updateAfterJump(sequenceNumber: number): boolean {
    if (sequenceNumber === this.#restartSequenceNumber) {
      this.#restarts++
      return this.#begin(sequenceNumber)
    }
    this.#restartSequenceNumber = (sequenceNumber + 1) & (sequenceNumbers - 1)
    return false
  }

  /** Moves the highest sequence number on, and forgets what was known of those in between. */
  #advance(sequenceNumber: number, ahead: number): void {
    if (sequenceNumber < this.#highest) this.#cycles += sequenceNumbers
    if (ahead >= windowSize) this.#window.fill(0)
    else
      for (let step = 1; step <= ahead; step++)
        this.#window[(this.#highest + step) % windowSize] = 0
    this.#highest = sequenceNumber
    this.#mark(sequenceNumber)
  }

  #mark(sequenceNumber: number): void {
    const index = sequenceNumber % windowSize
    if (this.#window[index] === 1) this.#duplicates++
    this.#window[index] = 1
  }

  /** RFC 3550 A.1, init_seq, and the first packet that counts. */
  #begin(sequenceNumber: number): true {
    this.#baseSequenceNumber = sequenceNumber
    this.#highest = sequenceNumber
    this.#cycles = 0
    this.#restartSequenceNumber = -1
    this.#received = 1
    this.#duplicates = 0
    this.#expectedPrior = 0
    this.#receivedPrior = 0
    // The timestamps have most likely jumped with the sequence numbers.
    this.#hasTransit = false
    this.#window.fill(0)
    this.#mark(sequenceNumber)
    return true
  }

  /** RFC 3550 A.8, without its fixed-point arithmetic. */
  #updateJitter(timestamp: number, arrivalMs: number): void {
    const arrivalTicks = Math.floor((arrivalMs * this.#clockRate) / 1000)
    const transit = (arrivalTicks - timestamp) | 0
    if (this.#hasTransit) {
      const difference = Math.abs((transit - this.#transit) | 0)
      this.#jitter += (difference - this.#jitter) * jitterGain
    }
    this.#transit = transit
    this.#hasTransit = true
  }
}
