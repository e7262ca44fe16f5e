/** RTP and RTCP inside the RTSP connection (RFC 2326 section 10.12): carriers and their channels. */

import { channelCount } from '../../rtsp/index.js'
import type { DirectSlot } from './direct-sends.js'

/** Key frames come every second or two with most streams; with one in 10 s or a minute it is long enough to wait. */
export const defaultMaxEntryWaitMs = 4000

/** The connection as its media see it: bytes go out here, in order, between RTSP messages. */
export interface InterleavedCarrier {
  /** Queues whole frames. The buffer may be shared with other carriers: nobody may change it. */
  writeFrames(frames: Buffer): void
  /** The peer is too far behind: what is not written yet should be left out. */
  readonly isCongested: boolean
  /**
   * How long a peer that has caught up waits for a key frame before it is sent pictures that it may not be able to decode,
   * in milliseconds.
   * @default {@link defaultMaxEntryWaitMs}
   */
  readonly maxEntryWaitMs?: number | undefined
  /** Allows this many bytes of a channel over the limit until the peer has caught up. */
  grant(channel: number, sizeBytes: number): void
  /** Where frames may be sent without asking, as long as the slot is open; not everything has one. */
  readonly direct?: DirectSlot | undefined
  readonly channels: ChannelTable
}

/** Called with the payload of each frame of a channel; a view, not changed afterwards. */
export type ChannelReceiver = (payload: Buffer) => void

/** Who hears which channel of one connection. Pairs are RTP (first) and RTCP (second). */
export class ChannelTable {
  /** By channel; as long as the highest channel that was ever taken. */
  readonly #receivers: (ChannelReceiver | undefined)[] = []
  /** Frames that came on a channel nobody had set up: dropped. */
  unknownChannelFrames = 0

  /**
   * Takes a pair of channels.
   *
   * @param preferred - What the client asked for; the next free even pair is taken where one of these is in use.
   * @returns The pair taken, or `undefined` when all are in use.
   */
  take(
    preferred: readonly [number, number] | undefined,
    receiveRtp: ChannelReceiver,
    receiveRtcp: ChannelReceiver,
  ): [number, number] | undefined {
    const pair = preferred && this.#isFree(preferred) ? preferred : this.#firstFreePair()
    if (!pair) return undefined
    while (this.#receivers.length <= Math.max(...pair)) this.#receivers.push(undefined)
    this.#receivers[pair[0]] = receiveRtp
    this.#receivers[pair[1]] = receiveRtcp
    return [pair[0], pair[1]]
  }

  release(pair: readonly [number, number]): void {
    this.#receivers[pair[0]] = undefined
    this.#receivers[pair[1]] = undefined
  }

  /** Gives a frame to whoever took its channel, or counts and drops it. */
  dispatch(channel: number, payload: Buffer): void {
    const receiver = this.#receivers[channel]
    if (receiver) receiver(payload)
    else this.unknownChannelFrames++
  }

  /** Channels in use. */
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
