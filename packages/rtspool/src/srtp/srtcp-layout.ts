/** In front of what is encrypted: header and SSRC of the first RTCP packet. */
export const rtcpHeaderBytes = 8
/** E bit and SRTCP index. */
export const srtcpIndexBytes = 4

const encryptedBit = 0x8000_0000
/** The SRTCP index has 31 bits. */
export const maxSrtcpIndex = 0x7fff_ffff

/** The word that says whether the packet is encrypted, and its index (RFC 3711 section 3.4). */
export function srtcpIndexWord(index: number, isEncrypted: boolean): Buffer {
  const word = Buffer.allocUnsafe(srtcpIndexBytes)
  word.writeUInt32BE(isEncrypted ? index + encryptedBit : index)
  return word
}

export const isSrtcpEncrypted = (word: number): boolean => word >= encryptedBit

export const srtcpIndexOf = (word: number): number => (word & maxSrtcpIndex) >>> 0

/** The SSRC of the first packet of a compound: the sender's. */
export const rtcpSsrcOf = (compound: Buffer): number => compound.readUInt32BE(4)
