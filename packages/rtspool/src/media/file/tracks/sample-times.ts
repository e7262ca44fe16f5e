import type { AccessUnit } from './file-track.js'

/** Matroska rounds to milliseconds; a larger difference is a real gap. */
const roundingSeconds = 0.0015

/**
 * Derives the times of sound from the number of samples while the file's own times agree. Rounding
 * in the file thus has no effect on RTP timestamps.
 *
 * @param samplesOf - Returns the samples per channel of a unit.
 */
export async function* withSampleTimes(
  units: AsyncIterable<AccessUnit>,
  sampleRate: number,
  samplesOf: (unit: AccessUnit) => number,
): AsyncGenerator<AccessUnit> {
  let beginSeconds = Number.NEGATIVE_INFINITY
  let samples = 0
  for await (const unit of units) {
    // Counted from the start of the gapless sound: a sum of rounded values would drift.
    let seconds = beginSeconds + samples / sampleRate
    if (Math.abs(unit.seconds - seconds) > roundingSeconds) {
      seconds = unit.seconds
      beginSeconds = seconds
      samples = 0
    }
    const unitSamples = samplesOf(unit)
    samples += unitSamples
    yield { ...unit, seconds, durationSeconds: unitSamples / sampleRate }
  }
}
