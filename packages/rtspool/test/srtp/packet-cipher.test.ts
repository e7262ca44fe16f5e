import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CounterModeCipher } from '../../src/srtp/counter-mode-cipher.js'
import { createPacketCipher } from '../../src/srtp/create-cipher.js'
import { GcmCipher } from '../../src/srtp/gcm-cipher.js'
import { masterKeyFrom, type SrtpSuiteName, srtpSuites } from '../../src/srtp/index.js'
import { counterModePacket, derivation, gcm, hex, keyStream } from './vectors.js'

const suites = Object.values(srtpSuites)
const masterOf = (name: SrtpSuiteName) =>
  masterKeyFrom(srtpSuites[name], Buffer.concat([derivation.masterKey, derivation.masterSalt]))
const packetIndex = 0x1234

describe('counter mode', () => {
  it('produces the key stream of RFC 3711 appendix B.2', { tags: 'A-SRT-4' }, () => {
    const keys = {
      encryptionKey: keyStream.key,
      salt: keyStream.salt,
      authenticationKey: hex('00'),
    }
    const cipher = new CounterModeCipher(srtpSuites.AES_CM_128_HMAC_SHA1_80, keys, keys)
    // Version 2, and everything else 0: sequence number, timestamp, SSRC.
    const packet = Buffer.alloc(12 + 0xff02 * 16)
    packet[0] = 0x80
    const sealed = cipher.protectRtp(packet, 0).subarray(12)
    for (const { counter, bytes } of keyStream.blocks) {
      expect(sealed.subarray(counter * 16, (counter + 1) * 16)).toEqual(bytes)
    }
  })

  it('protects a whole packet like other implementations, with 80 and with 32 bits of tag', {
    tags: 'A-SRT-4',
  }, () => {
    const { plain, protected80 } = counterModePacket
    const long = createPacketCipher(masterOf('AES_CM_128_HMAC_SHA1_80'))
    const short = createPacketCipher(masterOf('AES_CM_128_HMAC_SHA1_32'))
    expect(long.protectRtp(plain, packetIndex)).toEqual(protected80)
    expect(short.protectRtp(plain, packetIndex)).toEqual(protected80.subarray(0, -6))
    expect(long.openRtp(protected80, packetIndex)).toEqual(plain)
  })

  it('RTCP has the full tag even if RTP has the short one', { tags: 'A-SRT-4' }, () => {
    const cipher = createPacketCipher(masterOf('AES_CM_128_HMAC_SHA1_32'))
    expect(cipher.protectRtcp(gcm.plainRtcp, 1)).toHaveLength(gcm.plainRtcp.length + 4 + 10)
  })

  it('uses all 48 bits of the index', () => {
    const { suite, key, salt } = masterOf('AES_CM_128_HMAC_SHA1_80')
    const keys = { encryptionKey: key, salt, authenticationKey: key }
    const rolloverCounter = 0x89ab_cdef
    const sealed = new CounterModeCipher(suite, keys, keys).protectRtp(
      counterModePacket.plain,
      rolloverCounter * 2 ** 16 + packetIndex,
    )
    // RFC 3711 section 4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16)
    const iv =
      (BigInt(`0x${salt.toString('hex')}`) << 16n) ^
      (0xcafebaben << 64n) ^
      (0x89ab_cdef_1234n << 16n)
    const expected = createCipheriv('aes-128-ctr', key, hex(iv.toString(16).padStart(32, '0')))
    expect(sealed.subarray(12, -10)).toEqual(expected.update(counterModePacket.plain.subarray(12)))
  })
})

