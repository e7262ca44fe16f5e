/** The middle value, or the mean of the two; NaN values do not count. */
export function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return Number.NaN
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The smallest of the values that a fraction of them does not exceed. */
export function quantile(values, fraction) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN
}

const samplesOfBootstrap = 2000

/** The median, and the ends of the interval that holds it 95 times in 100 (bootstrap). */
export function spread(values) {
  const medians = Array.from({ length: samplesOfBootstrap }, () =>
    median(values.map(() => values[Math.floor(Math.random() * values.length)])),
  )
  return [median(values), quantile(medians, 0.025), quantile(medians, 0.975)]
}

/** A median with its interval, as text. */
export const shownSpread = ([middle, low, high]) =>
  `${middle.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`

export const sum = (values) => values.reduce((total, value) => total + value, 0)

/** Least squares: y = slope * x + intercept, and the share of y's variance that it explains. */
export function fitLine(points) {
  const meanX = sum(points.map(([x]) => x)) / points.length
  const meanY = sum(points.map(([, y]) => y)) / points.length
  const xx = sum(points.map(([x]) => (x - meanX) ** 2))
  const xy = sum(points.map(([x, y]) => (x - meanX) * (y - meanY)))
  const yy = sum(points.map(([, y]) => (y - meanY) ** 2))
  const slope = xy / xx
  return { slope, intercept: meanY - slope * meanX, r2: yy === 0 ? 1 : xy ** 2 / (xx * yy) }
}

/**
 * Median over the rounds of subject / other: both sides of a ratio saw the same machine.
 *
 * @param value - Reads the number from a measurement `{ round, subject, … }`.
 */
export function ratioOfRounds(measurements, subject, other, value) {
  const of = (name, round) =>
    measurements.find((one) => one.subject === name && one.round === round)
  const rounds = new Set(measurements.map(({ round }) => round))
  return median(
    [...rounds].map((round) => {
      const [one, another] = [of(subject, round), of(other, round)]
      return one && another ? value(one) / value(another) : Number.NaN
    }),
  )
}
