import type * as Mediabunny from 'mediabunny'

/** Rule by which the beginning of a presentation is found in a container. */
export type Origin =
  /** Begins at time 0; an edit list hides earlier samples (ISO/IEC 14496-12 section 8.6.6). */
  | 'editList'
  /** Begins at 0, or at an earlier first picture. Earlier sound is the encoder's priming. */
  | 'zero'
  /** Begins at the first access unit. */
  | 'firstUnit'

/** Longest delay in seconds, after hidden pictures begin, of sound that was hidden with them. */
const largestLeadSeconds = 0.25

/**
 * Returns the time of the first picture to send.
 *
 * A decoder needs some pictures that an edit list hides in order to decode the visible ones. So the
 * presentation begins with the last key frame at or before 0.
 */
export async function beginOfVideo(
  sink: Mediabunny.EncodedPacketSink,
  origin: Origin,
): Promise<number> {
  if (origin !== 'editList') return Number.NEGATIVE_INFINITY
  const lead = await sink.getKeyPacket(0, { metadataOnly: true })
  return lead?.timestamp ?? Number.NEGATIVE_INFINITY
}

/**
 * Returns the time before which sound is left out: the priming of AAC is never played.
 *
 * @param videoSeconds - Time of the first picture, if the file has pictures.
 */
export async function beginOfAudio(
  sink: Mediabunny.EncodedPacketSink,
  origin: Origin,
  videoSeconds = 0,
): Promise<number> {
  if (origin === 'firstUnit') return Number.NEGATIVE_INFINITY
  const lead = Math.min(0, videoSeconds)
  if (origin === 'zero' || lead === 0) return lead
  const first = await sink.getFirstPacket({ metadataOnly: true })
  // Sound is sent with the hidden pictures if the file has sound from that time.
  return first && first.timestamp <= lead + largestLeadSeconds ? lead : 0
}
