import type { EventEmitter } from 'node:events'
import type { MediaDescription } from '../../sdp/index.js'
import type { SrtpSuiteName } from '../../srtp/index.js'
import type { RtpTarget, RtspClientTransport } from '../rtsp-client.js'

/** State of a publisher: `recording` from RECORD on; `closed` after the end, for good. */
export type RtspPublisherState = 'recording' | 'closed'

/** Events of an {@link RtspPublisher}. */
export interface RtspPublisherEvents {
  /** Emitted once, at the end. `error` is the reason of the end, and absent after `close()`. */
  closed: [error: unknown]
}

/** Counts of one published track since the beginning. */
export interface RtspPublishedTrackStats {
  /** Number of RTP packets sent to the server. */
  readonly packets: number
  /** Total size in bytes of the RTP packets counted in `packets`, headers included. */
  readonly bytes: number
  /**
   * Packets that were not sent: no valid RTP, larger than 65,535 bytes, or left out because the queue was full. With
   * SRTP, also packets whose sequence number was used before.
   */
  readonly droppedPackets: number
  /**
   * Number of packets that did not reach the server since the beginning, as its last receiver report states;
   * `undefined` before the first.
   */
  readonly reportedLostPackets: number | undefined
}

/** One track that is sent to the server; the target of `RtspClientTrack.pipe`. */
export interface RtspPublishedTrack extends RtpTarget {
  /** Position of the track in the announced description, from 0. */
  readonly index: number
  /** Media section of the track as it was announced to the server. */
  readonly description: MediaDescription
  /** Suite with which the packets are encrypted; `undefined` without SRTP. */
  readonly srtp: SrtpSuiteName | undefined
  readonly stats: RtspPublishedTrackStats
  /**
   * Sends one RTP packet unchanged. Never throws. The packet must not be changed afterwards.
   *
   * @returns `false` if the packet was left out, because it is no RTP, or the queue is full. Video then continues with
   *   the next key frame, once half of the queue has been sent.
   */
  push(packet: Uint8Array): boolean
  /**
   * Sets the wall-clock time of an RTP timestamp for sender reports. Without a call, the arrival of the packets
   * decides.
   *
   * @param unixMs - Time of the source's clock at `rtpTime`, in milliseconds since 1970.
   * @param rtpTime - RTP timestamp in ticks of the track's clock rate, modulo 2^32.
   * @param clockMs - Time of the publisher's clock, in milliseconds, at which the source's clock showed `unixMs`.
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
  /** Error that has ended the publisher; `undefined` before the end, and after `close()`. */
  readonly error: unknown
  readonly transport: RtspClientTransport
  readonly tracks: readonly RtspPublishedTrack[]
  /** Number of bytes that wait in this process until the server reads them; always 0 over UDP. */
  readonly queuedBytes: number
  /**
   * Waits until at most half of `maxQueuedBytes` wait for the server, or the publisher is closed. Never rejects. A
   * source that can wait, such as a file, awaits it before each packet, and loses none.
   */
  drained(): Promise<void>
  /**
   * Sends RTCP BYE and TEARDOWN behind the queued packets, waits for the response for half a second at most, and closes
   * the connection. Idempotent.
   */
  close(): Promise<void>
}
