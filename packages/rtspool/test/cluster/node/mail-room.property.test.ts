import { it } from 'vitest'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../support/fuzz-runs.js'
import { checkMail } from '../mail-model.js'

it(
  'carries out each request once at most, and answers all that no fault has touched',
  {
    timeout: fuzzTimeoutMs(),
  },
  () => checkMail({ runs: fuzzRuns(40), seed: fuzzSeed }),
)
