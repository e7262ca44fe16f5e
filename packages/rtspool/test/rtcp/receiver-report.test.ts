import { describe, expect, it } from 'vitest'
import { parseCompound, receiverReport, serializeCompound } from '../../src/rtcp/index.js'

const reception = {
  ssrc: 9,
  fractionLost: 3,
  cumulativeLost: 12,
  extendedHighestSequenceNumber: 70_000,
  interarrivalJitter: 21,
  lsr: 0x01020304,
  dlsr: 65_536,
}

describe('the report of a receiver', () => {
  it('is a compound packet with the reception of the source and a CNAME', () => {
    expect(parseCompound(serializeCompound(receiverReport(7, reception)))).toEqual([
      { type: 'receiverReport', ssrc: 7, reports: [reception] },
      {
        type: 'sourceDescription',
        chunks: [{ ssrc: 7, items: [{ itemType: 1, value: 'rtspool' }] }],
      },
    ])
  })

  it('has no reception before the first packet of the source', () => {
    const [report, description] = receiverReport(7, undefined)
    expect(report).toEqual({ type: 'receiverReport', ssrc: 7, reports: [] })
    expect(description.chunks).toHaveLength(1)
  })
})
