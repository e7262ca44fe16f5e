import type { AccessUnit } from './file-track.js'

/** Matroska rounds to milliseconds; what is further off than that is a real gap. */
const roundingSeconds = 0.0015

/**
 * Times units of sound by their samples as long as the file's own times agree, so that the rounding of the file
 * is not heard or seen in RTP timestamps.
 *
 * @param samplesOf - Of one channel in a unit.
 */
export async function* withSampleTimes(
  units: AsyncIterable<AccessUnit>,
  sampleRate: number,
  samplesOf: (unit: AccessUnit) => number,
): AsyncGenerator<AccessUnit> {
  let beginSeconds = Number.NEGATIVE_INFINITY
  let samples = 0
  for await (const unit of units) {
    // From where the sound began without a gap: sums of roundings would drift.
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
