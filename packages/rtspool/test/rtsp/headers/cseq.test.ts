import { describe, expect, it } from 'vitest'
import { parseCSeq, serializeCSeq } from '../../../src/rtsp/headers/cseq.js'
import { cSeqCases, refusedCSeqs } from '../header-cases.js'
import { checkCases, refusalOf } from './check-cases.js'

describe('CSeq', () => {
  checkCases(cSeqCases, refusedCSeqs, parseCSeq, serializeCSeq)

  it('A-MSG-5 none is an error of its own', () => {
    expect(refusalOf(() => parseCSeq(undefined)).code).toBe('ERR_CSEQ_MISSING')
  })

  it('a number that cannot be sent is misuse', () => {
    for (const cSeq of [-1, 0.5, 2 ** 32, Number.NaN]) {
      expect(() => serializeCSeq(cSeq)).toThrow(RangeError)
    }
  })
})
