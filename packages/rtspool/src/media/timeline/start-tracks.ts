import { randomInt } from 'node:crypto'
import type { TrackOutput, TrackPosition } from '../../public/track.js'

/** One track of a source at the start of its RTP stream. `Own` is the type in which the source keeps its tracks. */
export interface StartedTrack<Own> {
  /** Object in which the source keeps the track, as passed to {@link startTracks}. */
  readonly own: Own
  /** Output to which the source pushes the packets of the track. */
  readonly track: TrackOutput
  /** SSRC, sequence number and RTP timestamp that the first packet must have, drawn at random. */
  readonly start: TrackPosition
}

/**
 * Starts the RTP stream of each track of a source at a random position; `MediaSource.start` calls it. The source then
 * pushes packets which continue from there.
 *
 * ```ts
 * start({ tracks }: MediaOutput) {
 *   this.#lanes = startTracks(tracks, this.#files).map(({ own, track, start }) => …)
 * }
 * ```
 *
 * @param outputs - `tracks` of the `MediaOutput`.
 * @param own - Tracks as the source keeps them, in the order of its description.
 * @throws {TypeError} If there are fewer outputs than tracks.
 * @see RFC 3550 section 5.1
 */
export function startTracks<Own>(
  outputs: readonly TrackOutput[],
  own: readonly Own[],
): StartedTrack<Own>[] {
  return own.map((each, index) => {
    const track = outputs[index]
    if (!track) throw new TypeError(`expected ${own.length} tracks, got ${outputs.length}`)
    const start = randomPosition()
    track.startAt(start)
    return { own: each, track, start }
  })
}

/**
 * Returns a position for the first packet of an RTP stream. All three numbers are random, so that they cannot be
 * guessed (RFC 3550 section 5.1).
 */
export const randomPosition = (): TrackPosition => ({
  ssrc: randomInt(2 ** 32),
  sequenceNumber: randomInt(2 ** 16),
  timestamp: randomInt(2 ** 32),
})
