/** The shortest of some runs in milliseconds: what the work costs when nobody else has the core. */
export function fastestMs(work: () => unknown, runs = 5): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    work()
    fastest = Math.min(fastest, performance.now() - start)
  }
  return fastest
}
