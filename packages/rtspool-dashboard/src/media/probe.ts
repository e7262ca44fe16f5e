import type { ChartData } from '../charts/index.js'
import { bitrateText, bytesText } from '../words/quantities.js'
import type { TrackView } from './media-view.js'

/**
 * Access unit (picture or frame of sound) that has arrived during a probe, which reads a media for
 * some seconds.
 */
export interface ProbeUnit {
  /** Index of the unit's track in the media, from 0. */
  readonly track: number
  /** Milliseconds from the beginning of the probe to the arrival of the unit. */
  readonly arrivedMs: number
  /** RTP timestamp, in ticks of the clock rate of the track. */
  readonly rtpTime: number
  readonly sizeBytes: number
  readonly isKeyFrame: boolean
  readonly lostPackets: number
}

/** Result of a probe (the server reads a media for some seconds), as the API returns it. */
export interface ProbeView {
  readonly units: readonly ProbeUnit[]
  readonly seconds: number
  readonly keyFrameIntervalSeconds?: number
}

/**
 * Gap in a probe (the server reads a media for some seconds): a time without access units that is
 * much longer than usual.
 */
interface Gap {
  readonly fromMs: number
  readonly toMs: number
  /** True if the RTP timestamps contain the gap too, so that the source has sent nothing. */
  readonly isOfSource: boolean
}

/**
 * Factor by which the time between two access units must exceed the median time to count as a gap. The time must also
 * exceed a minimum in milliseconds.
 */
const gapFactor = 3
const gapLeastMs = 150
/**
 * Minimum share of a gap that lies between the RTP timestamps too. The source is then the cause of the gap, not the
 * network.
 */
const sourceShare = 0.5
/** Maximum number of gaps for which the result of a probe has a separate sentence; further gaps are only counted. */
const toldGaps = 5
/** Number of different RTP timestamps, after which they begin again at 0. */
const wrap = 2 ** 32

/**
 * Returns the chart of a probe, which reads one track for some seconds. The chart shows sizes of
 * access units in bytes over seconds. Key frames of video have a separate line.
 */
export function probeChart(units: readonly ProbeUnit[], isVideo: boolean): ChartData {
  const sizes = (wanted: boolean) =>
    units.map(({ isKeyFrame, sizeBytes }) =>
      (isVideo && isKeyFrame) === wanted ? sizeBytes : null,
    )
  return {
    places: units.map(({ arrivedMs }) => arrivedMs / 1000),
    values: isVideo ? [sizes(false), sizes(true)] : [sizes(false)],
  }
}

/**
 * Returns the seconds from each key frame to the next, by the RTP timestamps.
 *
 * @param clockRate - Ticks of the RTP timestamps in one second.
 */
export function keyFrameDistances(units: readonly ProbeUnit[], clockRate: number): number[] {
  const times = units.filter(({ isKeyFrame }) => isKeyFrame).map(({ rtpTime }) => rtpTime)
  return times.slice(1).map((time, index) => ticksBetween(times[index] ?? 0, time) / clockRate)
}

/**
 * Describes the result of a probe, which reads one track for some seconds, in sentences for the
 * user.
 *
 * @param seconds - Length of the probe.
 */
export function probeWords(
  units: readonly ProbeUnit[],
  { kind, clockRate }: Pick<TrackView, 'kind' | 'clockRate'>,
  seconds: number,
): string[] {
  const unit = kind === 'video' ? 'picture' : 'piece'
  if (units.length === 0) return [`No ${unit} arrived within ${seconds.toFixed(1)} s.`]
  const words = [sizeWords(units, unit, seconds)]
  if (kind === 'video') words.push(keyFrameWords(units, clockRate, seconds))
  words.push(...gapWords(gapsOf(units, clockRate), unit), ...lossWords(units))
  return words
}

function sizeWords(units: readonly ProbeUnit[], unit: string, seconds: number): string {
  const bytes = units.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const largest = Math.max(...units.map(({ sizeBytes }) => sizeBytes))
  const rate = (units.length / seconds).toFixed(1)
  const bitrate = bitrateText((bytes * 8) / seconds)
  return `${units.length} ${unit}s in ${seconds.toFixed(1)} s: ${rate} a second, ${bitrate}, the largest ${bytesText(largest)}.`
}

function keyFrameWords(units: readonly ProbeUnit[], clockRate: number, seconds: number): string {
  const distances = keyFrameDistances(units, clockRate)
  const [first] = distances
  const count = units.filter(({ isKeyFrame }) => isKeyFrame).length
  if (count === 0) {
    return `No key frame in ${seconds.toFixed(1)} s: a viewer without a kept one waits longer than that.`
  }
  if (first === undefined) return 'One key frame: probe longer to see the interval.'
  const [least, most] = [Math.min(...distances), Math.max(...distances)]
  if (most - least < 0.1) return `A key frame each ${mean(distances).toFixed(2)} s.`
  return `A key frame each ${least.toFixed(2)} to ${most.toFixed(2)} s.`
}

function gapWords(gaps: readonly Gap[], unit: string): string[] {
  if (gaps.length === 0) return [`No gap: the ${unit}s arrived evenly.`]
  const words = gaps.slice(0, toldGaps).map(({ fromMs, toMs, isOfSource }) => {
    const length = ((toMs - fromMs) / 1000).toFixed(2)
    const from = (fromMs / 1000).toFixed(2)
    const cause = isOfSource
      ? 'the timestamps have the gap as well, so the source left it'
      : 'the timestamps have no gap, so something delayed them on the way'
    return `No ${unit} for ${length} s, from ${from} s on: ${cause}.`
  })
  const others = gaps.length - words.length
  return others > 0 ? [...words, `${others} more gaps.`] : words
}

function lossWords(units: readonly ProbeUnit[]): string[] {
  const lost = units.reduce((sum, { lostPackets }) => sum + lostPackets, 0)
  if (lost === 0) return []
  return [`${lost} ${lost === 1 ? 'packet was' : 'packets were'} lost on the way to the server.`]
}

function gapsOf(units: readonly ProbeUnit[], clockRate: number): Gap[] {
  const distances = units
    .slice(1)
    .map(({ arrivedMs }, at) => arrivedMs - (units[at]?.arrivedMs ?? 0))
  const limit = Math.max(gapLeastMs, gapFactor * median(distances))
  return distances.flatMap((distance, at) => {
    const [before, after] = [units[at], units[at + 1]]
    if (distance < limit || !before || !after) return []
    const sourceMs = (ticksBetween(before.rtpTime, after.rtpTime) / clockRate) * 1000
    const isOfSource = sourceMs > distance * sourceShare
    return [{ fromMs: before.arrivedMs, toMs: after.arrivedMs, isOfSource }]
  })
}

/**
 * Returns the ticks of the clock rate from one RTP timestamp to another, over a wrap to 0 too. The result is negative
 * for pictures that are sent out of order.
 */
function ticksBetween(before: number, after: number): number {
  const ticks = (after - before + wrap) % wrap
  return ticks > wrap / 2 ? ticks - wrap : ticks
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
