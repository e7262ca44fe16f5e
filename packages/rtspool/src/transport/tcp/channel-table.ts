/** RTP and RTCP inside the RTSP connection (RFC 2326 section 10.12): carriers and their channels. */

import { channelCount } from '../../rtsp/index.js'
import type { DirectSlot } from './direct-sends.js'

/**
 * Default wait for a key frame, in milliseconds. Most streams send one every second or two; viewers
 * of other streams wait no longer than this.
 */
export const defaultMaxEntryWaitMs = 4000

/** The connection as seen by its media: sends frames in order, between RTSP messages. */
export interface InterleavedCarrier {
  /** Queues whole frames. The buffer may be shared with other carriers, so nobody may change it. */
  writeFrames(frames: Buffer): void
  /** True while the peer is too far behind: packets should be left out. */
  readonly isCongested: boolean
  /**
   * Milliseconds that a peer which has caught up waits for a key frame. After that it is sent
   * pictures that it may not be able to decode.
   * @default {@link defaultMaxEntryWaitMs}
   */
  readonly maxEntryWaitMs?: number | undefined
  /** Allows so many bytes of a channel above the limit until the peer has caught up. */
  grant(channel: number, sizeBytes: number): void
  /** Slot for sending frames directly while it is open. Some carriers have none. */
  readonly direct?: DirectSlot | undefined
  readonly channels: ChannelTable
}

/** Called with the payload of each frame of a channel: a view, not changed afterwards. */
export type ChannelReceiver = (payload: Buffer) => void

/** Receivers by channel of one connection. Pairs are RTP (first) and RTCP (second). */
export class ChannelTable {
  /** Receivers by channel number, up to the highest channel ever in use. */
  readonly #receivers: (ChannelReceiver | undefined)[] = []
  /** Frames dropped because nobody had set up their channel. */
  unknownChannelFrames = 0

  /**
   * Reserves a pair of channels.
   *
   * @param preferred - The pair that the client requested. If one of its channels is in use, the
   *   next free even pair is taken.
   * @returns The pair, or `undefined` if all are in use.
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

  /** The pair that {@link take} would take now. */
  freePair(
    preferred: readonly [number, number] | undefined,
  ): readonly [number, number] | undefined {
    return preferred && this.#isFree(preferred) ? preferred : this.#firstFreePair()
  }

  release(pair: readonly [number, number]): void {
    this.#receivers[pair[0]] = undefined
    this.#receivers[pair[1]] = undefined
  }

  /** Passes a frame to the receiver of its channel, or counts and drops it. */
  dispatch(channel: number, payload: Buffer): void {
    const receiver = this.#receivers[channel]
    if (receiver) receiver(payload)
    else this.unknownChannelFrames++
  }

  /** Number of channels in use. */
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
