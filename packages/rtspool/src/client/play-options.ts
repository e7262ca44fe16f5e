import { checkNumber, checkOptions, checkText, shown } from '../option-checks.js'
import type { RtspPlayOptions } from './rtsp-client.js'

/** Limits of Scale and Speed. Their numbers are written without an exponent. */
const smallestFactor = 0.001
const largestFactor = 1_000_000
/** Largest position in seconds: some thirty years. */
const maxSeconds = 1_000_000_000
const nptDigits = 3

/** @throws {TypeError} or {RangeError} an unknown or wrong option of PLAY. */
export function checkPlayOptions(options: RtspPlayOptions): void {
  checkOptions('play', options, ['range', 'scale', 'speed'])
  const { range, scale, speed } = options
  if (range !== undefined) checkRange('range', range)
  if (scale !== undefined) checkFactor('scale', Math.abs(scale))
  if (speed !== undefined) checkFactor('speed', speed)
}

/**
 * Returns the value of the Range header for a position.
 *
 * @param position - Seconds from the beginning, or a value of the header.
 * @throws {TypeError} or {RangeError} neither of them.
 */
export function rangeFrom(position: number | string): string {
  if (typeof position === 'string') return checkRange('position', position)
  checkNumber('position', position, maxSeconds, 'a number of seconds')
  return `npt=${position.toFixed(nptDigits)}-`
}

function checkRange(name: string, range: string): string {
  checkText(name, range)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the header
  if (!/[\x00-\x1f\x7f]/.test(range)) return range
  throw new TypeError(`${name} must be a value of the Range header, got ${shown(range)}`)
}

function checkFactor(name: string, factor: number): void {
  checkNumber(name, factor, largestFactor)
  if (factor >= smallestFactor) return
  throw new RangeError(`${name} must be at least ${smallestFactor}, got ${shown(factor)}`)
}
