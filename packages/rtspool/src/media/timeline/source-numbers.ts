import { checkInteger } from '../../option-checks.js'

const maxUint16 = 0xffff
const maxUint32 = 0xffff_ffff
/**
 * Maximum distance of an instant passed to `mapTime` from the present, in milliseconds: 34 years.
 * RTP times are still exact at this distance; farther instants are refused.
 */
const maxDistanceMs = 2 ** 40

/**
 * Checks that SSRC, sequence number and timestamp fit the fields of an RTP packet.
 *
 * @throws {RangeError} Names the number that does not fit: a counter without wraparound, for instance.
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

/**
 * Returns whether the values are times of which sender reports can be made. `clockMs` must be within
 * {@link maxDistanceMs} of `now`.
 */
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
