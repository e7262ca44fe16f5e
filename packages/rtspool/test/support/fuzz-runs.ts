/** Default number of inputs for each target. */
const defaultRuns = 10_000

/** For longer runs by hand; see CONTRIBUTING.md. */
const { RTSPOOL_FUZZ_RUNS = String(defaultRuns), RTSPOOL_FUZZ_SEED = '24301' } = process.env

const runs = Number(RTSPOOL_FUZZ_RUNS)
if (!(runs >= 1)) throw new Error(`RTSPOOL_FUZZ_RUNS: expected 1 or more, got ${RTSPOOL_FUZZ_RUNS}`)

/** Seed of all random numbers; any number but 0. */
export const fuzzSeed = Number(RTSPOOL_FUZZ_SEED)

/** Returns the number of runs of a test, in proportion to its `usual` number. */
export const fuzzRuns = (usual = defaultRuns): number => Math.ceil((usual * runs) / defaultRuns)

/** Returns a time limit that grows with the number of runs. */
export const fuzzTimeoutMs = (usual = 60_000): number => usual * Math.max(1, runs / defaultRuns)
