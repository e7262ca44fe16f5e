import {
  createSessionDescription,
  type MediaOutput,
  type PlayManner,
  type PlayRange,
  type SeekableSource,
  type SessionDescription,
  startTracks,
  type TrackOutput,
} from 'rtspool'
import { defaultMaxPacketBytes, replayExtensionBytes, withReplayExtension } from 'rtspool/rtp'
import { Footage } from './footage.js'
import { type ClipList, type FootageOptions, roundingMs } from './footage-clips.js'
import type { FootageUnit } from './footage-units.js'
import { duesOf, limitedRate, maxWholeScale, withoutSound } from './scale.js'
import type { Packetize, StoredTrack } from './stored-tracks.js'
import { type DueUnit, PacedSender, type UnitSender, UnpacedSender } from './unit-sender.js'

export interface ReplaySourceOptions extends Pick<FootageOptions, 'list' | 'indexes' | 'tracks'> {
  /** Beginning and end of the presentation (all that the viewer can play), in milliseconds since 1970. */
  readonly startMs: number
  readonly endMs: number
  /** True if the presentation goes on behind `endMs` whenever the path is recorded. */
  readonly isGrowing: boolean
  /** Name of the presentation, for the line `s=` of its session description. */
  readonly name: string
  /** Called with the error when the recorded footage cannot be read. */
  readonly onFailed: (error: unknown) => void
}

/** Track of the session description, and its RTP stream to the viewer. */
interface Lane {
  readonly stored: StoredTrack
  readonly track: TrackOutput
  /** RTP timestamp at the beginning of playback, and with `Rate-Control: no` at the beginning of the presentation. */
  readonly firstTimestamp: number
  readonly packetize: Packetize
}

/** Playback from one seek to the next. */
interface Run {
  readonly manner: PlayManner
  readonly range: PlayRange
  readonly footage: Footage
  readonly sender: UnitSender
  /** Time of the first unit of the run, in milliseconds since 1970. */
  readonly firstMs: number
  /** Running time in seconds at which the run begins: playback so far, without pauses and gaps. */
  readonly runningSeconds: number
  /** True once the whole range has been sent. */
  isOver: boolean
}

/**
 * Plays the recording of one path for one viewer: from any time, at any rate, in either direction.
 *
 * RTP timestamps follow the running time (playback so far, without pauses and gaps), as for files. With
 * `Rate-Control: no` they follow the time of the recording instead, also backwards (ONVIF Streaming Specification,
 * section on replay).
 */
export class ReplaySource implements SeekableSource {
  readonly description: SessionDescription
  readonly clockStartMs: number
  readonly #options: ReplaySourceOptions
  #rates: Pick<PlayManner, 'scale' | 'speed'> = { scale: 1, speed: 1 }
  #lanes: readonly Lane[] = []
  #output: MediaOutput | undefined
  #run: Run | undefined
  /** Footage and sender that a seek prepares; `undefined` while no seek waits. */
  #preparing: Pick<Run, 'footage' | 'sender'> | undefined
  #replayCSeq: number | undefined
  /** Position that {@link notifyAt} waits for, in seconds from the beginning of the presentation. */
  #awaited: { readonly seconds: number; readonly reached: () => void } | undefined
  /** Position of the last unit sent, in seconds from the beginning of the presentation. */
  #sentSeconds = 0
  /** Running time (playback so far, without pauses and gaps) in seconds at the end of the last unit sent. */
  #ranSeconds = 0
  /** End of the newest known footage, in seconds from the beginning of the presentation. */
  #knownSeconds: number
  #isGrowing: boolean
  #isClosed = false

  constructor(options: ReplaySourceOptions) {
    this.#options = options
    this.clockStartMs = options.startMs
    this.#knownSeconds = Math.max(0, options.endMs - options.startMs) / 1000
    this.#isGrowing = options.isGrowing
    const { name } = options
    this.description = createSessionDescription({ originId: 0, address: '0.0.0.0', name })
    this.description.media.push(...options.tracks.map(({ description }) => description))
  }

  /** Length of the presentation in seconds, as far as known; grows while the path is recorded. */
  get durationSeconds(): number {
    return this.#knownSeconds
  }

  get isGrowing(): boolean {
    return this.#isGrowing
  }

  get rates(): Pick<PlayManner, 'scale' | 'speed'> {
    return this.#rates
  }

  get positionSeconds(): number {
    const run = this.#run
    if (!run) return 0
    if (run.isOver) return Math.min(run.range.endSeconds, this.durationSeconds)
    const { next } = run.sender
    return next ? this.#secondsOf(next.unit) : this.#sentSeconds
  }

