import fc from 'fast-check'
import { afterEach } from 'vitest'
import './equal-bytes.js'
import './equal-sessions.js'
import { fuzzSeed } from './fuzz-runs.js'
import { closeOpenThings } from './open-things.js'
import { sendByThreads } from './send-by-threads.js'

// Runs before each test file, in every worker: a hook in a shared module would be registered only
// once.
afterEach(closeOpenThings)

const { TEST_SEND_THREADS: countsFolder } = process.env
if (countsFolder !== undefined) await sendByThreads(countsFolder)

// The same inputs in each run, so that a change is judged by its own faults. CONTRIBUTING.md names the
// variable that draws others.
fc.configureGlobal({ seed: fuzzSeed })
