import type { Clock, ClockTimer } from '../../clock.js'
import type { Reader } from '../fan-out/reader.js'
import type { TrackReaders } from '../fan-out/track-readers.js'
import { maxReportWaitMs, type TrackTime } from '../timeline/track-time.js'
import { Newcomers } from './newcomers.js'
import { type ReportedStream, SenderReports } from './sender-reports.js'

/**
 * Milliseconds from a source's first packet to the first report on it. Packets go first because of
 * GStreamer. Its rtspsrc creates the receiver of a stream for the first thing that arrives. If
 * reports have created several receivers, and their first packets arrive at the same instant, a
 * pipeline that links streams by name (gst-launch) may lose some.
 */
const firstReportMs = 10

/**
 * Sends the sender reports of one track: to all readers in intervals, to each new reader, and to
 * all after the first packet.
 */
export class TrackReports {
  readonly #clock: Clock
  readonly #time: TrackTime
  readonly #readers: TrackReaders
  readonly #reports: SenderReports
  readonly #newcomers: Newcomers
  #timer: ClockTimer | undefined

  constructor(init: {
    readonly stream: ReportedStream
    readonly time: TrackTime
    readonly readers: TrackReaders
    readonly clock: Clock
    readonly cname: string
  }) {
    this.#clock = init.clock
    this.#time = init.time
    this.#readers = init.readers
    this.#reports = new SenderReports(init)
    this.#newcomers = new Newcomers(init.clock, firstReportMs, (readers) =>
      this.#reports.send(readers),
    )
  }

  /** Notes a packet of the track, after `packetCount` has counted it. */
  notePacket(packetCount: number): void {
    if (packetCount === 1) this.#scheduleFirst()
    else if (!this.#newcomers.isEmpty) this.#newcomers.notePacket()
  }

  /** Sends a report to a new reader. */
  sendFirst(reader: Reader): void {
    this.#reports.send((visit) => visit(reader))
  }

  /** Sends another report to a reader, soon after its first packet. See {@link Newcomers.add}. */
  addNewcomer(reader: Reader, hasPackets: boolean): void {
    this.#newcomers.add(reader, hasPackets)
  }

  remove(reader: Reader): void {
    this.#newcomers.remove(reader)
  }

  /** Sends a report to all readers (RFC 3550 section 6.4.1). */
  send(): void {
    if (this.#readers.count === 0) return
    this.#reports.send((visit) => this.#readers.forEach(visit))
  }

  sendBye(reader: Reader): void {
    this.#newcomers.remove(reader)
    this.#reports.sendBye(reader)
  }

  /** Stops the reports. Idempotent. */
  close(): void {
    this.#timer?.cancel()
    this.#newcomers.clear()
  }

  /** Schedules the first report even for a source that never provides its time. */
  #scheduleFirst(): void {
    const waitMs = this.#time.isWaiting ? maxReportWaitMs : firstReportMs
    this.#newcomers.clear()
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(() => this.send(), waitMs, false)
  }
}
