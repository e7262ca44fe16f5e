import { checkInteger } from '../../option-checks.js'

const maxUint16 = 0xffff
const maxUint32 = 0xffff_ffff
/**
 * Largest distance of a mapped instant from now in milliseconds: 34 years, for which RTP times are
 * still exact.
 */
const maxDistanceMs = 2 ** 40

/**
 * @throws {RangeError} Names the number that does not fit an RTP packet: a counter without
 *   wraparound, for instance.
 */
export function checkPosition({
  ssrc,
  sequenceNumber,
  timestamp,
}: Readonly<Record<'ssrc' | 'sequenceNumber' | 'timestamp', unknown>>): void {
  checkInteger('ssrc', ssrc, 0, maxUint32)
  checkInteger('sequenceNumber', sequenceNumber, 0, maxUint16)
  checkInteger('timestamp', timestamp, 0, maxUint32)
}

/** True if both values are times that reports can be made of. */
export function areTimes(
  unixMs: unknown,
  rtpTime: unknown,
  clockMs: unknown,
  now: number,
): boolean {
  if (typeof clockMs !== 'number' || !(Math.abs(clockMs - now) <= maxDistanceMs)) return false
  return isFiniteNumber(unixMs) && isFiniteNumber(rtpTime) && Math.abs(rtpTime) <= maxDistanceMs
}

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value)
