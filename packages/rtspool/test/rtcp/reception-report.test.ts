import { expect, test } from 'vitest'
import { parseCompound, serializeReceiverReport } from '../../src/rtcp/index.js'
import { report } from './samples.js'

test('cumulativeLost sticks at the ends of its 24 bits', () => {
  const lostAfter = (cumulativeLost: number): unknown => {
    const reports = [{ ...report, cumulativeLost }]
    const bytes = serializeReceiverReport({ type: 'receiverReport', ssrc: 1, reports })
    const [packet] = parseCompound(bytes)
    return packet?.type === 'receiverReport' ? packet.reports[0]?.cumulativeLost : undefined
  }
  expect(lostAfter(0x800000)).toBe(0x7fffff)
  expect(lostAfter(-0x800001)).toBe(-0x800000)
})
