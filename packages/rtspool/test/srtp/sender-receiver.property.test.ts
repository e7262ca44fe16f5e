import { describe, expect, it } from 'vitest'
import { masterKeyFrom, SrtpReceiver, SrtpSender, srtpSuites } from '../../src/srtp/index.js'
import { rtpPacket } from '../support/test-server.js'
import { gcm } from './vectors.js'

const suite = srtpSuites.AES_CM_128_HMAC_SHA1_80
const master = masterKeyFrom(suite, Buffer.alloc(30, 7))
const packetAt = (sequenceNumber: number, content = sequenceNumber, ssrc = 1): Buffer =>
  rtpPacket({ sequenceNumber, ssrc, payload: Buffer.alloc(20, content) })

function protect(sender: SrtpSender, packet: Buffer): Buffer {
  const sealed = sender.protect(packet)
  if (!sealed) throw new Error('the index is spent')
  return sealed
}

describe('SrtpReceiver', () => {
  it('accepts a packet once', { tags: 'A-SRT-6' }, () => {
    const sealed = protect(new SrtpSender(master), packetAt(5))
    const receiver = new SrtpReceiver(master)
    expect(receiver.open(sealed)).toEqual(packetAt(5))
    expect(receiver.open(sealed)).toBeUndefined()
  })

  it('accepts late packets once while they are in the window, older ones never', {
    tags: 'A-SRT-6',
  }, () => {
    const sender = new SrtpSender(master)
    const sealed = Array.from({ length: 1100 }, (_, number) => protect(sender, packetAt(number)))
    const receiver = new SrtpReceiver(master)
    expect(receiver.open(sealed[1099] as Buffer)).toBeDefined()
    for (const late of [1098, 1036, 76]) {
      expect(receiver.open(sealed[late] as Buffer)).toEqual(packetAt(late))
      expect(receiver.open(sealed[late] as Buffer)).toBeUndefined()
    }
    expect(receiver.open(sealed[75] as Buffer)).toBeUndefined()
  })

  it('follows the sequence numbers across their wrap, with reordered packets', {
    tags: 'A-SRT-6',
  }, () => {
    const sender = new SrtpSender(master)
    const receiver = new SrtpReceiver(master)
    const numbers = [65_533, 65_535, 65_534, 0, 2, 1, 3]
    const sealed = numbers.map((number) => protect(sender, packetAt(number)))
    expect(sender.rolloverCounter).toBe(1)
    const [a, b, c, d, e, f, g] = sealed as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
    // The last packet of the old round arrives after the first of the new one.
    for (const packet of [a, d, b, e, c, g, f]) expect(receiver.open(packet)).toBeDefined()
  })

  it('needs the rollover counter to join after a wrap of the sequence numbers', {
    tags: 'A-SRT-6',
  }, () => {
    const sender = new SrtpSender(master)
    for (const number of [65_000, 65_535, 10]) sender.skip(packetAt(number))
    const sealed = protect(sender, packetAt(11))
    expect(new SrtpReceiver(master).open(sealed)).toBeUndefined()
    const told = new SrtpReceiver(master, new Map([[1, sender.rolloverCounter]]))
    expect(told.open(sealed)).toEqual(packetAt(11))
  })

  it('forged packets change nothing', { tags: 'B-SRTP' }, () => {
    const sender = new SrtpSender(master)
    const receiver = new SrtpReceiver(master)
    expect(receiver.open(protect(sender, packetAt(100)))).toBeDefined()
    // Forged packets, half a round and a whole window ahead.
    const stranger = new SrtpSender(masterKeyFrom(suite, Buffer.alloc(30, 8)))
    for (const number of [1200, 30_000, 32_000]) {
      expect(receiver.open(protect(stranger, packetAt(number)))).toBeUndefined()
    }
    expect(receiver.open(protect(sender, packetAt(101)))).toEqual(packetAt(101))
  })

  it('continues after the key is sent again, and accepts new rollover counters', {
    tags: 'B-SRTP',
  }, () => {
    const sender = new SrtpSender(master)
    const receiver = new SrtpReceiver(master)
    const sealed = protect(sender, packetAt(40_000))
    expect(receiver.open(sealed)).toBeDefined()
    expect(receiver.hasKey(masterKeyFrom(suite, Buffer.alloc(30, 7)))).toBe(true)
    expect(receiver.hasKey(masterKeyFrom(suite, Buffer.alloc(30, 8)))).toBe(false)
    for (const number of [65_000, 30_000, 60_000, 20_000]) sender.skip(packetAt(number))
    const missed = protect(sender, packetAt(20_001))
    expect(receiver.open(missed)).toBeUndefined()
    receiver.noteRolloverCounters(new Map([[1, sender.rolloverCounter]]))
    expect(receiver.open(missed)).toEqual(packetAt(20_001))
    receiver.noteRolloverCounters(new Map())
    for (const old of [sealed, missed]) expect(receiver.open(old)).toBeUndefined()
    expect(receiver.open(protect(sender, packetAt(20_002)))).toEqual(packetAt(20_002))
  })

  it('keeps the sources of one key apart', () => {
    const receiver = new SrtpReceiver(master)
    for (const ssrc of [1, 2, 3]) {
      const sealed = protect(new SrtpSender(master), packetAt(9, 9, ssrc))
      expect(receiver.open(sealed)).toEqual(packetAt(9, 9, ssrc))
    }
  })

  it('accepts a limited number of sources', { tags: 'B-SRTP' }, () => {
    const receiver = new SrtpReceiver(master)
    const opened = Array.from({ length: 70 }, (_, ssrc) =>
      receiver.open(protect(new SrtpSender(master), packetAt(9, 9, ssrc))),
    )
    expect(opened.filter((packet) => packet !== undefined)).toHaveLength(64)
  })

  it('accepts RTCP once, also if late', { tags: 'A-SRT-6' }, () => {
    const sender = new SrtpSender(master)
    const sealed = [0, 1, 2].map(() => sender.protectRtcp(gcm.plainRtcp) as Buffer)
    const receiver = new SrtpReceiver(master)
    for (const at of [2, 0, 1])
      expect(receiver.openRtcp(sealed[at] as Buffer)).toEqual(gcm.plainRtcp)
    for (const at of [0, 1, 2]) expect(receiver.openRtcp(sealed[at] as Buffer)).toBeUndefined()
  })

  it('refuses packets that are too short', () => {
    const receiver = new SrtpReceiver(master)
    for (let size = 0; size < 24; size++) {
      expect(receiver.open(Buffer.alloc(size, 0x80))).toBeUndefined()
      expect(receiver.openRtcp(Buffer.alloc(size, 0x80))).toBeUndefined()
    }
  })
})

