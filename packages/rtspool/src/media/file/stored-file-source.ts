import { createSessionDescription, type SessionDescription } from '../../sdp/index.js'
import type { MediaOutput, PlayRange, SeekableSource } from '../media-source.js'
import { startTracks } from '../timeline/start-tracks.js'
import { announceFailure, FileCutOffError, restMs } from './file-failure.js'
import { type FileTimes, fileTimesOf } from './file-times.js'
import type { MediaFile } from './media-file.js'
import { Pacer } from './pacer.js'
import { addNext, type Lane, type Piece, timestampAt } from './piece.js'
import { type OpenedUnits, openAt } from './seek.js'
import { type TimedUnit, timePiece } from './timeline.js'

/**
 * Plays an open file for one viewer, who can seek.
 *
 * RTP timestamps follow the running time, which continues across seeks and stops during a pause. So do sequence
 * numbers, because packets are made when they are sent (RFC 2326 appendix B). The SSRC stays the same even after the
 * BYE at the end of a range: GStreamer 1.22 plays no other one.
 *
 * ```text
 *  normal play time   4.8 ────▶ 7.1 │ 0 ────▶ 2
 *  running time       0 ──────▶ 2.3 │ 2.3 ──▶ 4.3
 * ```
 */
export class StoredFileSource implements SeekableSource {
  readonly description: SessionDescription
  readonly durationSeconds: number
  readonly #file: MediaFile
  readonly #originSeconds: number
  #lanes: readonly Lane[] = []
  #output: MediaOutput | undefined
  #piece: Piece | undefined
  /** Running time in seconds at which the last access unit sent so far ends. */
  #sentSeconds = 0
  /** True once the whole requested range has been sent, so that playback needs another seek. */
  #isOver = false
  #isClosed = false

  private constructor(file: MediaFile, { originSeconds, durationSeconds }: FileTimes) {
    this.#file = file
    this.#originSeconds = originSeconds
    this.durationSeconds = durationSeconds
    this.description = createSessionDescription({ originId: 0, address: '0.0.0.0', name: '' })
    this.description.media.push(...file.tracks.map((track) => track.description))
  }

