import type { AccessUnit, FileTrack } from '../../../src/media/file/tracks/file-track.js'
import { Track } from '../../../src/media/track/track.js'
import { timestampOf } from '../../../src/rtp/index.js'
import type { MediaDescription } from '../../../src/sdp/index.js'
import type { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

/** Reads a track into memory: reading it again takes no time, only turns of the event loop. */
export async function inMemory(track: FileTrack): Promise<FileTrack> {
  const units: AccessUnit[] = []
  for await (const unit of track.accessUnits()) units.push(unit)
  return {
    ...track,
    accessUnits: async function* (fromSeconds = 0) {
      const from = units.findLastIndex(({ isKey, seconds }) => isKey && seconds <= fromSeconds)
      yield* units.slice(Math.max(0, from))
    },
  }
}

/** Records sent packets with their times. */
export class RecordingTrack extends Track {
  readonly sent: { readonly atMs: number; readonly packet: Buffer }[] = []
  readonly #clock: ManualClock
  constructor(index: number, description: MediaDescription, clock: ManualClock) {
    super({ index, description, clock, cname: 'test' })
    this.#clock = clock
  }
  override push(packet: Buffer): boolean {
    this.sent.push({ atMs: this.#clock.now(), packet })
    return super.push(packet)
  }
}

/** Moves time in steps below the read-ahead, with turns of the event loop for the reading. */
export async function turn(clock: ManualClock, ms: number): Promise<void> {
  const stepMs = 200
  await nextTurn()
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed))
    await nextTurn()
  }
}

/** Groups packets by access unit: those with one timestamp. */
export function unitsOf(packets: readonly { atMs: number; packet: Buffer }[]) {
  const units: { atMs: number; timestamp: number }[] = []
  for (const { atMs, packet } of packets) {
    const timestamp = timestampOf(packet)
    if (units.at(-1)?.timestamp !== timestamp) units.push({ atMs, timestamp })
  }
  return units
}
