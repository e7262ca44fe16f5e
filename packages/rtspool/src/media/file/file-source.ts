import type { Clock } from '../../clock.js'
import type { TrackOutput } from '../../public/track.js'
import { createSessionDescription, type SessionDescription } from '../../sdp/index.js'
import type { Packetize } from '../coded/coded-track.js'
import type { MediaOutput, MediaSource } from '../media-source.js'
import { randomPosition } from '../timeline/start-tracks.js'
import { announceFailure, restMs } from './file-failure.js'
import { fileTimesOf } from './file-times.js'
import type { MediaFile } from './media-file.js'
import { Pacer } from './pacer.js'
import { type TimedUnit, timeUnits } from './timeline.js'
import type { FileTrack } from './tracks/file-track.js'

/** Lane: one track of the file that is being sent, with the state of reading it. */
interface Lane {
  readonly index: number
  readonly fileTrack: FileTrack
  readonly track: TrackOutput
  readonly packetize: Packetize
  readonly units: AsyncIterator<TimedUnit>
  /**
   * RTP timestamp, drawn at random, at position 0 of the playback: the moment at which the earliest
   * track begins, in the first round of a loop. A track that begins later has a later timestamp in
   * its first packet.
   */
  readonly firstTimestamp: number
  /** Position in the playback, in milliseconds, at which the last access unit of the track read so far ends. */
  endMs: number
}

/**
 * Plays an open file in real time, for all viewers at once.
 *
 * ```text
 *  file ─▶ access units ─▶ timeline (loop, order) ─▶ packets ─▶ Pacer ─▶ Track.push
 * ```
 */
export class FileSource implements MediaSource {
  readonly description: SessionDescription
  readonly #file: MediaFile
  readonly #loop: boolean
  #pacer: Pacer<readonly Buffer[]> | undefined
  /**
   * Position in the playback, in milliseconds, after which nothing more is read from the file, because a track has
   * failed. `Infinity` before.
   */
  #stopMs = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(file: MediaFile, options: { readonly loop: boolean }) {
    this.#file = file
    this.#loop = options.loop
    // Viewers share one moment and cannot seek, so the description gives no length.
    const description = createSessionDescription({
      originId: 0,
      address: '0.0.0.0',
      name: '',
      range: 'npt=now-',
    })
    description.media.push(...file.tracks.map((track) => track.description))
    this.description = description
  }

  async start(output: MediaOutput): Promise<void> {
    const { clock } = output
    const lanes = await this.#createLanes(output.tracks)
    if (this.#isClosed) return
    const pacer = new Pacer<readonly Buffer[]>({
      clock,
      lanes: lanes.length,
      send: (index, packets) => {
        const track = lanes[index]?.track
        for (const packet of packets) track?.push(packet)
      },
      ended: () => output.end(),
      shifted: (originMs) => mapTime(lanes, clock, originMs),
    })
    this.#pacer = pacer
    // Adds the first unit of each lane, so that both tracks start with the clock.
    await Promise.all(lanes.map((lane) => addNext(lane, pacer)))
    mapTime(lanes, clock, clock.now())
    pacer.start()
    for (const lane of lanes) {
      this.#fill(lane, pacer).catch((error: unknown) => this.#fail(error, lane, pacer))
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#pacer?.close()
    await this.#file.close()
  }

  async #createLanes(tracks: readonly TrackOutput[]): Promise<Lane[]> {
    const fileTracks = this.#file.tracks
    const { beginnings, originSeconds, durationSeconds } = await fileTimesOf(this.#file)
    const timeline = {
      loop: this.#loop && durationSeconds > 0,
      originSeconds,
      roundSeconds: durationSeconds,
    }
    const lanes: Lane[] = []
    for (const [index, fileTrack] of fileTracks.entries()) {
      const track = tracks[index]
      if (!track) throw new TypeError(`expected ${fileTracks.length} tracks, got ${tracks.length}`)
      const { ssrc, sequenceNumber, timestamp: firstTimestamp } = randomPosition()
      const offset = Math.round(((beginnings[index] ?? 0) - originSeconds) * fileTrack.clockRate)
      track.startAt({ ssrc, sequenceNumber, timestamp: (firstTimestamp + offset) >>> 0 })
      lanes.push({
        index,
        fileTrack,
        track,
        packetize: fileTrack.createPayloader({ ssrc, sequenceNumber }),
        units: timeUnits(fileTrack, timeline),
        firstTimestamp,
        endMs: 0,
      })
    }
    return lanes
  }

  async #fill(lane: Lane, pacer: Pacer<readonly Buffer[]>): Promise<void> {
    while (!this.#isClosed && lane.endMs < this.#stopMs && (await addNext(lane, pacer))) {
      await pacer.wanted(lane.index)
    }
    pacer.finish(lane.index)
  }

  /**
   * Ends a track that cannot be read further, and publishes the first such error on
   * `rtspool:file-media-failed`. Units read so far are still sent, and those of other tracks up to
   * {@link restMs} later. Then the media ends.
   */
  #fail(error: unknown, lane: Lane, pacer: Pacer<readonly Buffer[]>): void {
    // Pending reads reject when the file is closed.
    if (this.#isClosed) return
    if (this.#stopMs === Number.POSITIVE_INFINITY) announceFailure(this.#file.path, error)
    this.#stopMs = Math.min(this.#stopMs, lane.endMs + restMs)
    pacer.finish(lane.index)
  }
}

/**
 * Reads the next access unit of a track, and queues its packets, which the pacer sends when they are due.
 *
 * @returns `false` at the end of the track.
 */
async function addNext(lane: Lane, pacer: Pacer<readonly Buffer[]>): Promise<boolean> {
  const { done, value } = await lane.units.next()
  if (done) {
    pacer.finish(lane.index)
    return false
  }
  lane.endMs = value.endMs
  const ticks = Math.round(value.seconds * lane.fileTrack.clockRate)
  const packets = lane.packetize(value.unit, lane.firstTimestamp + ticks)
  pacer.add(lane.index, value.sendMs, packets, value.endMs)
  return true
}

/**
 * Tells all tracks that position 0 of the playback was at `originMs` of the clock, so that they share one time base.
 */
function mapTime(lanes: readonly Lane[], clock: Clock, originMs: number): void {
  const unixMs = clock.unixTimeMs() - (clock.now() - originMs)
  for (const { track, firstTimestamp } of lanes) track.mapTime(unixMs, firstTimestamp, originMs)
}
