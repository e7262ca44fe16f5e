/** An RTCP packet with the index that it travelled under. */
export interface OpenedRtcp {
  readonly compound: Buffer
  /** 31 bits. */
  readonly index: number
}

/**
 * Protects and opens single packets under a known index: which index that is, and whether it has been there
 * before, is the business of {@link SrtpSender} and {@link SrtpReceiver}.
 */
export interface PacketCipher {
  /**
   * @param packet - Valid RTP.
   * @param index - 48 bits: rollover counter and sequence number.
   * @returns A new buffer.
   */
  protectRtp(packet: Buffer, index: number): Buffer
  /** @returns The RTP packet in a new buffer, or `undefined` when it is not authentic. */
  openRtp(packet: Buffer, index: number): Buffer | undefined
  /**
   * @param compound - At least 8 bytes.
   * @param index - 31 bits.
   * @param isEncrypted - Without, the packet is only authenticated.
   */
  protectRtcp(compound: Buffer, index: number, isEncrypted?: boolean): Buffer
  /** @returns `undefined` when it is not authentic. */
  openRtcp(packet: Buffer): OpenedRtcp | undefined
}