describe('SrtpSender', () => {
  it('uses no index twice: repeated and too old packets are refused', { tags: 'B-SRTP' }, () => {
    const sender = new SrtpSender(master)
    for (let number = 0; number < 2000; number++)
      expect(sender.protect(packetAt(number))).toBeDefined()
    expect(sender.protect(packetAt(1990, 99))).toBeUndefined()
    expect(sender.protect(packetAt(3, 99))).toBeUndefined()
    // No index exists before the beginning either.
    expect(sender.protect(packetAt(65_000))).toBeUndefined()
    expect(sender.protect(packetAt(2000))).toBeDefined()
  })

  it('an SSRC that is used again continues at its position', { tags: 'B-SRTP' }, () => {
    const sender = new SrtpSender(master)
    expect(sender.protect(packetAt(7, 1, 1))).toBeDefined()
    expect(sender.protect(packetAt(7, 2, 2))).toBeDefined()
    expect(sender.protect(packetAt(7, 3, 1))).toBeUndefined()
    expect(sender.protect(packetAt(8, 4, 1))).toBeDefined()
  })

  it('accepts a limited number of SSRCs', { tags: 'B-SRTP' }, () => {
    const sender = new SrtpSender(master)
    const sealed = Array.from({ length: 70 }, (_, ssrc) => sender.protect(packetAt(1, 1, ssrc)))
    expect(sealed.filter((packet) => packet !== undefined)).toHaveLength(64)
  })

  it('the index of RTCP never repeats, for any SSRC', { tags: 'B-SRTP' }, () => {
    const sender = new SrtpSender(master)
    const other = Buffer.from(gcm.plainRtcp)
    other.writeUInt32BE(5, 4)
    const words = [gcm.plainRtcp, other, gcm.plainRtcp].map((compound) =>
      sender.protectRtcp(compound)?.readUInt32BE(compound.length),
    )
    expect(words).toEqual([0x8000_0000, 0x8000_0001, 0x8000_0002])
  })

  it('protects the same packet again to the same bytes, but no refused packet', () => {
    const sender = new SrtpSender(master)
    const packets = [10, 11, 12].map((number) => packetAt(number))
    const sealed = packets.map((packet) => sender.protect(packet))
    const forged = packetAt(11, 99)
    expect(sender.protect(forged)).toBeUndefined()
    const again = sender.repeatable([...packets, forged])
    expect(again).toEqual(packets)
    expect(sender.protectAgain(again)).toEqual(sealed)
  })

  it('repeats nothing once the rollover counter has changed', { tags: 'B-SRTP' }, () => {
    const sender = new SrtpSender(master)
    const last = packetAt(65_535)
    sender.skip(last)
    const again = sender.repeatable([last])
    expect(again).toEqual([last])
    expect(sender.protect(packetAt(0))).toBeDefined()
    // Index 131,071 belongs to a later packet.
    expect(sender.protectAgain(again)).toEqual([])
    expect(sender.protect(packetAt(1, 1, 2))).toBeDefined()
    expect(sender.protectAgain(again)).toEqual([])
  })

  /** Counts packets, with consecutive sequence numbers. */
  const pass = (sender: SrtpSender, from: number, count: number): void => {
    for (let number = from; number < from + count; number++) sender.skip(packetAt(number % 65_536))
  }

  it.each([
    ['at once', 65_535, 1],
    ['in the middle of the next round', 65_535, 40_000],
    ['three rounds later', 10_000, 200_000],
  ])(
    'leads a receiver with the previous counter to the present one: %s',
    { tags: 'A-SRT-6' },
    (_, from, count) => {
      const sender = new SrtpSender(master)
      pass(sender, from - 100, 100)
      const told = sender.toldPosition
      expect([sender.hasRolledOver(told), sender.stepsFrom(told)]).toEqual([false, []])
      pass(sender, from, count + 1)
      expect(sender.hasRolledOver(told)).toBe(true)
      const receiver = new SrtpReceiver(master)
      const next = packetAt((from + count + 1) % 65_536)
      expect(sender.stepsFrom(told).every((step) => receiver.open(step))).toBe(true)
      expect(receiver.open(protect(sender, next))).toEqual(next)
      // The result equals the packets sent to others: no index has two texts.
      expect(sender.stepsFrom(told)).toEqual(sender.stepsFrom(told))
    },
  )

  it('sends leading packets to a receiver that missed 60,000 packets, and only if needed', {
    tags: 'A-SRT-6',
  }, () => {
    const sender = new SrtpSender(master)
    const receiver = new SrtpReceiver(master)
    for (const number of [19_998, 19_999]) receiver.open(protect(sender, packetAt(number)))
    const left = sender.position
    pass(sender, 20_000, 30_000)
    expect(sender.stepsFrom(left)).toEqual([])
    pass(sender, 50_000, 30_000)
    const steps = sender.stepsFrom(left)
    expect(steps.map((step) => receiver.open(step)?.readUInt16BE(2))).toEqual([49_152])
    expect(receiver.open(protect(sender, packetAt(80_000 % 65_536)))).toBeDefined()
  })

  it('sends no leading packets across more than four rounds, or to another source', {
    tags: 'A-SRT-6',
  }, () => {
    const sender = new SrtpSender(master)
    pass(sender, 0, 100)
    const told = sender.toldPosition
    pass(sender, 100, 350_000)
    expect([sender.hasRolledOver(told), sender.stepsFrom(told)]).toEqual([true, []])
    sender.skip(packetAt(7, 7, 2))
    expect([sender.hasRolledOver(told), sender.stepsFrom(told)]).toEqual([false, []])
  })

  it('refuses a packet that would be too long for a frame', { tags: ['A-ILV-4', 'B-SRTP'] }, () => {
    const sender = new SrtpSender(master)
    const [longest, longer] = [0, 1].map((more) =>
      rtpPacket({ sequenceNumber: more, payload: Buffer.alloc(65_535 - 10 - 12 + more) }),
    ) as [Buffer, Buffer]
    expect(sender.protect(longest)).toHaveLength(65_535)
    expect(sender.protect(longer)).toBeUndefined()
    sender.skip(packetAt(2, 2, 0))
    expect(sender.repeatable([longest, longer])).not.toContain(longer)
  })

  it('repeats nothing across a wrap of the sequence numbers, and no unknown packet', {
    tags: 'A-SRT-6',
  }, () => {
    const sender = new SrtpSender(master)
    const packets = [65_534, 65_535, 0, 1].map((number) => packetAt(number))
    for (const packet of packets) sender.skip(packet)
    expect(sender.repeatable(packets)).toEqual([])
    expect(sender.repeatable(packets.slice(2))).toEqual(packets.slice(2))
    expect(sender.repeatable([packetAt(2)])).toEqual([])
    expect(sender.repeatable([packetAt(1, 1, 9)])).toEqual([])
  })
})
