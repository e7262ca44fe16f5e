import { haveEqualCodings } from '../media/gap/same-codecs.js'
import type { MediaDescription } from '../sdp/index.js'

/** Track of a source as a relay passes it on to viewers. */
export interface MatchedTrack<Track> {
  readonly track: Track
  /** Description for viewers: that of the source, or with other payload types the one that viewers have. */
  readonly description: MediaDescription
  /** Payload type for viewers of each payload type of the source; `undefined` if both are the same. */
  readonly payloadTypes: ReadonlyMap<number, number> | undefined
}

/**
 * Returns the tracks of a source in the order in which viewers have them. Some servers list their tracks in another
 * order after each start, and with other payload types (go2rtc 1.9.9). Tracks are matched by codec and parameters.
 *
 * @param known - Descriptions that viewers have; `undefined` = there are no viewers.
 * @returns The tracks in their own order if they are not those of `known`.
 */
export function inOrderOf<Track extends { readonly description: MediaDescription }>(
  tracks: readonly Track[],
  known: readonly MediaDescription[] | undefined,
): MatchedTrack<Track>[] {
  const own = tracks.map((track) => {
    const { description } = track
    return { track, description, payloadTypes: undefined }
  })
  if (!known || known.length !== tracks.length) return own
  const rest = new Set(tracks)
  const found = known.map((wanted) => takeEqual(rest, wanted))
  const matched = found.flatMap((track, index) => {
    const wanted = known[index]
    return track && wanted ? [matchedTrack(track, wanted)] : []
  })
  return matched.length === known.length ? matched : own
}

/** Takes a track with the codec of `wanted` out of the set: if possible one that has its payload types, too. */
function takeEqual<Track extends { readonly description: MediaDescription }>(
  tracks: Set<Track>,
  wanted: MediaDescription,
): Track | undefined {
  const equal = [...tracks].filter(({ description }) => haveEqualCodings(description, wanted))
  const track = equal.find(({ description }) => !numbersFor(description, wanted)) ?? equal[0]
  if (track) tracks.delete(track)
  return track
}

function matchedTrack<Track extends { readonly description: MediaDescription }>(
  track: Track,
  wanted: MediaDescription,
): MatchedTrack<Track> {
  const payloadTypes = numbersFor(track.description, wanted)
  return { track, description: payloadTypes ? wanted : track.description, payloadTypes }
}

function numbersFor(
  { payloadTypes: own }: MediaDescription,
  { payloadTypes: wanted }: MediaDescription,
): ReadonlyMap<number, number> | undefined {
  const numbers = new Map(own.map((from, index) => [from, wanted[index] ?? from]))
  return [...numbers].every(([from, to]) => from === to) ? undefined : numbers
}

/** Bit of the marker, beside the payload type in the second byte of the RTP header. */
const markerBit = 0x80

/**
 * Replaces the payload type of an RTP packet by that which viewers know.
 *
 * @param packet - RTP packet; changed in place.
 * @param payloadTypes - {@link MatchedTrack.payloadTypes}; a payload type that is not among them stays.
 */
export function renumber(packet: Buffer, payloadTypes: ReadonlyMap<number, number>): void {
  const second = packet[1] ?? 0
  const payloadType = payloadTypes.get(second & ~markerBit)
  if (payloadType !== undefined) packet[1] = (second & markerBit) | payloadType
}
