/** One access unit of a stream: a picture with the units around it, or a frame of audio. */
export interface RtpUnit {
  /**
   * NAL units of H.264 and H.265 without start codes, the one frame of audio, or the payloads as
   * received. A part that fits in one packet is a view of the packet and must not be changed.
   */
  readonly parts: readonly Buffer[]
  /** RTP timestamp in ticks, modulo 2^32. */
  readonly timestamp: number
  /** `true` if a decoder can begin with the unit, and for encodings without known key frames. */
  readonly isKeyFrame: boolean
  /** Packets since the previous unit that were lost or could not be parsed. */
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
   * @param packet - Kept as long as its unit; must not be changed afterwards.
   * @returns Units that the packet completes; mostly none or one.
   */
  push(packet: Uint8Array): readonly RtpUnit[]
  /** Ends the stream. @returns The last unit, if only a further packet would have completed it. */
  flush(): readonly RtpUnit[]
  /** Packets so far that are missing in the sequence numbers. */
  readonly lostPackets: number
  /** Packets so far that are no RTP, or whose payload breaks its format. */
  readonly malformedPackets: number
  /**
   * Units so far that were dropped because one of their packets was lost or malformed, or they were
   * too large.
   */
  readonly droppedUnits: number
}

export const noUnits: readonly RtpUnit[] = Object.freeze([])

/** Largest unit in bytes: above that of any picture, but small enough to keep. */
export const maxUnitBytes = 16 * 1024 * 1024