  /** Creates the source of a file. @param file - Belongs to the source from now on; closed if it cannot be read. */
  static async create(file: MediaFile): Promise<StoredFileSource> {
    try {
      return new StoredFileSource(file, await fileTimesOf(file))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get positionSeconds(): number {
    if (!this.#piece) return 0
    const { startSeconds, endSeconds, pacer } = this.#piece
    return this.#isOver ? endSeconds : Math.min(endSeconds, startSeconds + pacer.positionMs / 1000)
  }

  start(output: MediaOutput): void {
    this.#output = output
    this.#lanes = startTracks(output.tracks, this.#file.tracks).map(({ own, track, start }) => {
      const { ssrc, sequenceNumber, timestamp: firstTimestamp } = start
      const packetize = own.createPayloader({ ssrc, sequenceNumber })
      return { fileTrack: own, track, firstTimestamp, packetize }
    })
  }

  async seek(range: PlayRange): Promise<number> {
    const runningSeconds = this.#stop()
    const asked = this.#originSeconds + range.startSeconds
    const { opened, start } = await this.#open(asked)
    const end = this.#originSeconds + range.endSeconds
    const piece: Piece = {
      startSeconds: start - this.#originSeconds,
      endSeconds: range.endSeconds,
      runningSeconds,
      pacer: this.#createPacer(),
      lanes: opened.map(({ units }, index) =>
        timePiece(units, this.#lanes[index]?.fileTrack.lookAhead ?? 0, {
          startSeconds: start,
          endSeconds: end,
        }),
      ),
      endsMs: opened.map(() => 0),
      stopMs: Number.POSITIVE_INFINITY,
      hasFailed: false,
    }
    await Promise.all(piece.lanes.map((_, index) => addNext(piece, index)))
    if (this.#isClosed) throw new Error(`${this.#file.path} was closed`)
    this.#isOver = false
    this.#piece = piece
    this.#announcePosition()
    for (const index of piece.lanes.keys()) {
      this.#fill(piece, index).catch((error: unknown) => this.#fail(piece, index, error))
    }
    return piece.startSeconds
  }

  /**
   * Starts to read all tracks at `asked`, in seconds on the file's own timeline. The first track with a unit at that
   * time, video first, sets the start.
   */
  async #open(asked: number): Promise<{ opened: OpenedUnits[]; start: number }> {
    const opened: OpenedUnits[] = []
    let start: number | undefined
    for (const { fileTrack } of this.#lanes) {
      const units = await openAt(fileTrack, start ?? asked)
      opened.push(units)
      if (start !== undefined || !units.first) continue
      // Sound may begin before the first key frame.
      start = Math.max(this.#originSeconds, Math.min(asked, units.first.seconds))
    }
    return { opened, start: start ?? asked }
  }

  resume(): void {
    if (this.#piece) this.#mapTime(this.#piece, this.#piece.pacer.start())
  }

  pause(): void {
    this.#piece?.pacer.pause()
    this.#announcePosition()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop()
    await this.#file.close()
  }

  #createPacer(): Pacer<TimedUnit> {
    const { clock } = this.#requireOutput()
    return new Pacer<TimedUnit>({
      clock,
      lanes: this.#lanes.length,
      send: (index, unit) => this.#send(index, unit),
      ended: () => {
        this.#isOver = true
        const output = this.#requireOutput()
        if (this.#piece && Number.isFinite(this.#piece.stopMs)) output.end()
        else output.rangeEnded()
      },
      shifted: (originMs) => {
        if (this.#piece) this.#mapTime(this.#piece, originMs)
      },
    })
  }

  #send(index: number, { unit, seconds }: TimedUnit): void {
    const lane = this.#lanes[index]
    if (!lane || !this.#piece) return
    const runningSeconds = this.#piece.runningSeconds + seconds
    this.#sentSeconds = Math.max(this.#sentSeconds, runningSeconds + unit.durationSeconds)
    const timestamp = timestampAt(lane, runningSeconds)
    for (const packet of lane.packetize(unit, timestamp)) lane.track.push(packet)
  }

  /**
   * Ends the current playback.
   *
   * @returns Running time (seconds of playback without pauses) at which the next playback begins.
   */
  #stop(): number {
    const piece = this.#piece
    if (!piece) return this.#sentSeconds
    piece.pacer.close()
    // Reading ends with the next unit.
    for (const lane of piece.lanes) void lane.return(undefined).catch(() => {})
    const stoppedSeconds = piece.runningSeconds + piece.pacer.positionMs / 1000
    return Math.max(this.#sentSeconds, stoppedSeconds)
  }

  async #fill(piece: Piece, index: number): Promise<void> {
    const { pacer, endsMs } = piece
    while (this.#piece === piece && (endsMs[index] ?? 0) < piece.stopMs) {
      if (!(await addNext(piece, index))) return
      await pacer.wanted(index)
    }
    pacer.finish(index)
  }

  /**
   * Ends a track that cannot be read further, and publishes the first such error on `rtspool:file-media-failed`. Units
   * that were read are still sent. Then the media ends; for a file that was cut off only the range ends, because the
   * description covers only the existing part.
   */
  #fail(piece: Piece, index: number, error: unknown): void {
    // Pending reads reject when the file is closed.
    if (this.#isClosed || this.#piece !== piece) return
    const isCutOff = error instanceof FileCutOffError
    if (!isCutOff) piece.stopMs = Math.min(piece.stopMs, (piece.endsMs[index] ?? 0) + restMs)
    if (!piece.hasFailed) announceFailure(this.#file.path, error)
    piece.hasFailed = true
    piece.pacer.finish(index)
  }

  /**
   * Tells each track its RTP time at the present position, and its next sequence number, for RTP-Info in the response
   * to PLAY.
   */
  #announcePosition(): void {
    const piece = this.#piece
    if (!piece) return
    const seconds = piece.runningSeconds + this.positionSeconds - piece.startSeconds
    for (const lane of this.#lanes) {
      const { position } = lane.track
      if (position) lane.track.startAt({ ...position, timestamp: timestampAt(lane, seconds) })
    }
  }

  /**
   * Tells all tracks that position 0 of the piece was at `originMs` of the clock, in milliseconds, so that they share
   * one time base.
   */
  #mapTime({ runningSeconds }: Piece, originMs: number): void {
    const { clock } = this.#requireOutput()
    const unixMs = clock.unixTimeMs() - (clock.now() - originMs)
    for (const lane of this.#lanes) {
      lane.track.mapTime(unixMs, timestampAt(lane, runningSeconds), originMs)
    }
  }

  #requireOutput(): MediaOutput {
    if (!this.#output) throw new TypeError('the source was not started')
    return this.#output
  }
}
