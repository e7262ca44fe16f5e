import type { MediaOutput, MediaSource } from '../../src/media/media-source.js'
import { createMediaDescription, createSessionDescription } from '../../src/sdp/index.js'

/** A source with one video and one audio track that a test pushes packets into. */
export class TestSource implements MediaSource {
  readonly description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'test' })
  startCount = 0
  closeCount = 0
  output: MediaOutput | undefined
  /** Makes `start` fail. */
  failure: Error | undefined

  constructor() {
    this.description.media.push(
      createMediaDescription({
        kind: 'video',
        payloadType: 96,
        encoding: 'H264',
        clockRate: 90_000,
      }),
      createMediaDescription({
        kind: 'audio',
        payloadType: 97,
        encoding: 'opus',
        clockRate: 48_000,
        channels: 2,
      }),
    )
  }

  start(output: MediaOutput): void {
    this.startCount++
    if (this.failure) throw this.failure
    this.output = output
  }

  close(): void {
    this.closeCount++
  }
}

/**
 * Pushes a packet into a track of the first of the sources.
 *
 * @returns The answer of the track: `false` once its media is closed.
 * @throws {Error} When there is no such source or track, or the source was never started: no packet would be sent.
 */
export function pushTo(sources: readonly TestSource[], track: number, packet: Uint8Array): boolean {
  const [source] = sources
  if (!source) throw new Error('no source was made')
  if (!source.output) throw new Error('the source was not started')
  const { tracks } = source.output
  const output = tracks[track]
  if (!output) throw new Error(`expected a track from 0 to ${tracks.length - 1}, got ${track}`)
  return output.push(packet)
}
