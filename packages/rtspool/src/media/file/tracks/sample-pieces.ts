import { packetBytesOf } from '../../coded/sample-track.js'
import type { AccessUnit } from './file-track.js'

/**
 * Cuts samples of sound into units of 20 ms, for one RTP packet each. The units of the file are joined unless there is
 * a gap between them.
 *
 * @param instantBytes - Bytes of the samples of all channels at one instant.
 */
export async function* inPackets(
  units: AsyncIterable<AccessUnit>,
  sampleRate: number,
  instantBytes: number,
): AsyncGenerator<AccessUnit> {
  const sizeBytes = packetBytesOf(sampleRate, instantBytes)
  const secondsOf = (bytes: Uint8Array) => bytes.length / instantBytes / sampleRate
  let left: AccessUnit | undefined
  for await (const unit of units) {
    let pending = unit
    if (left) {
      const endSeconds = left.seconds + secondsOf(left.bytes)
      if (Math.abs(unit.seconds - endSeconds) * sampleRate > 0.5) yield left
      else pending = { ...left, bytes: Buffer.concat([left.bytes, unit.bytes]) }
    }
    let start = 0
    const piece = (end: number): AccessUnit => {
      const bytes = pending.bytes.subarray(start, end)
      const seconds = pending.seconds + secondsOf(pending.bytes.subarray(0, start))
      return { ...pending, bytes, seconds, durationSeconds: secondsOf(bytes) }
    }
    for (; start + sizeBytes <= pending.bytes.length; start += sizeBytes) {
      yield piece(start + sizeBytes)
    }
    left = start < pending.bytes.length ? piece(pending.bytes.length) : undefined
  }
  if (left) yield left
}
