import type * as Mediabunny from 'mediabunny'
import { FileCutOffError } from '../file-failure.js'
import type { AccessUnit, ReadTrack } from './file-track.js'
import { readPackets, type SinkRenewal } from './read-packets.js'

/** Part of a track to read, and facts about its file, for {@link readTrack}. */
export interface ReadTrackOptions {
  /**
   * Start of the presentation in seconds: pictures and sound frames that end before it are left out. `-Infinity` = it
   * starts with the first unit.
   */
  readonly beginSeconds: number
  /** True if the file ends before its container does, so that the track ends too early. */
  readonly isCutOff: boolean
  /** Series of sinks that each reader of the track opens for itself. @default all readers share one sink */
  readonly renewal?: SinkRenewal | undefined
}

/**
 * Tolerance in seconds for the rounded times of a file. A unit that ends no later than this after the start of the
 * presentation is left out too.
 */
const roundingSeconds = 1e-6

/**
 * Prepares a track of mediabunny for reading.
 *
 * @returns `undefined` for a track in which no decoder can begin.
 */
export async function readTrack(
  track: Mediabunny.InputTrack,
  sink: Mediabunny.EncodedPacketSink,
  { beginSeconds, isCutOff, renewal }: ReadTrackOptions,
): Promise<ReadTrack | undefined> {
  const firstKeyFrame = (await sink.getFirstKeyPacket())?.data
  if (!firstKeyFrame) return undefined
  const isBefore = ({ timestamp, duration }: Mediabunny.EncodedPacket): boolean =>
    // A picture shown before the first one belongs to an earlier group (open GOP) and is left out.
    (track.isVideoTrack() ? timestamp : timestamp + duration - 2 * roundingSeconds) <
    beginSeconds - roundingSeconds
  const sinks = renewal
    ? { afterBytes: renewal.afterBytes, open: () => renewal.open(track.id) }
    : { afterBytes: Number.POSITIVE_INFINITY, open: async () => ({ sink, close: () => {} }) }
  async function* accessUnits(fromSeconds?: number): AsyncGenerator<AccessUnit> {
    const start = Math.max(beginSeconds, fromSeconds ?? beginSeconds)
    for await (const packet of readPackets(sinks, start)) {
      if (isBefore(packet)) continue
      const { data: bytes, timestamp: seconds, duration: durationSeconds } = packet
      yield { bytes, isKey: packet.type === 'key', seconds, durationSeconds }
    }
    if (isCutOff) throw new FileCutOffError()
  }
  return { endSeconds: await endOf(track, sink), firstKeyFrame, accessUnits }
}

/** Precision in seconds with which the end of a track is found if the file does not contain its last units. */
const endPrecisionSeconds = 0.005

/**
 * Returns the time in seconds at which the last picture or sound frame ends that the file really contains, although it
 * was cut off.
 */
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
