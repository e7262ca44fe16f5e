import type { Clock } from '../../src/clock.js'
import type { MediaOutput, PlayRange, SeekableSource } from '../../src/media/media-source.js'
import { rtpPacket } from './test-server.js'
import { TestSource } from './test-source.js'

/** A source of 10 s with a key frame every 2 s, from which a test sends packets one by one. */
export class StoredTestSource extends TestSource implements SeekableSource {
  readonly durationSeconds = 10
  readonly sought: PlayRange[] = []
  /** Error with which `seek` fails. */
  seekFailure: Error | undefined
  /** Promise that `seek` awaits. */
  seekGate: Promise<void> | undefined
  #clock: Clock | undefined
  #startSeconds = 0
  #endSeconds = this.durationSeconds
  #runningSinceMs: number | undefined
  #isOver = false

  override start(output: MediaOutput): void {
    super.start(output)
    this.#clock = output.clock
    for (const track of output.tracks) {
      track.startAt({ ssrc: track.index + 1, sequenceNumber: 100, timestamp: 0 })
    }
  }

  get positionSeconds(): number {
    if (this.#isOver) return this.#endSeconds
    if (this.#runningSinceMs === undefined) return this.#startSeconds
    return this.#startSeconds + ((this.#clock?.now() ?? 0) - this.#runningSinceMs) / 1000
  }

  async seek(range: PlayRange): Promise<number> {
    this.sought.push(range)
    this.#runningSinceMs = undefined
    await this.seekGate
    if (this.seekFailure) throw this.seekFailure
    this.#isOver = false
    this.#startSeconds = 2 * Math.floor(range.startSeconds / 2)
    this.#endSeconds = range.endSeconds
    this.#announce()
    return this.#startSeconds
  }

  resume(): void {
    this.#runningSinceMs = this.#clock?.now()
    const unixMs = this.#clock?.unixTimeMs() ?? 0
    for (const track of this.output?.tracks ?? []) {
      track.mapTime(unixMs, this.#startSeconds * track.clockRate)
    }
  }

  pause(): void {
    this.#startSeconds = this.positionSeconds
    this.#runningSinceMs = undefined
    this.#announce()
  }

  /** Sends a packet of the present position. */
  push(index = 0): void {
    const track = this.output?.tracks[index]
    const sequenceNumber = track?.position?.sequenceNumber ?? 0
    const timestamp = Math.round(this.positionSeconds * (track?.clockRate ?? 0))
    track?.push(rtpPacket({ sequenceNumber, timestamp, ssrc: index + 1, marker: true }))
  }

  /** Reports that the whole range has been sent. */
  endRange(): void {
    this.#isOver = true
    this.#runningSinceMs = undefined
    this.output?.rangeEnded()
  }

  #announce(): void {
    for (const track of this.output?.tracks ?? []) {
      const { position } = track
      const timestamp = this.#startSeconds * track.clockRate
      if (position) track.startAt({ ...position, timestamp })
    }
  }
}