  start(output: MediaOutput): void {
    this.#output = output
    const maxPacketBytes = defaultMaxPacketBytes - replayExtensionBytes
    this.#lanes = startTracks(output.tracks, this.#options.tracks).map(({ own, track, start }) => {
      const { ssrc, sequenceNumber, timestamp: firstTimestamp } = start
      const packetize = own.createPayloader({ ssrc, sequenceNumber, maxPacketBytes })
      return { stored: own, track, firstTimestamp, packetize }
    })
  }

  async seek(asked: PlayRange, manner: PlayManner): Promise<number> {
    this.#awaited = undefined
    try {
      return await this.#seek(asked, manner)
    } catch (error) {
      if (!this.#isClosed) this.#options.onFailed(error)
      throw error
    }
  }

  async #seek(asked: PlayRange, manner: PlayManner): Promise<number> {
    const runningSeconds = this.#stop()
    const range = this.#options.isGrowing ? await this.#recordedPart(asked) : asked
    this.#requireOpen()
    const rates = { scale: limitedRate(manner.scale), speed: limitedRate(manner.speed) }
    const footage = this.#footage()
    const units = duesOf(this.#unitsOf(footage, range, { ...manner, ...rates }), rates)
    const sender = this.#senderOf(units, manner)
    this.#preparing = { footage, sender }
    const first = await sender.prepare()
    this.#preparing = undefined
    this.#requireOpen()
    const startSeconds = first ? this.#secondsOf(first.unit) : range.startSeconds
    const firstMs = this.clockStartMs + startSeconds * 1000
    this.#rates = rates
    this.#sentSeconds = startSeconds
    this.#run = { manner, range, footage, sender, firstMs, runningSeconds, isOver: false }
    this.#replayCSeq = manner.replayCSeq
    this.#announcePosition()
    return Math.max(0, startSeconds)
  }

  resume(manner: PlayManner): void {
    const run = this.#run
    if (!run) return
    this.#replayCSeq = manner.replayCSeq
    this.#mapTime(run, run.sender.start())
  }

  pause(): void {
    this.#awaited = undefined
    this.#run?.sender.pause()
    this.#announcePosition()
  }

  notifyAt(seconds: number, reached: () => void): void {
    this.#awaited = { seconds, reached }
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    this.#preparing?.footage.close()
    this.#preparing?.sender.close()
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Error('the replay was closed')
  }

  /** Lists the files again, and returns the range with a beginning at or before the end of the footage. */
  async #recordedPart({ startSeconds, endSeconds }: PlayRange): Promise<PlayRange> {
    await this.#list()
    return { startSeconds: Math.min(startSeconds, this.#knownSeconds), endSeconds }
  }

  /** Lists the recorded files of the path, and notes the end of the newest footage. */
  readonly #list = async (): Promise<ClipList> => {
    const list = await this.#options.list()
    const endMs = list.clips.at(-1)?.endMs ?? 0
    if (this.#options.isGrowing) this.#reached((endMs - this.clockStartMs) / 1000)
    this.#isGrowing = this.#options.isGrowing && list.isGrowing
    return list
  }

  #reached(seconds: number): void {
    this.#knownSeconds = Math.max(this.#knownSeconds, seconds)
  }

  #footage(): Footage {
    const { indexes, tracks } = this.#options
    return new Footage({ list: this.#list, indexes, tracks, clock: this.#requireOutput().clock })
  }

  #unitsOf(
    footage: Footage,
    { startSeconds, endSeconds }: PlayRange,
    { scale, frames, rateControl, intraIntervalMs: intervalMs }: PlayManner,
  ): AsyncGenerator<FootageUnit, void, void> {
    const fromMs = this.clockStartMs + startSeconds * 1000
    const toMs = this.clockStartMs + endSeconds * 1000
    if (scale < 0) {
      const isWhole = !rateControl && frames !== 'intra'
      return footage.backwards({ fromMs, toMs }, { isWhole, intervalMs })
    }
    const range = { fromMs, toMs }
    const isThinned = frames === undefined && rateControl && scale > maxWholeScale
    if (frames === 'intra' || isThinned) return footage.keyFrames(range, intervalMs)
    const all = footage.forward(range)
    return scale === 1 || !rateControl ? all : withoutSound(all, this.#options.tracks)
  }

  #senderOf(units: AsyncGenerator<DueUnit, void, void>, { rateControl }: PlayManner): UnitSender {
    const output = this.#requireOutput()
    const options = {
      clock: output.clock,
      units,
      send: (due: DueUnit) => this.#send(due),
      reached: ({ unit }: DueUnit) => this.#noteReached(unit),
      ended: () => {
        if (this.#run) this.#run.isOver = true
        output.rangeEnded()
      },
      failed: (error: unknown) => {
        if (this.#isClosed) return
        this.#options.onFailed(error)
        output.fail()
      },
    }
    if (!rateControl) return new UnpacedSender(options, () => output.drained())
    return new PacedSender(options, (originMs) => {
      if (this.#run) this.#mapTime(this.#run, originMs)
    })
  }

  /** Calls the function of {@link notifyAt} if the playback has reached its position with a unit. */
  #noteReached(unit: FootageUnit): void {
    const awaited = this.#awaited
    if (!awaited) return
    const awaitedMs = this.clockStartMs + awaited.seconds * 1000
    // Backwards, only key frames are in the order of playback.
    const isReached =
      this.#rates.scale < 0
        ? unit.isSync && unit.unixMs <= awaitedMs + roundingMs
        : unit.sendMs >= awaitedMs - roundingMs
    if (!isReached) return
    this.#awaited = undefined
    awaited.reached()
  }

  #send({ unit }: DueUnit): void {
    const run = this.#run
    const lane = this.#lanes[unit.lane]
    if (!run || !lane) return
    this.#sentSeconds = this.#secondsOf(unit)
    if (this.#isGrowing) this.#reached(this.#sentSeconds + unit.durationMs / 1000)
    const playedSeconds = this.#playedSeconds(run, unit)
    const lastsSeconds = unit.durationMs / 1000 / Math.abs(this.#rates.scale)
    this.#ranSeconds = Math.max(this.#ranSeconds, run.runningSeconds + playedSeconds + lastsSeconds)
    const packets = lane.packetize(unit.parts, this.#timestampOf(run, lane, unit))
    const [first] = packets
    const cSeq = this.#replayCSeq
    if (first && cSeq !== undefined) packets[0] = withReplayExtension(first, { ...unit, cSeq })
    for (const packet of packets) lane.track.push(packet)
  }

  /**
   * Returns the seconds of playback, without gaps, from the beginning of a run to a unit. The result is negative for
   * sound that comes before the first picture.
   */
  #playedSeconds({ firstMs }: Run, { unixMs, skippedMs }: FootageUnit): number {
    const { scale } = this.#rates
    const passedMs = scale < 0 ? firstMs - unixMs : unixMs - firstMs
    return (passedMs - skippedMs) / 1000 / Math.abs(scale)
  }

  #timestampOf(run: Run, lane: Lane, unit: FootageUnit): number {
    const seconds = run.manner.rateControl
      ? run.runningSeconds + this.#playedSeconds(run, unit)
      : this.#secondsOf(unit)
    return timestampAt(lane, seconds)
  }

  /** Returns the position of a unit, in seconds from the beginning of the presentation. */
  #secondsOf({ unixMs }: FootageUnit): number {
    return (unixMs - this.clockStartMs) / 1000
  }

  /** Sets the values for RTP-Info of each track: RTP time of the position, and next sequence number. */
  #announcePosition(): void {
    const run = this.#run
    if (!run) return
    const { next } = run.sender
    for (const lane of this.#lanes) {
      const { position } = lane.track
      const timestamp = next
        ? this.#timestampOf(run, lane, next.unit)
        : timestampAt(lane, this.#ranSeconds)
      if (position) lane.track.startAt({ ...position, timestamp })
    }
  }

  /**
   * Sets the wall-clock time of the RTP timestamps of all tracks, for sender reports. Position 0 of the run was at
   * `originMs` of the monotonic clock.
   */
  #mapTime(run: Run, originMs: number): void {
    const { clock } = this.#requireOutput()
    const unixMs = clock.unixTimeMs() - (clock.now() - originMs)
    const seconds = run.manner.rateControl
      ? run.runningSeconds
      : (run.firstMs - this.clockStartMs) / 1000
    for (const lane of this.#lanes) {
      lane.track.mapTime(unixMs, timestampAt(lane, seconds), originMs)
    }
  }

  /** Ends the current run. @returns Seconds of playback so far, without pauses and gaps. */
  #stop(): number {
    const run = this.#run
    if (!run) return this.#ranSeconds
    run.footage.close()
    run.sender.close()
    if (!run.manner.rateControl) return this.#ranSeconds
    const stoppedSeconds = (run.sender.positionMs / 1000) * this.#rates.speed
    return Math.max(this.#ranSeconds, run.runningSeconds + stoppedSeconds)
  }

  #requireOutput(): MediaOutput {
    if (!this.#output) throw new TypeError('the source was not started')
    return this.#output
  }
}

const timestampAt = ({ firstTimestamp, stored }: Lane, seconds: number): number => {
  const ticks = firstTimestamp + Math.round(seconds * stored.clockRate)
  return ((ticks % 2 ** 32) + 2 ** 32) % 2 ** 32
}
