/** Number of bytes of an SRTCP packet before its encrypted part: header and SSRC of the first RTCP packet. */
export const rtcpHeaderBytes = 8
/** Number of bytes of the word in an SRTCP packet that contains the E bit (encrypted) and the SRTCP index. */
export const srtcpIndexBytes = 4

const encryptedBit = 0x8000_0000
/** Largest SRTCP index: 31 bits. */
export const maxSrtcpIndex = 0x7fff_ffff

/** Builds the word of an SRTCP packet with the E bit (encrypted) and the SRTCP index (RFC 3711 section 3.4). */
export function srtcpIndexWord(index: number, isEncrypted: boolean): Buffer {
  const word = Buffer.allocUnsafe(srtcpIndexBytes)
  word.writeUInt32BE(isEncrypted ? index + encryptedBit : index)
  return word
}

export const isSrtcpEncrypted = (word: number): boolean => word >= encryptedBit

export const srtcpIndexOf = (word: number): number => (word & maxSrtcpIndex) >>> 0

/** Returns the SSRC of the first packet of a compound RTCP packet, which is the sender's. */
export const rtcpSsrcOf = (compound: Buffer): number => compound.readUInt32BE(4)
