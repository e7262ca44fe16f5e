import type { MulticastAddressPool } from '../../transport/multicast/address-pool.js'
import type { MulticastCarrier } from '../../transport/udp/udp-ports.js'
import { MulticastStream } from './multicast-stream.js'
import type { Track } from './track.js'

/** The multicast streams of one media: one for each track and sending port. */
export class MulticastStreams {
  readonly pool: MulticastAddressPool
  readonly #streams: MulticastStream[] = []

  constructor(pool: MulticastAddressPool) {
    this.pool = pool
  }

  /**
   * Returns the multicast stream that sends a track through the ports of `carrier`. The first call creates the stream.
   */
  streamOf(track: Track, carrier: MulticastCarrier): MulticastStream {
    const existing = this.#streams.find(
      (stream) => stream.track === track && stream.carrier.rtp === carrier.rtp,
    )
    if (existing) return existing
    const stream = new MulticastStream(track, this.pool, carrier)
    this.#streams.push(stream)
    return stream
  }

  /**
   * Gives the pool back the addresses and ports of all streams. Call after the media has ended and all viewers have
   * left.
   */
  close(): void {
    for (const stream of this.#streams.splice(0)) stream.forget()
  }
}
