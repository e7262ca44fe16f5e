/**
 * Defines interleaved RTP and RTCP inside the RTSP connection (RFC 2326 section 10.12): carriers,
 * which are the connections, and their channels.
 */

import { channelCount } from '../../rtsp/index.js'
import type { DirectSlot } from './direct-sends.js'

/** Default of {@link InterleavedCarrier.maxEntryWaitMs}. Most streams send a key frame every second or two. */
export const defaultMaxEntryWaitMs = 4000

/**
 * Interface of an RTSP connection for media: sends interleaved frames in order, between RTSP
 * messages.
 */
export interface InterleavedCarrier {
  /**
   * Queues whole interleaved frames for the connection. The buffer must not be changed afterwards, because other
   * carriers may share it.
   *
   * @param packets - Number of RTP packets in the frames, which send threads count. Default: 0.
   */
  writeFrames(frames: Buffer, packets?: number): void
  /** True while the peer has too much unread data. No packets should be sent to it then. */
  readonly isCongested: boolean
  /** Number of bytes that wait in this process until the peer reads; `undefined` if unknown. */
  readonly queuedBytes?: number | undefined
  /**
   * Milliseconds that a peer which was congested waits for a key frame. After that it is sent
   * pictures that it may not be able to decode.
   * @default {@link defaultMaxEntryWaitMs}
   */
  readonly maxEntryWaitMs?: number | undefined
  /**
   * Allows `sizeBytes` of unread data above the limit, for the stream on one channel, until no bytes
   * wait in this process any more.
   */
  grant(channel: number, sizeBytes: number): void
  /**
   * Number of the connection in {@link DirectSends}, for writing by native calls; absent on some
   * connections.
   */
  readonly direct?: DirectSlot | undefined
  /** The connection as a WebSocket; absent if it is none. */
  readonly webSocket?: WebSocketCarrier | undefined
  readonly channels: ChannelTable
}

/** A connection that sends interleaved frames in WebSocket messages. */
export interface WebSocketCarrier {
  /**
   * Writes bytes as they are: whole WebSocket messages, or the rest of one that has been begun. The buffer must not be
   * changed afterwards.
   *
   * @param packets - Number of RTP packets in the bytes, which send threads count. Default: 0.
   */
  writeWire(bytes: Buffer, packets?: number): void
}

/** Function that receives the payload of each frame of an interleaved channel: a view that the receiver may keep. */
export type ChannelReceiver = (payload: Buffer) => void

/** Receivers of one connection by channel. The first channel of a pair is RTP, the second RTCP. */
export class ChannelTable {
  /**
   * Receiver of each channel, by channel number, up to the highest channel that was ever in use; `undefined` for a free
   * one.
   */
  readonly #receivers: (ChannelReceiver | undefined)[] = []
  /** Number of frames that were dropped because no SETUP had reserved their channel. */
  unknownChannelFrames = 0

  /**
   * Reserves a pair of channels, and sets their receivers.
   *
   * @param preferred - Pair that the client requested. If one of its channels is in use, the first free even pair is
   *   reserved instead.
   * @returns The pair; `undefined` if all channels are in use.
   */
  take(
    preferred: readonly [number, number] | undefined,
    receiveRtp: ChannelReceiver,
    receiveRtcp: ChannelReceiver,
  ): [number, number] | undefined {
    const pair = this.freePair(preferred)
    if (!pair) return undefined
    while (this.#receivers.length <= Math.max(...pair)) this.#receivers.push(undefined)
    this.#receivers[pair[0]] = receiveRtp
    this.#receivers[pair[1]] = receiveRtcp
    return [pair[0], pair[1]]
  }

  /** Returns the pair of channels that {@link take} would reserve now; `undefined` if all channels are in use. */
  freePair(
    preferred: readonly [number, number] | undefined,
  ): readonly [number, number] | undefined {
    return preferred && this.#isFree(preferred) ? preferred : this.#firstFreePair()
  }

  release(pair: readonly [number, number]): void {
    this.#receivers[pair[0]] = undefined
    this.#receivers[pair[1]] = undefined
  }

  /** Passes a frame to the receiver of its channel. A frame without a receiver is counted and dropped. */
  dispatch(channel: number, payload: Buffer): void {
    const receiver = this.#receivers[channel]
    if (receiver) receiver(payload)
    else this.unknownChannelFrames++
  }

  /** Number of interleaved channels that are in use; each stream uses two. */
  get size(): number {
    let size = 0
    for (const receiver of this.#receivers) if (receiver) size++
    return size
  }

  #isFree([rtp, rtcp]: readonly [number, number]): boolean {
    return (
      rtp >= 0 &&
      rtcp < channelCount &&
      rtp !== rtcp &&
      !this.#receivers[rtp] &&
      !this.#receivers[rtcp]
    )
  }

  #firstFreePair(): [number, number] | undefined {
    for (let rtp = 0; rtp < channelCount; rtp += 2) {
      if (!this.#receivers[rtp] && !this.#receivers[rtp + 1]) return [rtp, rtp + 1]
    }
    return undefined
  }
}
