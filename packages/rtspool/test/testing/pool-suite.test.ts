import { describe, test } from 'vitest'
import { SessionPool } from '../../src/session-pool/index.js'
import { testSessionPool } from '../../src/testing/index.js'

/** Ids of the checklist and of the threats that tests of the suite cover. */
const tags = [
  'A-SES-1',
  'A-SES-2',
  'A-SES-5',
  'A-SES-6',
  'A-SES-9',
  'B-FULL',
  'B-GUESS',
  'B-HIJ',
  'B-NPOOL',
  'B-TOUCH',
  'S-4',
]

describe('SessionPool', { tags }, () => {
  testSessionPool({ test, createPool: (options) => new SessionPool(options) })
})
