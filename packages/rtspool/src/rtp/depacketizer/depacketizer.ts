/** One access unit of a stream: a picture with the units around it, or a frame of audio. */
export interface RtpUnit {
  /**
   * Contents of the unit: NAL units of H.264 and H.265 without start codes, or the one frame of
   * audio, or payloads of an unknown encoding. A part that fits in one packet is a view of the
   * packet and must not be changed.
   */
  readonly parts: readonly Buffer[]
  /** RTP timestamp of the unit in ticks of the stream's clock rate, modulo 2^32. */
  readonly timestamp: number
  /**
   * `true` if a decoder can begin with this unit. Always `true` for encodings whose key frames are
   * not recognised.
   */
  readonly isKeyFrame: boolean
  /** Number of packets, since the previous unit, that were lost or could not be parsed. */
  readonly lostPackets: number
}

/**
 * Restores access units from the RTP packets of one stream.
 *
 * Packets are pushed in the order of arrival. A late or repeated packet is left out. A unit with a
 * missing packet is dropped as a whole, so each returned unit is complete. Never throws, for any
 * bytes.
 */
export interface Depacketizer {
  /**
   * Processes the next packet.
   *
   * @param packet - The unit may refer to this memory, which must not be changed afterwards.
   * @returns Units that the packet completes; mostly none or one.
   */
  push(packet: Uint8Array): readonly RtpUnit[]
  /**
   * Ends the stream of packets.
   *
   * @returns The last unit, if it only waited for the beginning of the next one; otherwise empty.
   */
  flush(): readonly RtpUnit[]
  /** Number of packets so far that never arrived, by the gaps in the sequence numbers. */
  readonly lostPackets: number
  /** Number of packets so far that are no RTP, or whose payload breaks its format. */
  readonly malformedPackets: number
  /**
   * Number of units so far that were dropped. One of their packets was lost or malformed, or the
   * unit was too large.
   */
  readonly droppedUnits: number
}

export const noUnits: readonly RtpUnit[] = Object.freeze([])

/** Maximum size in bytes of an access unit; a larger one is dropped. No picture is as large. */
export const maxUnitBytes = 16 * 1024 * 1024
