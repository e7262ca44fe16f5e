import { expect, test } from 'vitest'
import { parseCompound, serializeSenderReport } from '../../src/rtcp/index.js'

test('counters that have grown beyond 32 bits wrap', { tags: 'A-RTC-2' }, () => {
  const bytes = serializeSenderReport({
    type: 'senderReport',
    ssrc: 1,
    ntpTime: { seconds: 0, fraction: 0 },
    rtpTime: 2 ** 32 + 1,
    packetCount: 2 ** 33 + 2,
    octetCount: 2 ** 40 + 3,
    reports: [],
  })
  expect(parseCompound(bytes)).toMatchObject([{ rtpTime: 1, packetCount: 2, octetCount: 3 }])
})
