import { describe, expect, test } from 'vitest'
import { splitAnnexB, splitLengthPrefixed } from '../../../src/rtp/index.js'
import { bytesOf } from '../../support/bytes-of.js'

describe('samples are split into NAL units', { tags: ['A-PAY-1', 'A-PAY-2'] }, () => {
  test.each([
    { lengthSize: 4, sample: '00000002 6501 00000001 41', units: ['6501', '41'] },
    { lengthSize: 2, sample: '0002 6501 0001 41', units: ['6501', '41'] },
    { lengthSize: 1, sample: '02 6501 00 01 41', units: ['6501', '41'] },
    { lengthSize: 4, sample: '00000001 65 00000002 41', units: ['65'] },
    { lengthSize: 4, sample: '00000001 65 000000', units: ['65'] },
    { lengthSize: 4, sample: 'ffffffff 65', units: [] },
    { lengthSize: 4, sample: '', units: [] },
  ])('behind lengths of $lengthSize bytes: $sample', ({ lengthSize, sample, units }) => {
    expect(
      splitLengthPrefixed(bytesOf(sample), lengthSize).map((unit) => unit.toString('hex')),
    ).toEqual(units)
  })

  test.each([
    { stream: '00000001 6701 000001 68 00000001 65 0001', units: ['6701', '68', '650001'] },
    { stream: 'ff 000001 65 000000', units: ['65'] },
    { stream: '000001 000001 41', units: ['41'] },
    { stream: '00000000 000001 41 00000000 000001', units: ['41'] },
    { stream: '6501', units: [] },
    { stream: '', units: [] },
  ])('between start codes: $stream', ({ stream, units }) => {
    expect(splitAnnexB(bytesOf(stream)).map((unit) => unit.toString('hex'))).toEqual(units)
  })
})
