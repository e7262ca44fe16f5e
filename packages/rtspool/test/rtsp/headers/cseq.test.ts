import { describe, expect, it } from 'vitest'
import { parseCSeq } from '../../../src/rtsp/headers/cseq.js'
import { cSeqCases, refusedCSeqs } from '../header-cases.js'
import { checkCases, refusalOf } from './check-cases.js'

describe('CSeq', () => {
  checkCases(cSeqCases, refusedCSeqs, parseCSeq)

  it('a missing one has its own error', { tags: 'A-MSG-5' }, () => {
    expect(refusalOf(() => parseCSeq(undefined)).code).toBe('ERR_CSEQ_MISSING')
  })
})
