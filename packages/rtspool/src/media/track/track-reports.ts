import type { Clock, ClockTimer } from '../../clock.js'
import type { Reader } from '../fan-out/reader.js'
import type { TrackReaders } from '../fan-out/track-readers.js'
import { maxReportWaitMs, type TrackTime } from '../timeline/track-time.js'
import { type ForEachReader, Newcomers } from './newcomers.js'
import { type ReportedStream, SenderReports } from './sender-reports.js'

/**
 * Milliseconds from a source's first packet to the first report on it. Packets must arrive before reports because
 * GStreamer's rtspsrc creates the receiver of a stream for whatever arrives first. If reports have created several
 * receivers, and their first packets arrive at the same instant, gst-launch may lose some streams that it links by
 * name.
 */
const firstReportMs = 10

/**
 * Sends the sender reports of one track: to each reader that joins, and to all readers after the first packet of a
 * source. Further reports are sent by {@link send}.
 */
export class TrackReports {
  readonly #clock: Clock
  readonly #time: TrackTime
  readonly #readers: TrackReaders
  readonly #reports: SenderReports
  readonly #newcomers: Newcomers
  readonly #stream: ReportedStream
  #timer: ClockTimer | undefined
  /** True while the source is away. Reports then show only that the stream still exists. */
  isQuiet = false
  /**
   * Number of packets that had been sent at the last report to all readers, and at the one before; see {@link send}.
   */
  #countAtLast = 0
  #countBefore = 0

  constructor(init: {
    readonly stream: ReportedStream
    readonly time: TrackTime
    readonly readers: TrackReaders
    readonly clock: Clock
    readonly cname: string
  }) {
    this.#clock = init.clock
    this.#stream = init.stream
    this.#time = init.time
    this.#readers = init.readers
    this.#reports = new SenderReports(init)
    this.#newcomers = new Newcomers(init.clock, firstReportMs, (readers) =>
      this.#reports.send(readers),
    )
  }

  /**
   * Notes that the track sends a packet.
   *
   * @param packetCount - Number of packets with the present SSRC, including this one.
   */
  notePacket(packetCount: number): void {
    if (packetCount === 1) this.#scheduleFirst()
    else if (!this.#newcomers.isEmpty) this.#newcomers.notePacket()
  }

  /** Sends a sender report to a new reader (viewer of the track), before its first packet. */
  sendFirst(reader: Reader): void {
    this.#send((visit) => visit(reader))
  }

  /**
   * Schedules a second report to a reader, soon after its first packet. The parameters are those of
   * {@link Newcomers.add}.
   */
  addNewcomer(reader: Reader, hasPackets: boolean): void {
    this.#newcomers.add(reader, hasPackets)
  }

  remove(reader: Reader): void {
    this.#newcomers.remove(reader)
  }

  /** Sends a sender report to all readers (RFC 3550 section 6.4.1). */
  send(): void {
    if (this.#readers.count > 0) this.#send((visit) => this.#readers.forEach(visit))
    this.#countBefore = this.#countAtLast
    this.#countAtLast = this.#stream.packetCount
  }

  /**
   * Sends a sender report. While the source is away and no packet has been sent since the last report but one, sends
   * an empty receiver report (RFC 3550 section 6.4). The stream does not end for its readers then.
   */
  #send(forEachReader: ForEachReader): void {
    const hasSent = this.#stream.packetCount !== this.#countBefore
    if (hasSent || !this.isQuiet) this.#reports.send(forEachReader)
    else this.#reports.sendEmpty(forEachReader)
  }

  sendBye(reader: Reader): void {
    this.#newcomers.remove(reader)
    this.#reports.sendBye(reader)
  }

  /** Cancels all scheduled reports. Idempotent. */
  close(): void {
    this.#timer?.cancel()
    this.#newcomers.clear()
  }

  /**
   * Schedules the first sender report after a source's first packet. If the source sends reports of its own, the first
   * of them is awaited, but not longer than {@link maxReportWaitMs}.
   */
  #scheduleFirst(): void {
    const waitMs = this.#time.isWaiting ? maxReportWaitMs : firstReportMs
    this.#newcomers.clear()
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(() => this.send(), waitMs, false)
  }
}
