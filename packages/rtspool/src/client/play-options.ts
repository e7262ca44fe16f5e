import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkText,
  shown,
} from '../option-checks.js'
import type { RtspPlayOptions, RtspReplayOptions } from './rtsp-client.js'

/**
 * Smallest absolute value that the options `scale` and `speed` may have; the next constant is the largest. Numbers
 * between them are written without exponent.
 */
const smallestFactor = 0.001
const largestFactor = 1_000_000
/** Largest position in seconds that {@link rangeFrom} accepts for a seek: some thirty years. */
const maxSeconds = 1_000_000_000
const nptDigits = 3
const frameChoices: readonly string[] = ['intra', 'predicted', 'all']

/**
 * Checks the options of PLAY.
 *
 * @throws {TypeError} or {RangeError} an unknown option, or a wrong value.
 */
export function checkPlayOptions(options: RtspPlayOptions): void {
  checkOptions('play', options, ['range', 'scale', 'speed', 'replay'])
  const { range, scale, speed, replay } = options
  if (replay !== undefined) checkReplay(replay)
  if (range !== undefined) checkRange('range', range)
  if (scale !== undefined) checkFactor('scale', Math.abs(scale))
  if (speed !== undefined) checkFactor('speed', speed)
}

function checkReplay(replay: RtspReplayOptions): void {
  checkOptions('replay', replay, ['rateControl', 'frames', 'intraMs', 'immediate'])
  const { rateControl, frames, intraMs, immediate } = replay
  if (rateControl !== undefined) checkBoolean('replay.rateControl', rateControl)
  if (immediate !== undefined) checkBoolean('replay.immediate', immediate)
  if (frames !== undefined && !frameChoices.includes(frames)) {
    throw new TypeError(
      `replay.frames must be one of ${frameChoices.join(', ')}, got ${shown(frames)}`,
    )
  }
  if (intraMs === undefined) return
  checkInteger('replay.intraMs', intraMs, 1)
  if (frames !== 'intra') throw new TypeError("replay.intraMs needs replay.frames: 'intra'")
}

/**
 * Returns the value of the Range header to play from a position to the end.
 *
 * @param position - Seconds from the beginning, or a value of the Range header, which is returned unchanged.
 * @throws {TypeError} or {RangeError} any other position.
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