describe('Galois/counter mode', () => {
  it.each(gcm.cases)(
    '$name: RTP of RFC 7714 section 16',
    { tags: 'A-SRT-4' },
    ({ name, key, sealed }) => {
      const keys = { encryptionKey: key, salt: gcm.salt, authenticationKey: hex('') }
      const cipher = new GcmCipher(srtpSuites[name], keys, keys)
      expect(cipher.protectRtp(gcm.plain, 0xf17b)).toEqual(sealed)
      expect(cipher.openRtp(sealed, 0xf17b)).toEqual(gcm.plain)
    },
  )

  it.each(gcm.cases)(
    '$name: RTCP of RFC 7714 section 17',
    { tags: 'A-SRT-4' },
    ({ name, key, sealedRtcp }) => {
      const keys = { encryptionKey: key, salt: gcm.salt, authenticationKey: hex('') }
      const cipher = new GcmCipher(srtpSuites[name], keys, keys)
      expect(cipher.protectRtcp(gcm.plainRtcp, gcm.rtcpIndex)).toEqual(sealedRtcp)
      expect(cipher.openRtcp(sealedRtcp)).toEqual({ compound: gcm.plainRtcp, index: gcm.rtcpIndex })
    },
  )
})

describe.each(suites)('$name', (suite) => {
  const { keyBytes, saltBytes } = suite
  const master = masterKeyFrom(suite, Buffer.alloc(keyBytes + saltBytes, 0x5a))
  const cipher = createPacketCipher(master)

  it('leaves CSRCs and header extension readable', () => {
    // No padding, an extension, 2 CSRCs; an extension of one word.
    const packet = hex(
      `92 60 1234 00000001 cafebabe 11111111 22222222 bede0001 10aa0000 ${'cc'.repeat(20)}`,
    )
    const sealed = cipher.protectRtp(packet, packetIndex)
    expect(sealed.subarray(0, 28)).toEqual(packet.subarray(0, 28))
    expect(sealed.subarray(28, 48)).not.toEqual(packet.subarray(28))
    expect(cipher.openRtp(sealed, packetIndex)).toEqual(packet)
  })

  it('opens packets without payload', () => {
    const packet = counterModePacket.plain.subarray(0, 12)
    expect(cipher.openRtp(cipher.protectRtp(packet, packetIndex), packetIndex)).toEqual(packet)
    const report = gcm.plainRtcp.subarray(0, 8)
    expect(cipher.openRtcp(cipher.protectRtcp(report, 7))?.compound).toEqual(report)
  })

  it('opens authentic RTCP that is not encrypted (E bit 0)', () => {
    const sealed = cipher.protectRtcp(gcm.plainRtcp, 9, false)
    expect(sealed.subarray(0, gcm.plainRtcp.length)).toEqual(gcm.plainRtcp)
    expect(cipher.openRtcp(sealed)).toEqual({ compound: gcm.plainRtcp, index: 9 })
  })

  it('refuses all forged packets: each bit, each length', { tags: 'B-SRTP' }, () => {
    const rtp = cipher.protectRtp(counterModePacket.plain, packetIndex)
    const rtcp = cipher.protectRtcp(gcm.plainRtcp, 3)
    const takenRtp = [...flipped(rtp), ...cutOff(rtp)].filter(
      (packet) => cipher.openRtp(packet, packetIndex) !== undefined,
    )
    const takenRtcp = [...flipped(rtcp), ...cutOff(rtcp)].filter(
      (packet) => cipher.openRtcp(packet) !== undefined,
    )
    expect([takenRtp, takenRtcp]).toEqual([[], []])
    expect(cipher.openRtp(rtp, packetIndex)).toBeDefined()
    expect(cipher.openRtp(rtp, packetIndex + 2 ** 16)).toBeUndefined()
  })
})

/** Returns the packet once with each of its bits flipped. */
const flipped = (packet: Buffer): Buffer[] =>
  Array.from({ length: packet.length * 8 }, (_, bit) => {
    const copy = Buffer.from(packet)
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    return copy
  })

/** Returns the packet cut off at every length. */
const cutOff = (packet: Buffer): Buffer[] =>
  Array.from(packet, (_, size) => packet.subarray(0, size))
