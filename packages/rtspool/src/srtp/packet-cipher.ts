/** A decrypted RTCP packet and its index. */
export interface OpenedRtcp {
  readonly compound: Buffer
  /** 31 bits. */
  readonly index: number
}

/**
 * Protects and opens single packets under a given index. {@link SrtpSender} and
 * {@link SrtpReceiver} choose the index and reject repeated ones.
 */
export interface PacketCipher {
  /**
   * @param packet - Valid RTP.
   * @param index - 48 bits: rollover counter and sequence number.
   * @returns A new buffer.
   */
  protectRtp(packet: Buffer, index: number): Buffer
  /** @returns The RTP packet in a new buffer, or `undefined` if it is not authentic. */
  openRtp(packet: Buffer, index: number): Buffer | undefined
  /**
   * @param compound - At least 8 bytes.
   * @param index - 31 bits.
   * @param isEncrypted - `false` only authenticates the packet.
   */
  protectRtcp(compound: Buffer, index: number, isEncrypted?: boolean): Buffer
  /** @returns `undefined` if the packet is not authentic. */
  openRtcp(packet: Buffer): OpenedRtcp | undefined
}
