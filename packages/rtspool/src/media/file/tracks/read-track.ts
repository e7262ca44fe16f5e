import type * as Mediabunny from 'mediabunny'
import { FileCutOffError } from '../file-failure.js'
import type { AccessUnit, ReadTrack } from './file-track.js'

/** How a track is read. */
export interface ReadTrackOptions {
  /**
   * Where the presentation begins, in seconds: units that are over by then are left out. `-Infinity` where the first
   * unit is the beginning.
   */
  readonly beginSeconds: number
  /** Parts of the file are known to be missing, so that the track ends before its time. */
  readonly isCutOff: boolean
}

/** Times of a file are rounded; a unit that ends at the beginning must not be heard for that. */
const roundingSeconds = 1e-6

/** @returns `undefined` for a track without a unit that a decoder can start with. */
export async function readTrack(
  track: Mediabunny.InputTrack,
  sink: Mediabunny.EncodedPacketSink,
  { beginSeconds, isCutOff }: ReadTrackOptions,
): Promise<ReadTrack | undefined> {
  const firstKeyFrame = (await sink.getFirstKeyPacket())?.data
  if (!firstKeyFrame) return undefined
  const isBefore = ({ timestamp, duration }: Mediabunny.EncodedPacket): boolean =>
    // A picture that is shown before the first one leads to nothing (open GOP).
    (track.isVideoTrack() ? timestamp : timestamp + duration - 2 * roundingSeconds) <
    beginSeconds - roundingSeconds
  async function* accessUnits(fromSeconds?: number): AsyncGenerator<AccessUnit> {
    const start = Math.max(beginSeconds, fromSeconds ?? beginSeconds)
    let packet = await firstPacket(sink, start)
    for (; packet !== null; packet = await nextPacket(sink, packet)) {
      if (isBefore(packet)) continue
      const { data: bytes, timestamp: seconds, duration: durationSeconds } = packet
      yield { bytes, isKey: packet.type === 'key', seconds, durationSeconds }
    }
    if (isCutOff) throw new FileCutOffError()
  }
  return { endSeconds: await endOf(track, sink), firstKeyFrame, accessUnits }
}

/** The last packet at or before a time that a decoder can start with, or the first one of all. */
async function firstPacket(
  sink: Mediabunny.EncodedPacketSink,
  seconds: number,
): Promise<Mediabunny.EncodedPacket | null> {
  if (seconds > Number.NEGATIVE_INFINITY) {
    const found = await sink.getKeyPacket(seconds)
    if (found) return found
    // mediabunny answers null for a packet that is missing, and where there is none so early.
    if (await sink.getKeyPacket(seconds, { metadataOnly: true })) throw new FileCutOffError()
  }
  const first = await sink.getFirstPacket()
  if (!first && (await sink.getFirstPacket({ metadataOnly: true }))) throw new FileCutOffError()
  return first
}

async function nextPacket(
  sink: Mediabunny.EncodedPacketSink,
  packet: Mediabunny.EncodedPacket,
): Promise<Mediabunny.EncodedPacket | null> {
  const next = await sink.getNextPacket(packet)
  if (!next && (await sink.getNextPacket(packet, { metadataOnly: true })))
    throw new FileCutOffError()
  return next
}

/** Precision of the end of a track whose last units are missing. */
const endPrecisionSeconds = 0.005

/** When the last unit is over that the file really has. */
async function endOf(
  track: Mediabunny.InputTrack,
  sink: Mediabunny.EncodedPacketSink,
): Promise<number> {
  const last = await sink.getPacket(Number.POSITIVE_INFINITY)
  if (last) return track.computeDuration()
  const promised = await sink.getPacket(Number.POSITIVE_INFINITY, { metadataOnly: true })
  const first = await sink.getFirstPacket()
  if (!promised || !first) return 0
  let present = first
  let presentSeconds = first.timestamp
  let missingSeconds = promised.timestamp
  while (missingSeconds - presentSeconds > endPrecisionSeconds) {
    const middle = (presentSeconds + missingSeconds) / 2
    const packet = await sink.getPacket(middle)
    if (packet) [present, presentSeconds] = [packet, middle]
    else missingSeconds = middle
  }
  return present.timestamp + present.duration
}
