import type { AccessUnit } from './file-track.js'

/**
 * Maximum difference in seconds between a file's time and the number of samples that counts as rounding. Matroska
 * rounds to milliseconds; a larger difference is a real gap.
 */
const roundingSeconds = 0.0015

/**
 * Replaces the times of sound units by times computed from the number of samples, as long as the file's own times
 * agree. Rounding in the file thus has no effect on RTP timestamps.
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
