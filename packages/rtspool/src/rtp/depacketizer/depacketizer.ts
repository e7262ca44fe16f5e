/** One access unit of a stream: a picture with the units around it, or a frame of audio. */
export interface RtpUnit {
  /**
   * NAL units of H.264 and H.265 without start codes; the one frame of audio; otherwise the payloads as received. Views
   * of the packets where a part fits one packet: not to be changed.
   */
  readonly parts: readonly Buffer[]
  /** RTP timestamp in ticks, modulo 2^32. */
  readonly timestamp: number
  /** Whether a decoder can begin with the unit; `true` for encodings without known key frames. */
  readonly isKeyFrame: boolean
  /** Packets since the unit before that were lost or could not be read. */
  readonly lostPackets: number
}

/**
 * Turns the RTP packets of one stream back into access units.
 *
 * Takes packets in the order of arrival. A late or repeated packet is left out, and a unit with a missing packet is
 * dropped as a whole: each unit that comes out is complete. Never throws, whatever the bytes are.
 */
export interface Depacketizer {
  /**
   * Takes the next packet.
   *
   * @param packet - Kept as long as its unit: not to be changed afterwards.
   * @returns Units that the packet completes; mostly none or one.
   */
  push(packet: Uint8Array): readonly RtpUnit[]
  /** Ends the stream. @returns The last unit, where nothing but a further packet would have completed it. */
  flush(): readonly RtpUnit[]
  /** Packets so far that are missing in the sequence numbers. */
  readonly lostPackets: number
  /** Packets so far that were no RTP, or whose payload breaks its format. */
  readonly malformedPackets: number
  /** Units so far that were dropped because a packet of theirs was lost, malformed or one too many. */
  readonly droppedUnits: number
}

export const noUnits: readonly RtpUnit[] = Object.freeze([])

/** Largest unit in bytes: far more than any picture, and little enough to keep. */
export const maxUnitBytes = 16 * 1024 * 1024
