import type * as Mediabunny from 'mediabunny'

/** How a container tells where its presentation begins. */
export type Origin =
  /** At 0; an edit list hides what is before (ISO/IEC 14496-12 section 8.6.6). */
  | 'editList'
  /** At 0, or with the first picture where that is earlier; sound before is the priming of its encoder. */
  | 'zero'
  /** With the first unit. */
  | 'firstUnit'

/** Sound that begins later than this behind hidden pictures was not hidden with them. */
const largestLeadSeconds = 0.25

/**
 * Time of the first picture that has to go out.
 *
 * Pictures that an edit list hides are decoded all the same, for those that are shown may need them. So the
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
 * Time before which sound is left out: the priming of AAC is never heard.
 *
 * @param videoSeconds - Time of the first picture, where there are pictures.
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
  // Sound goes along with hidden pictures where the file has the sound of that time.
  return first && first.timestamp <= lead + largestLeadSeconds ? lead : 0
}
