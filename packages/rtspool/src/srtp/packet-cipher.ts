/** Result of {@link PacketCipher.openRtcp}: a decrypted RTCP packet and its SRTCP index. */
export interface OpenedRtcp {
  readonly compound: Buffer
  /** SRTCP index of the packet: 31 bits. */
  readonly index: number
}

/**
 * Protects and decrypts single packets under a given packet index. {@link SrtpSender} and
 * {@link SrtpReceiver} choose the index and reject repeated ones.
 */
export interface PacketCipher {
  /**
   * Encrypts and authenticates an RTP packet.
   *
   * @param packet - Valid RTP.
   * @param index - 48 bits: rollover counter and sequence number.
   * @returns A new buffer.
   */
  protectRtp(packet: Buffer, index: number): Buffer
  /**
   * Authenticates and decrypts an RTP packet.
   *
   * @param index - 48 bits: rollover counter and sequence number.
   * @returns A new buffer, or `undefined` if the packet is not authentic.
   */
  openRtp(packet: Buffer, index: number): Buffer | undefined
  /**
   * Encrypts and authenticates a compound RTCP packet.
   *
   * @param compound - At least 8 bytes.
   * @param index - SRTCP index: 31 bits.
   * @param isEncrypted - `false` only authenticates the packet.
   */
  protectRtcp(compound: Buffer, index: number, isEncrypted?: boolean): Buffer
  /**
   * Authenticates and decrypts a compound RTCP packet.
   *
   * @returns `undefined` if the packet is not authentic.
   */
  openRtcp(packet: Buffer): OpenedRtcp | undefined
}
