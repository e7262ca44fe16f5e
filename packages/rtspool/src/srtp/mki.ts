import type { SrtpSuite } from './suite.js'

/**
 * Maximum size in bytes of the index of a master key (MKI). If a key has an index, each packet
 * protected by that key contains it. live555 writes and reads it.
 *
 * ```text
 * AES-CM   SRTP:  header | payload, encrypted | MKI | tag        SRTCP: … | E, index | MKI | tag
 * AES-GCM  SRTP:  header | payload, encrypted | tag | MKI        SRTCP: … | tag | E, index | MKI
 * ```
 *
 * No tag covers the MKI.
 *
 * @see RFC 3711 section 3.1, RFC 7714 sections 8.2 and 9.1
 */
export const maxMkiBytes = 4

type PacketKind = 'rtp' | 'rtcp'

/** Inserts the index of the master key (MKI) into a protected packet. @returns A new buffer. */
export function addMki(packet: Buffer, mki: Buffer, suite: SrtpSuite, kind: PacketKind): Buffer {
  const place = packet.length - tagBytesBehind(suite, kind)
  return Buffer.concat([packet.subarray(0, place), mki, packet.subarray(place)])
}

/**
 * Removes the index of the master key (MKI) from a protected packet.
 *
 * @returns `undefined` if the packet contains no index or another one.
 */
export function removeMki(
  packet: Buffer,
  mki: Buffer,
  suite: SrtpSuite,
  kind: PacketKind,
): Buffer | undefined {
  const end = packet.length - tagBytesBehind(suite, kind)
  const place = end - mki.length
  if (place < 0 || !packet.subarray(place, end).equals(mki)) return undefined
  return Buffer.concat([packet.subarray(0, place), packet.subarray(end)])
}

const tagBytesBehind = (suite: SrtpSuite, kind: PacketKind): number => {
  if (suite.cipher === 'AES-GCM') return 0
  return kind === 'rtp' ? suite.rtpTagBytes : suite.rtcpTagBytes
}
