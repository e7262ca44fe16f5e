import type * as Mediabunny from 'mediabunny'

/** Rule that determines which pictures and sound frames of a file are sent first. The rule depends on the container. */
export type Origin =
  /** Begin at time 0. An edit list hides earlier samples (ISO/IEC 14496-12 section 8.6.6). */
  | 'editList'
  /** Begin at time 0, or at the first picture if that is earlier. Earlier sound is the encoder's priming. */
  | 'zero'
  /** Rule: begin at the first access unit, whatever its time. */
  | 'firstUnit'

/** Maximum seconds by which sound may begin later than hidden pictures and still be sent with them. */
const largestLeadSeconds = 0.25

/**
 * Returns the time in seconds of the first picture to send; `-Infinity` for the first of the file.
 *
 * A decoder needs some pictures that an edit list hides in order to decode the visible ones. So the presentation
 * begins with the last key frame at or before 0.
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
 * Returns the time in seconds before which sound is left out: the priming of AAC is never played. `-Infinity` if all
 * sound is sent.
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
