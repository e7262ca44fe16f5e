import type { EventEmitter } from 'node:events'
import type { MediaDescription } from '../../sdp/index.js'
import type { RtpTarget, RtspClientTransport } from '../rtsp-client.js'

/** State of a publisher: sending; closed. A closed publisher stays closed. */
export type RtspPublisherState = 'recording' | 'closed'

/** Events of an {@link RtspPublisher}. */
export interface RtspPublisherEvents {
  /** Emitted once; `error` is absent after `close()`. */
  closed: [error: unknown]
}

/** Counts of one published track. */
export interface RtspPublishedTrackStats {
  /** RTP packets sent. */
  readonly packets: number
  /** Bytes of these packets, headers included. */
  readonly bytes: number
  /** Packets that were left out: no RTP, larger than 65,535 bytes, or the queue was full. */
  readonly droppedPackets: number
  /** Packets that the server has missed, by its last receiver report; `undefined` before the first. */
  readonly reportedLostPackets: number | undefined
}

/** One track that is sent to the server; the target of `RtspClientTrack.pipe`. */
export interface RtspPublishedTrack extends RtpTarget {
  /** Position in the announced description, from 0. */
  readonly index: number
  /** Description as announced. */
  readonly description: MediaDescription
  readonly stats: RtspPublishedTrackStats
  /**
   * Sends one RTP packet unchanged. Never throws. The packet must not be changed afterwards.
   *
   * @returns `false` if the packet was left out, because it is no RTP, or the queue is full. Video then continues with
   *   the next key frame, once half of the queue has been sent.
   */
  push(packet: Uint8Array): boolean
  /**
   * Sets the wall clock of an RTP timestamp for sender reports. Without a call, the arrival of the packets decides.
   *
   * @param unixMs - Milliseconds since 1970 of the source's clock.
   * @param clockMs - Time in milliseconds of the publisher's clock at which the source's clock showed `unixMs`.
   * @default clockMs now
   */
  mapTime(unixMs: number, rtpTime: number, clockMs?: number): void
}

/**
 * A stream that is sent to an RTSP server, from `publish`. It is closed after use, or with `await using`.
 *
 * ```ts
 * const publisher = await publish('rtsp://user:password@server/live', { tracks: client.tracks })
 * for (const [index, track] of client.tracks.entries()) track.pipe(publisher.tracks[index])
 * ```
 */
export interface RtspPublisher extends EventEmitter<RtspPublisherEvents>, AsyncDisposable {
  /** URL of the stream, without user and password. */
  readonly url: string
  readonly state: RtspPublisherState
  /** Reason of the end; `undefined` before the end, and after `close()`. */
  readonly error: unknown
  readonly transport: RtspClientTransport
  readonly tracks: readonly RtspPublishedTrack[]
  /** Bytes that wait for the server to read them. Always 0 over UDP. */
  readonly queuedBytes: number
  /**
   * Waits until at most half of `maxQueuedBytes` wait, or the publisher is closed. Never rejects. A source that can
   * wait, such as a file, awaits it before each packet, and loses none.
   */
  drained(): Promise<void>
  /**
   * Sends RTCP BYE and TEARDOWN behind the queued packets, waits for the response for half a second at most, and closes the
   * connection. Idempotent.
   */
  close(): Promise<void>
}
