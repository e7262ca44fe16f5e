import { describe, expect, it } from 'vitest'
import { createSourceDescription, serializeCompound } from '../../src/rtcp/index.js'
import { masterKeyFrom, SrtpReceiver, SrtpSender, srtpSuites } from '../../src/srtp/index.js'
import { addMki, removeMki } from '../../src/srtp/mki.js'
import { rtpPacket } from '../support/test-server.js'

const report = serializeCompound([
  { type: 'receiverReport', ssrc: 9, reports: [] },
  createSourceDescription(9, 'x'),
])
const packetAt = (sequenceNumber: number) =>
  rtpPacket({ sequenceNumber, payload: Buffer.alloc(50, sequenceNumber) })

describe.each(Object.values(srtpSuites))(
  'the index of a key with $name',
  { tags: 'R-4' },
  (suite) => {
    const master = masterKeyFrom(suite, Buffer.alloc(suite.keyBytes + suite.saltBytes, 7))

    it.each([1, 2, 3, 4])(
      'of %i bytes is in each packet, and removed on receipt',
      { tags: 'A-SRT-6' },
      (mkiBytes) => {
        const mki = Buffer.alloc(mkiBytes, 0xa5)
        const sender = new SrtpSender(master)
        const receiver = new SrtpReceiver({ ...master, mki })
        for (const number of [1, 2, 3]) {
          const sealed = sender.protect(packetAt(number)) as Buffer
          expect(receiver.open(addMki(sealed, mki, suite, 'rtp'))).toEqual(packetAt(number))
          const sealedRtcp = sender.protectRtcp(report) as Buffer
          expect(receiver.openRtcp(addMki(sealedRtcp, mki, suite, 'rtcp'))).toEqual(report)
        }
      },
    )

    it('is before the tag of HMAC, and after that of GCM (RFC 3711 section 3.1, RFC 7714 section 8.2)', () => {
      const mki = Buffer.from('c0de', 'hex')
      const sender = new SrtpSender(master)
      const [rtp, rtcp] = [sender.protect(packetAt(1)), sender.protectRtcp(report)] as Buffer[]
      if (!rtp || !rtcp) throw new Error('packets expected')
      const behind = suite.cipher === 'AES-GCM' ? [0, 0] : [suite.rtpTagBytes, suite.rtcpTagBytes]
      for (const [index, packet] of [rtp, rtcp].entries()) {
        const kind = index === 0 ? 'rtp' : 'rtcp'
        const place = packet.length - (behind[index] ?? 0)
        const indexed = addMki(packet, mki, suite, kind)
        expect(indexed.subarray(0, place)).toEqual(packet.subarray(0, place))
        expect(indexed.subarray(place, place + 2)).toEqual(mki)
        expect(indexed.subarray(place + 2)).toEqual(packet.subarray(place))
        expect(removeMki(indexed, mki, suite, kind)).toEqual(packet)
      }
    })

    it('a packet with another index, or without one, is refused', { tags: 'B-SRTP' }, () => {
      const mki = Buffer.from([1, 2, 3, 4])
      const sender = new SrtpSender(master)
      const receiver = new SrtpReceiver({ ...master, mki })
      const sealed = sender.protect(packetAt(1)) as Buffer
      for (const other of [Buffer.from([1, 2, 3, 5]), Buffer.from([1, 2]), Buffer.alloc(0)]) {
        expect(receiver.open(addMki(sealed, other, suite, 'rtp'))).toBeUndefined()
      }
      for (let size = 0; size < sealed.length; size++) {
        expect(receiver.open(sealed.subarray(0, size))).toBeUndefined()
        expect(receiver.openRtcp(sealed.subarray(0, size))).toBeUndefined()
      }
      const indexed = addMki(sealed, mki, suite, 'rtp')
      expect(new SrtpReceiver(master).open(indexed)).toBeUndefined()
      // A packet is new once, even if its key later gets another index.
      expect(receiver.open(indexed)).toEqual(packetAt(1))
      receiver.noteMki(undefined)
      expect(receiver.open(sealed)).toBeUndefined()
      expect(receiver.open(sender.protect(packetAt(2)) as Buffer)).toEqual(packetAt(2))
    })
  },
)
