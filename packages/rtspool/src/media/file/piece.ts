import type { TrackOutput } from '../../public/track.js'
import type { Packetize } from '../coded/coded-track.js'
import type { Pacer } from './pacer.js'
import type { TimedUnit } from './timeline.js'
import type { FileTrack } from './tracks/file-track.js'

/** Lane: a track of the file that is being sent, with its output. */
export interface Lane {
  readonly fileTrack: FileTrack
  readonly track: TrackOutput
  /** RTP timestamp at running time 0, the start of playback. */
  readonly firstTimestamp: number
  readonly packetize: Packetize
}

/**
 * Playback of a file from one seek to the next. Positions in a piece are milliseconds since its start, without pauses.
 */
export interface Piece {
  /** Normal play time at position 0, in seconds. */
  readonly startSeconds: number
  readonly endSeconds: number
  /** Running time at position 0: seconds of playback before this piece, without pauses. */
  readonly runningSeconds: number
  readonly pacer: Pacer<TimedUnit>
  readonly lanes: readonly AsyncGenerator<TimedUnit>[]
  /** For each track, position in milliseconds at which the last picture or sound frame read from the file ends. */
  readonly endsMs: number[]
  /**
   * Position in milliseconds after which nothing more is read from the file, because a track has failed. `Infinity`
   * before.
   */
  stopMs: number
  /** True once the failure of a track has been published on `rtspool:file-media-failed`. */
  hasFailed: boolean
}

/**
 * Returns the RTP timestamp of a track at a running time: seconds of playback, without pauses and
 * seeks.
 */
export function timestampAt({ firstTimestamp, fileTrack }: Lane, runningSeconds: number): number {
  return (firstTimestamp + Math.round(runningSeconds * fileTrack.clockRate)) % 2 ** 32
}

/**
 * Reads the next picture or sound frame of a track, and queues it in the pacer, which sends it when it is due.
 *
 * @returns `false` at the end of the track.
 */
export async function addNext({ pacer, lanes, endsMs }: Piece, index: number): Promise<boolean> {
  const next = await lanes[index]?.next()
  if (!next || next.done) {
    pacer.finish(index)
    return false
  }
  endsMs[index] = next.value.endMs
  pacer.add(index, next.value.sendMs, next.value, next.value.endMs)
  return true
}
