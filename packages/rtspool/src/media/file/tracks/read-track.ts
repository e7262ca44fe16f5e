import type * as Mediabunny from 'mediabunny'
import { FileCutOffError } from '../file-failure.js'
import type { AccessUnit, ReadTrack } from './file-track.js'

/** Settings for reading a track. */
export interface ReadTrackOptions {
  /**
   * Beginning of the presentation in seconds: units that have ended by then are left out.
   * `-Infinity` if the presentation begins with the first unit.
   */
  readonly beginSeconds: number
  /** `true` if parts of the file are known to be missing, so that the track ends early. */
  readonly isCutOff: boolean
}

/** Tolerance for the rounded times of a file: a unit that ends at the beginning is left out. */
const roundingSeconds = 1e-6

/** @returns `undefined` for a track in which no decoder can start. */
export async function readTrack(
  track: Mediabunny.InputTrack,
  sink: Mediabunny.EncodedPacketSink,
  { beginSeconds, isCutOff }: ReadTrackOptions,
): Promise<ReadTrack | undefined> {
  const firstKeyFrame = (await sink.getFirstKeyPacket())?.data
  if (!firstKeyFrame) return undefined
  const isBefore = ({ timestamp, duration }: Mediabunny.EncodedPacket): boolean =>
    // A picture shown before the first one belongs to an earlier group (open GOP) and is left out.
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

/**
 * Returns the last packet at or before a time with which a decoder can start, or the very first.
 */
async function firstPacket(
  sink: Mediabunny.EncodedPacketSink,
  seconds: number,
): Promise<Mediabunny.EncodedPacket | null> {
  if (seconds > Number.NEGATIVE_INFINITY) {
    const found = await sink.getKeyPacket(seconds)
    if (found) return found
    // mediabunny returns null both for a missing packet and for a time before the first one.
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

/** Precision with which the end of a track is found if its last units are missing. */
const endPrecisionSeconds = 0.005

/** Returns the end of the last unit that the file really contains. */
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
