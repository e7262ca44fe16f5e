/** A picture, or a packet of sound, as a viewer has received it. */
export interface Mark {
  /** Number that is drawn in the picture, or that the first sample has. */
  readonly number: number
  /** Numbers up to the next mark: 1 for a picture, the samples of a packet. */
  readonly count: number
  /** RTP timestamp, modulo 2^32. */
  readonly timestamp: number
  /** Wall clock at the arrival, in milliseconds since 1970. */
  readonly arrivedMs: number
  /** Wall clock by the sender reports, in milliseconds since 1970; `undefined` before the first report. */
  readonly reportedMs: number | undefined
}

/** Comparison of the numbers of marks with their times. */
export interface Drift {
  readonly marks: number
  /** Marks with another number than counting gives. */
  readonly wrongNumbers: number
  /** Largest distance of an RTP timestamp from the one that counting gives, in ticks. */
  readonly maxTicks: number
  /**
   * Distances of the reported wall clock from the quickest arrivals of the first window, in milliseconds: at first, and at the
   * end. They do not tell a drift: reports begin with the first arrival, which may be late, and follow the earliest of
   * all tracks by 0.8 ms in a second.
   */
  readonly reportsFromArrivalsMs: readonly [first: number, last: number]
  /** Largest change of the reported wall clock within the second half, in milliseconds. */
  readonly reportedMs: number
  /**
   * Largest distance of the quickest arrival of a window from that of the first window, in milliseconds. A busy machine
   * delays some arrivals, and not the quickest one of a window.
   */
  readonly arrivalMs: number
}

export interface DriftOptions {
  readonly clockRate: number
  /** Ticks between two numbers. */
  readonly ticksPerNumber: number
  /** Number that is drawn as 0 again. */
  readonly modulus: number
  readonly windowMs: number
}

/** Counts from the first mark on, and compares each mark with the result. */
export function driftOf(marks: readonly Mark[], options: DriftOptions): Drift {
  const { clockRate, ticksPerNumber, modulus, windowMs } = options
  const [first] = marks
  let [wrongNumbers, maxTicks, total] = [0, 0, 0]
  const quickestMs: number[] = []
  const reports: number[] = []
  for (const mark of marks) {
    if (((first?.number ?? 0) + total) % modulus !== mark.number) wrongNumbers++
    const ticks = total * ticksPerNumber
    const distance = (mark.timestamp - (first?.timestamp ?? 0) - ticks) | 0
    maxTicks = Math.max(maxTicks, Math.abs(distance))
    const mediaMs = (ticks * 1000) / clockRate
    if (mark.reportedMs !== undefined) reports.push(mark.reportedMs - mediaMs)
    const window = Math.floor(mediaMs / windowMs)
    const delayMs = mark.arrivedMs - mediaMs
    quickestMs[window] = Math.min(quickestMs[window] ?? Number.POSITIVE_INFINITY, delayMs)
    total += mark.count
  }
  // The last window may be too short to have a quick arrival.
  const arrivals = fromFirst(quickestMs.slice(0, -1), quickestMs[0])
  const reported = fromFirst(reports, quickestMs[0])
  const settled = reports.slice(reports.length / 2)
  return {
    ...{ marks: marks.length, wrongNumbers, maxTicks },
    reportsFromArrivalsMs: [reported[0] ?? Number.NaN, reported.at(-1) ?? Number.NaN],
    reportedMs: Math.max(...settled) - Math.min(...settled),
    arrivalMs: Math.max(...arrivals),
  }
}

const fromFirst = (times: readonly number[], first = 0): number[] =>
  times.map((each) => Math.abs(each - first))
