import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
} from 'node:crypto'
import { payloadOffsetOf, rtpHeaderBytes, ssrcOf } from '../rtp/index.js'
import type { SessionKeys } from './key-derivation.js'
import type { OpenedRtcp, PacketCipher } from './packet-cipher.js'
import {
  isSrtcpEncrypted,
  rtcpHeaderBytes,
  rtcpSsrcOf,
  srtcpIndexBytes,
  srtcpIndexOf,
  srtcpIndexWord,
} from './srtcp-layout.js'
import type { SrtpSuite } from './suite.js'

const ivBytes = 12
const words = 2 ** 32
const nothing = Buffer.alloc(0)

/**
 * Protects packets by AES in Galois/counter mode, which encrypts and authenticates in one step.
 *
 * ```text
 * SRTP:  header | payload, encrypted | tag
 * SRTCP: header, SSRC | rest, encrypted | tag | E, index
 * ```
 *
 * @see RFC 7714 sections 8 and 9
 */
export class GcmCipher implements PacketCipher {
  readonly #algorithm: CipherGCMTypes
  readonly #tagBytes: number
  readonly #rtp: SessionKeys
  readonly #rtcp: SessionKeys
  /** Buffer for the initialization vector of each packet; reused, because a cipher copies the bytes. */
  readonly #iv = Buffer.alloc(ivBytes)

  constructor(suite: SrtpSuite, rtp: SessionKeys, rtcp: SessionKeys) {
    this.#algorithm = suite.keyBytes === 32 ? 'aes-256-gcm' : 'aes-128-gcm'
    this.#tagBytes = suite.rtpTagBytes
    this.#rtp = rtp
    this.#rtcp = rtcp
  }

  protectRtp(packet: Buffer, index: number): Buffer {
    const headerBytes = payloadOffsetOf(packet)
    const out = Buffer.allocUnsafe(packet.length + this.#tagBytes)
    packet.copy(out, 0, 0, headerBytes)
    const cipher = this.#cipher(this.#rtp, this.#rtpIv(ssrcOf(packet), index))
    cipher.setAAD(out.subarray(0, headerBytes))
    cipher.update(packet.subarray(headerBytes)).copy(out, headerBytes)
    cipher.final()
    cipher.getAuthTag().copy(out, packet.length)
    return out
  }

  openRtp(packet: Buffer, index: number): Buffer | undefined {
    const end = packet.length - this.#tagBytes
    if (end < rtpHeaderBytes) return undefined
    const headerBytes = payloadOffsetOf(packet.subarray(0, end))
    if (headerBytes > end) return undefined
    const header = packet.subarray(0, headerBytes)
    const decipher = this.#decipher(this.#rtp, this.#rtpIv(ssrcOf(packet), index))
    const payload = open(decipher, header, packet.subarray(headerBytes, end), packet.subarray(end))
    return payload && Buffer.concat([header, payload])
  }

  protectRtcp(compound: Buffer, index: number, isEncrypted = true): Buffer {
    const word = srtcpIndexWord(index, isEncrypted)
    const cipher = this.#cipher(this.#rtcp, this.#rtcpIv(rtcpSsrcOf(compound), index))
    const clearBytes = isEncrypted ? rtcpHeaderBytes : compound.length
    const clear = compound.subarray(0, clearBytes)
    cipher.setAAD(Buffer.concat([clear, word]))
    const body = cipher.update(compound.subarray(clearBytes))
    cipher.final()
    return Buffer.concat([clear, body, cipher.getAuthTag(), word])
  }

  openRtcp(packet: Buffer): OpenedRtcp | undefined {
    const wordOffset = packet.length - srtcpIndexBytes
    const end = wordOffset - this.#tagBytes
    if (end < rtcpHeaderBytes) return undefined
    const word = packet.readUInt32BE(wordOffset)
    const index = srtcpIndexOf(word)
    const clear = packet.subarray(0, isSrtcpEncrypted(word) ? rtcpHeaderBytes : end)
    const body = open(
      this.#decipher(this.#rtcp, this.#rtcpIv(rtcpSsrcOf(packet), index)),
      Buffer.concat([clear, packet.subarray(wordOffset)]),
      packet.subarray(clear.length, end),
      packet.subarray(end, wordOffset),
    )
    return body && { compound: Buffer.concat([clear, body]), index }
  }

  /**
   * Builds the initialization vector (IV) of an RTP packet: two zero bytes, SSRC, rollover counter and sequence
   * number, combined with the salt.
   */
  #rtpIv(ssrc: number, index: number): Buffer {
    const iv = this.#iv
    this.#rtp.salt.copy(iv)
    iv.writeUInt32BE((iv.readUInt32BE(2) ^ ssrc) >>> 0, 2)
    iv.writeUInt16BE(iv.readUInt16BE(6) ^ Math.floor(index / words), 6)
    iv.writeUInt32BE((iv.readUInt32BE(8) ^ (index % words)) >>> 0, 8)
    return iv
  }

  /**
   * Builds the initialization vector (IV) of an RTCP packet: two zero bytes, SSRC, two zero bytes and the index,
   * combined with the salt.
   */
  #rtcpIv(ssrc: number, index: number): Buffer {
    const iv = this.#iv
    this.#rtcp.salt.copy(iv)
    iv.writeUInt32BE((iv.readUInt32BE(2) ^ ssrc) >>> 0, 2)
    iv.writeUInt32BE((iv.readUInt32BE(8) ^ index) >>> 0, 8)
    return iv
  }

  #cipher({ encryptionKey }: SessionKeys, iv: Buffer) {
    return createCipheriv(this.#algorithm, encryptionKey, iv, { authTagLength: this.#tagBytes })
  }

  #decipher({ encryptionKey }: SessionKeys, iv: Buffer) {
    return createDecipheriv(this.#algorithm, encryptionKey, iv, { authTagLength: this.#tagBytes })
  }
}

/**
 * Decrypts the encrypted part of a packet and checks its authentication tag.
 *
 * @returns The plain text, or `undefined` if the tag is wrong.
 */
function open(
  decipher: DecipherGCM,
  associated: Buffer,
  text: Buffer,
  tag: Buffer,
): Buffer | undefined {
  decipher.setAAD(associated)
  decipher.setAuthTag(tag)
  const plain = text.length > 0 ? decipher.update(text) : nothing
  try {
    decipher.final()
  } catch {
    // node:crypto throws if the tag is wrong.
    return undefined
  }
  return plain
}
