import { describe, expect, it } from 'vitest'
import { StreamSecurity } from '../../../src/media/streams/stream-security.js'
import type { SrtpOffer } from '../../../src/mikey/index.js'
import { createSourceDescription, serializeCompound } from '../../../src/rtcp/index.js'
import { type MasterKey, masterKeyFrom, SrtpSender, srtpSuites } from '../../../src/srtp/index.js'
import { rtpPacket } from '../../support/test-server.js'

const suite = srtpSuites.AES_CM_128_HMAC_SHA1_80
const keyOf = (byte: number): MasterKey => masterKeyFrom(suite, Buffer.alloc(30, byte))
const offerOf = (master: MasterKey): SrtpOffer => ({ master, rolloverCounters: new Map() })
const [ours, first, second, unknown] = [1, 2, 3, 4].map(keyOf) as [
  MasterKey,
  MasterKey,
  MasterKey,
  MasterKey,
]

function sealed(sender: SrtpSender, sequenceNumber: number): Buffer {
  const packet = sender.protect(rtpPacket({ sequenceNumber }))
  if (!packet) throw new Error('the index is spent')
  return packet
}

function sealedRtcp(sender: SrtpSender): Buffer {
  const receiverReport = { type: 'receiverReport', ssrc: 9, reports: [] } as const
  const compound = serializeCompound([receiverReport, createSourceDescription(9, 'x')])
  return sender.protectRtcp(compound) as Buffer
}

describe('StreamSecurity', () => {
  it('counts packets that are not authentic, repeated or too short', { tags: 'B-SRTP' }, () => {
    const security = new StreamSecurity(new SrtpSender(ours), offerOf(first))
    const packet = sealed(new SrtpSender(first), 1)
    expect(security.open(packet)).toBeDefined()
    expect(security.rejectedPackets).toBe(0)
    const forged = sealed(new SrtpSender(unknown), 2)
    for (const rejected of [packet, forged, Buffer.alloc(5), Buffer.alloc(0)]) {
      expect(security.open(rejected)).toBeUndefined()
      expect(security.openRtcp(rejected)).toBeUndefined()
    }
    expect(security.openRtcp(sealedRtcp(new SrtpSender(first)))).toBeDefined()
    expect(security.rejectedPackets).toBe(8)
  })

  it('late packets under the previous key are accepted, and the count continues', {
    tags: 'B-SRTP',
  }, () => {
    const before = new StreamSecurity(new SrtpSender(ours), offerOf(first))
    const sender = new SrtpSender(first)
    before.open(sealed(sender, 1))
    before.open(Buffer.alloc(5))
    before.rekey(offerOf(second))
    expect(before.open(sealed(sender, 2))).toBeDefined()
    expect(before.openRtcp(sealedRtcp(sender))).toBeDefined()
    expect(before.open(sealed(new SrtpSender(second), 3))).toBeDefined()
    expect(before.rejectedPackets).toBe(1)
    expect(new StreamSecurity(before.sender, offerOf(second), before).rejectedPackets).toBe(1)
  })
})
