import { timestampDistance, timestampOf } from '../../rtp/index.js'
import type { Track } from '../track/track.js'

const none = -1

/**
 * Wall-clock times of the packets of one track that wait in a queue, as known when each packet arrived. After a jump of
 * the timestamps, the track no longer knows the times of the packets before.
 */
export class QueuedTimes {
  readonly #track: Pick<Track, 'clockRate' | 'unixTimeMsAt'>
  /** RTP timestamp and time of the packet that arrived last. */
  #arrivedTimestamp = none
  #arrivedMs: number | undefined
  /** RTP timestamp and time of the packet that was read last; `none` if it did not wait. */
  #timestamp = none
  #unixTimeMs: number | undefined
  /** RTP timestamp and time of the last packet with another timestamp. */
  #timestampBefore = none
  #unixTimeMsBefore: number | undefined

  constructor(track: Pick<Track, 'clockRate' | 'unixTimeMsAt'>) {
    this.#track = track
  }

  /** Returns the time of a packet that has just arrived, in milliseconds since 1970; `undefined` if it is not known. */
  ofArrival(packet: Buffer): number | undefined {
    const timestamp = timestampOf(packet)
    if (timestamp !== this.#arrivedTimestamp) {
      this.#arrivedTimestamp = timestamp
      this.#arrivedMs = this.#track.unixTimeMsAt(timestamp)
    }
    return this.#arrivedMs
  }

  /** Notes a packet that is read from the queue. @param unixTimeMs - Result of {@link ofArrival} for the packet. */
  noteQueued(packet: Buffer, unixTimeMs: number | undefined): void {
    const timestamp = timestampOf(packet)
    if (timestamp !== this.#timestamp) {
      this.#timestampBefore = this.#timestamp
      this.#unixTimeMsBefore = this.#unixTimeMs
    }
    this.#timestamp = timestamp
    this.#unixTimeMs = unixTimeMs
  }

  /** Notes that a packet is read as it arrives. */
  noteDirect(): void {
    this.#timestamp = none
    this.#unixTimeMs = undefined
    this.#timestampBefore = none
  }

  /** Returns the time of a unit that the packet read last has completed; `undefined` if it is not known. */
  ofUnit(timestamp: number): number | undefined {
    if (timestamp === this.#timestampBefore)
      return this.#unixTimeMsBefore ?? this.#present(timestamp)
    if (this.#unixTimeMs === undefined) return this.#present(timestamp)
    const ticks = timestampDistance(this.#timestamp, timestamp)
    return this.#unixTimeMs + (ticks / this.#track.clockRate) * 1000
  }

  /** Returns the time as the track knows it now: perhaps better than on arrival. */
  #present(timestamp: number): number | undefined {
    return this.#track.unixTimeMsAt(timestamp)
  }
}
