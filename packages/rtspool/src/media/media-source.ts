import type { Clock } from '../clock.js'
import type { SessionDescription } from '../sdp/index.js'
import type { Track } from './track.js'

/** Where a source delivers to. */
export interface MediaOutput {
  /** One track for each media section of the source's description, in its order. */
  readonly tracks: readonly Track[]
  readonly clock: Clock
  /** Says that nothing more will come: every viewer leaves with reason `mediaEnded`. Idempotent. */
  end(): void
}

/**
 * Where the packets of a {@link Media} come from: a file, a camera, an application.
 *
 * It is described before anybody watches, started for the first viewer that plays, and closed once, a while
 * after the last one has left.
 */
export interface MediaSource {
  /** The session description; `a=control` and ports are replaced by the server. */
  readonly description: SessionDescription
  /**
   * Whether `track.mapTime` will be called for each track soon after its first packet, as RTCP of a publisher
   * does: viewers are told no time before that, for some seconds at most.
   * @default false: what is not mapped is timed by `push`
   */
  readonly sendsReports?: boolean
  /**
   * Starts the flow of RTP packets into `output.tracks[i].push(packet)`. Called at most once.
   *
   * A rejection answers the PLAY that started it with 503 and closes the media.
   */
  start(output: MediaOutput): void | Promise<void>
  /**
   * Stops the flow and gives everything back. Called once, also when it was never started or takes too long to
   * start.
   */
  close(): void | Promise<void>
}
