import type { TrackOutput } from '../../public/track.js'
import type { Packetize } from '../coded/coded-track.js'
import type { Pacer } from './pacer.js'
import type { TimedUnit } from './timeline.js'
import type { FileTrack } from './tracks/file-track.js'

/** A track of the file that is being sent, and its output. */
export interface Lane {
  readonly fileTrack: FileTrack
  readonly track: TrackOutput
  /** RTP timestamp at running time 0, the start of playback. */
  readonly firstTimestamp: number
  readonly packetize: Packetize
}

/** Playback from one seek to the next. Its positions count from its start. */
export interface Piece {
  /** Normal play time at position 0, in seconds. */
  readonly startSeconds: number
  readonly endSeconds: number
  /** Running time at position 0: seconds of playback before this piece, without pauses. */
  readonly runningSeconds: number
  readonly pacer: Pacer<TimedUnit>
  readonly lanes: readonly AsyncGenerator<TimedUnit>[]
  /** Position in milliseconds at which the last unit that was read ends, for each track. */
  readonly endsMs: number[]
  /** Position in milliseconds after which nothing is read any more, because a track has failed. */
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

/** Reads the next unit of a track, and queues it, to be sent at its time. @returns `false` at the end of the track. */
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
