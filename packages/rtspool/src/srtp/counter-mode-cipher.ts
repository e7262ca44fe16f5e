import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'
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

const algorithm = 'aes-128-ctr'
const blockBytes = 16
const sequenceNumbers = 2 ** 16
const words = 2 ** 32

/**
 * Protects packets by AES in counter mode with HMAC-SHA1.
 *
 * ```text
 * SRTP:  header | payload, encrypted | tag            tag over everything before it and the rollover counter
 * SRTCP: header, SSRC | rest, encrypted | E, index | tag
 * ```
 *
 * @see RFC 3711 sections 3.1, 3.4, 4.1.1 and 4.2.1
 */
export class CounterModeCipher implements PacketCipher {
  readonly #suite: SrtpSuite
  readonly #rtp: SessionKeys
  readonly #rtcp: SessionKeys
  /** Buffer for the initialization vector of each packet; reused, because a cipher copies the bytes. */
  readonly #iv = Buffer.alloc(blockBytes)
  readonly #rolloverCounter = Buffer.alloc(4)

  constructor(suite: SrtpSuite, rtp: SessionKeys, rtcp: SessionKeys) {
    this.#suite = suite
    this.#rtp = rtp
    this.#rtcp = rtcp
  }

  protectRtp(packet: Buffer, index: number): Buffer {
    const headerBytes = payloadOffsetOf(packet)
    const { rtpTagBytes } = this.#suite
    const out = Buffer.allocUnsafe(packet.length + rtpTagBytes)
    packet.copy(out, 0, 0, headerBytes)
    this.#apply(this.#rtp, ssrcOf(packet), index, packet.subarray(headerBytes)).copy(
      out,
      headerBytes,
    )
    this.#rtpTag(out.subarray(0, packet.length), index).copy(out, packet.length, 0, rtpTagBytes)
    return out
  }

  openRtp(packet: Buffer, index: number): Buffer | undefined {
    const { rtpTagBytes } = this.#suite
    const end = packet.length - rtpTagBytes
    if (end < rtpHeaderBytes) return undefined
    const sealed = packet.subarray(0, end)
    const headerBytes = payloadOffsetOf(sealed)
    if (headerBytes > end) return undefined
    const tag = this.#rtpTag(sealed, index).subarray(0, rtpTagBytes)
    if (!timingSafeEqual(tag, packet.subarray(end))) return undefined
    const payload = this.#apply(this.#rtp, ssrcOf(packet), index, sealed.subarray(headerBytes))
    return Buffer.concat([sealed.subarray(0, headerBytes), payload])
  }

  protectRtcp(compound: Buffer, index: number, isEncrypted = true): Buffer {
    const body = compound.subarray(rtcpHeaderBytes)
    const sealed = Buffer.concat([
      compound.subarray(0, rtcpHeaderBytes),
      isEncrypted ? this.#apply(this.#rtcp, rtcpSsrcOf(compound), index, body) : body,
      srtcpIndexWord(index, isEncrypted),
    ])
    return Buffer.concat([sealed, this.#rtcpTag(sealed)])
  }

  openRtcp(packet: Buffer): OpenedRtcp | undefined {
    const end = packet.length - this.#suite.rtcpTagBytes
    const bodyEnd = end - srtcpIndexBytes
    if (bodyEnd < rtcpHeaderBytes) return undefined
    const sealed = packet.subarray(0, end)
    if (!timingSafeEqual(this.#rtcpTag(sealed), packet.subarray(end))) return undefined
    const word = packet.readUInt32BE(bodyEnd)
    const index = srtcpIndexOf(word)
    const body = packet.subarray(rtcpHeaderBytes, bodyEnd)
    const compound = Buffer.concat([
      packet.subarray(0, rtcpHeaderBytes),
      isSrtcpEncrypted(word) ? this.#apply(this.#rtcp, rtcpSsrcOf(packet), index, body) : body,
    ])
    return { compound, index }
  }

  /**
   * Encrypts or decrypts bytes of a packet. Both operations combine the bytes with the key stream of RFC 3711 section
   * 4.1.1.
   *
   * @returns A new buffer.
   */
  #apply({ encryptionKey, salt }: SessionKeys, ssrc: number, index: number, text: Buffer): Buffer {
    const iv = this.#iv
    salt.copy(iv)
    iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4)
    const upper = Math.floor(index / words)
    iv.writeUInt16BE(iv.readUInt16BE(8) ^ upper, 8)
    iv.writeUInt32BE((iv.readUInt32BE(10) ^ (index % words)) >>> 0, 10)
    return createCipheriv(algorithm, encryptionKey, iv).update(text)
  }

  #rtpTag(sealed: Buffer, index: number): Buffer {
    this.#rolloverCounter.writeUInt32BE(Math.floor(index / sequenceNumbers))
    return createHmac('sha1', this.#rtp.authenticationKey)
      .update(sealed)
      .update(this.#rolloverCounter)
      .digest()
  }

  #rtcpTag(sealed: Buffer): Buffer {
    return createHmac('sha1', this.#rtcp.authenticationKey)
      .update(sealed)
      .digest()
      .subarray(0, this.#suite.rtcpTagBytes)
  }
}
