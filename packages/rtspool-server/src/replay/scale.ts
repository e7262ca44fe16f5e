import type { PlayManner } from 'rtspool'
import type { FootageUnit } from './footage-units.js'
import type { StoredTrack } from './stored-tracks.js'
import type { DueUnit } from './unit-sender.js'

/**
 * Maximum of Scale and of Speed as multiples of normal, in either direction. A viewer that asks for more gets this; the
 * minimum is the inverse.
 */
const maxRate = 32
/** Maximum scale (multiple of normal playback) at which all pictures are sent by default; above it, only key frames. */
export const maxWholeScale = 4

/** Returns the rate that a viewer gets: the asked one, within the limits. */
export const limitedRate = (rate: number): number =>
  Math.sign(rate) * Math.min(Math.max(Math.abs(rate), 1 / maxRate), maxRate)

/** Yields the pictures only, if there are any: nobody understands sound at another rate. */
export async function* withoutSound(
  units: AsyncGenerator<FootageUnit, void, void>,
  tracks: readonly StoredTrack[],
): AsyncGenerator<FootageUnit, void, void> {
  const hasPicture = tracks.some(({ kind }) => kind === 'video')
  for await (const unit of units) {
    if (!hasPicture || tracks[unit.lane]?.kind === 'video') yield unit
  }
}

/** Yields the units with the times at which they are sent and end, in milliseconds of playback at a scale and speed. */
export async function* duesOf(
  units: AsyncGenerator<FootageUnit, void, void>,
  { scale, speed }: Pick<PlayManner, 'scale' | 'speed'>,
): AsyncGenerator<DueUnit, void, void> {
  const rate = Math.abs(scale) * speed
  let first: FootageUnit | undefined
  let lastMs = 0
  for await (const unit of units) {
    first ??= unit
    const passedMs = Math.abs(unit.sendMs - first.sendMs) - (unit.skippedMs - first.skippedMs)
    const dueMs = Math.max(lastMs, passedMs / rate)
    lastMs = dueMs
    yield { unit, dueMs, endMs: dueMs + unit.durationMs / rate }
  }
}
